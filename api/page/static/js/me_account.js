// The account: its address, language and password, where it is signed in, its export and its end.
import { ago, ask, el, get, shown, t, when } from "./core.js";
import { onSubmit, refusal, sure } from "./me_forms.js";
import { signOut } from "./session.js";

const wrong = { 403: t("me", "wrong_password") };

export function mountAccount(root) {
  const find = (name) => root.querySelector(`[data-${name}]`);
  const facts = find("facts");

  shown(facts, async () => {
    const me = await get("/users/me");
    find("locale").value = me.locale;
    for (const field of root.querySelectorAll("[data-username]")) field.value = me.email;
    facts.replaceChildren(...[
      fact(t("me", "address"), me.email),
      me.role === "user" ? null : fact(t("me", "role"), t("me", `role_${me.role}`)),
      fact(t("me", "since"), when(me.created_at)),
      fact(t("me", "password_since"), when(me.password_changed_at)),
    ].filter(Boolean));
  });
  find("locale").addEventListener("change", async (event) => {
    const told = find("locale-told");
    try {
      await ask("PATCH", "/users/me", { body: { locale: event.target.value } });
      told.textContent = t("me", "saved");
    } catch (error) {
      told.textContent = refusal(error);
    }
  });

  onSubmit(find("email-form"), async ({ email, password }, sent) => {
    await ask("POST", "/users/me/email", { body: { email: email.trim(), password } });
    sent.reset();
    done(sent, t("me", "email_asked"));
  }, { ...wrong, email: t("session", "no_address") });

  onSubmit(find("password-form"), async ({ password, new_password, end_api_keys }, sent) => {
    await ask("POST", "/users/me/password", { body: { password, new_password, end_api_keys: end_api_keys === "on" } });
    sent.reset();
    done(sent, t("me", "password_changed"));
    shown(find("sessions"), showSessions);
  }, { ...wrong, new_password: t("session", "weak") });

  const download = find("export");
  download.addEventListener("click", async () => {
    const told = find("export-told");
    try {
      save(await get("/users/me/export"), "insitechart-account.json");
      told.textContent = t("me", "export_done");
    } catch (error) {
      told.textContent = refusal(error);
    }
  });

  onSubmit(find("delete-form"), async ({ password }) => {
    await ask("DELETE", "/users/me", { body: { password } });
    // what a program of this browser kept goes as well
    await signOut();
  }, wrong);

  async function showSessions() {
    const { items } = await get("/users/me/sessions");
    find("sessions").replaceChildren(...items.map(row));
    find("others").hidden = items.length < 2;
  }

  function row(session) {
    const button = el("button", { type: "button", "aria-label": t("me", "end_of", { place: place(session) }) }, t("me", "end"));
    return el("li", { class: "item" },
      el("div", {}, el("strong", {}, place(session)), session.current ? el("span", { class: "mark" }, t("me", "this_one")) : null,
        el("div", { class: "small dim" }, [session.address, t("me", "used", { ago: ago(session.last_used_at) }), t("me", "until", { time: when(session.expires_at) })].filter(Boolean).join(" · "))),
      session.current ? null : sure(button, t("me", "end_sure"), t("me", "end"), async () => {
        await ask("DELETE", `/users/me/sessions/${session.id}`);
        await shown(find("sessions"), showSessions);
      }));
  }

  shown(find("sessions"), showSessions);
  find("others").append(sure(el("button", { type: "button" }, t("me", "end_others")), t("me", "end_others_sure"), t("me", "end_others"), async () => {
    await ask("DELETE", "/users/me/sessions");
    await shown(find("sessions"), showSessions);
  }));
}

const fact = (name, value) => el("div", {}, el("dt", {}, name), el("dd", {}, value));

function done(form, text) {
  const told = form.querySelector("[data-done]");
  told.textContent = text;
  told.hidden = false;
}

// enough to tell one's own devices apart; the order matters, for each names those before it
const BROWSERS = [["Edg/", "Edge"], ["OPR/", "Opera"], ["SamsungBrowser", "Samsung Internet"], ["Whale/", "Whale"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]];
const SYSTEMS = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS", "macOS"], ["Linux", "Linux"]];

function place({ user_agent: agent }) {
  const named = (names) => names.find(([sign]) => agent.includes(sign))?.[1];
  const found = [named(BROWSERS), named(SYSTEMS)].filter(Boolean).join(" · ");
  return found || agent.slice(0, 60) || t("me", "unknown_device");
}

function save(document_, name) {
  const address = URL.createObjectURL(new Blob([JSON.stringify(document_, null, 2)], { type: "application/json" }));
  const link = el("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
