// Sends what a mailed link has behind its #, with the password that goes with it. The token leaves this page once.
import { ask, t } from "./core.js";
import { onSubmit } from "./me_forms.js";
import { current, lookAtMe } from "./session.js";

const root = document.querySelector("[data-link]");
const find = (name) => root.querySelector(`[data-${name}]`);
const heading = root.querySelector("h1");
let token = decoded(location.hash.slice(1));
const purpose = token.split(".")[0];

// a # that browsers keep through the redirect, so that the other language finds the token as well
const other = document.querySelector("a[hreflang]");
if (["register", "email", "reset"].includes(purpose)) {
  history.replaceState(null, "", location.pathname);
  other.hash = encodeURIComponent(token);
  open();
} else {
  find("lost").hidden = false;
}
addEventListener("hashchange", () => location.reload());

function open() {
  const isReset = purpose === "reset";
  const field = find("form").elements.password;
  document.title = `${t("session", `link_${purpose}`)} · ${t("common", "title")}`;
  heading.textContent = t("session", `link_${purpose}`);
  find("what").textContent = t("session", `link_${purpose}_note`);
  root.querySelector(`label[for="${field.id}"]`).textContent = t("session", `link_${purpose}_password`);
  // a refusal names the field of the API
  field.name = isReset ? "new_password" : "password";
  field.autocomplete = isReset ? "new-password" : "current-password";
  find("keep-keys").hidden = !isReset;
  find("form").hidden = false;
  field.focus();

  onSubmit(find("form"), async ({ keep_api_keys, ...typed }, form) => {
    const body = isReset ? { token, ...typed, end_api_keys: keep_api_keys !== "on" } : { token, ...typed };
    await ask("POST", isReset ? "/users/password/reset/confirm" : "/users/verify", { body, anonymous: true });
    token = "";
    if (purpose === "email" && current()) await lookAtMe().catch(() => {});
    other.hash = "";
    form.hidden = true;
    heading.textContent = t("session", `link_${purpose}_done`);
    find("what").textContent = t("session", "link_next");
    find("next").hidden = false;
    heading.focus();
  }, {
    new_password: t("session", "weak"),
    token: t("session", "link_over"),
    409: t("session", "taken"),
    400: t("session", isReset ? "link_over" : "link_wrong"),
  });
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
