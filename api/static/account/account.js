// Sends what a mailed link has behind its #, with the password that goes with it. The token leaves this page once.
"use strict";

const words = {
  register: ["Confirm your account", "The password that you chose", "Confirm", "Your account is ready: log in."],
  email: ["Confirm your new address", "Your password", "Confirm", "This is your address now: log in again."],
  reset: ["Choose a new password", "New password, 12 characters or more", "Save", "Your password is changed: log in."],
};
const korean = {
  register: ["계정 확인", "가입할 때 정한 비밀번호", "확인", "계정이 준비되었습니다. 로그인해 주세요."],
  email: ["새 주소 확인", "비밀번호", "확인", "주소가 바뀌었습니다. 다시 로그인해 주세요."],
  reset: ["새 비밀번호", "새 비밀번호 (12자 이상)", "저장", "비밀번호가 바뀌었습니다. 로그인해 주세요."],
};

const at = (id) => document.getElementById(id);
const token = decodeURIComponent(location.hash.slice(1));
const purpose = token.split(".")[0];
const isKorean = navigator.language.startsWith("ko");
const said = Object.hasOwn(words, purpose) ? (isKorean ? korean : words)[purpose] : null;

if (said) {
  history.replaceState(null, "", location.pathname);
  document.documentElement.lang = isKorean ? "ko" : "en";
  [at("what").textContent, at("label").textContent, at("send").textContent] = said;
  at("password").autocomplete = purpose === "reset" ? "new-password" : "current-password";
  at("form").hidden = false;
  at("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    at("send").disabled = true;
    try {
      const answer = await send(at("password").value);
      const problem = answer.ok ? null : await answer.json();
      at("told").textContent = problem ? `${problem.detail} ${problem.hint ?? ""}` : said[3];
      at("form").hidden = answer.ok;
    } catch {
      at("told").textContent = isKorean ? "연결할 수 없습니다. 다시 시도해 주세요." : "No connection: try again.";
    }
    at("send").disabled = false;
  });
}

function send(password) {
  const isReset = purpose === "reset";
  const path = isReset ? "/api/v1/users/password/reset/confirm" : "/api/v1/users/verify";
  const body = isReset ? { token, new_password: password } : { token, password };
  return fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}
