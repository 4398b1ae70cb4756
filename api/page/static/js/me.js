// The page of whoever is signed in, or wants to be: which part is shown. What the parts do, their own files know.
import { ask, language, t } from "./core.js";
import { mountAccount } from "./me_account.js";
import { mountAlerts } from "./me_alerts.js";
import { onSubmit } from "./me_forms.js";
import { mountKeys } from "./me_keys.js";
import { mountLists } from "./me_lists.js";
import { current, onChange, signIn, signOut, wasEnded } from "./session.js";

const root = document.querySelector("[data-people]");
const inside = root.querySelector("[data-in]");
const outside = root.querySelector("[data-out]");
const parts = { account: mountAccount, watchlists: mountLists, alerts: mountAlerts, keys: mountKeys };
const mounted = new Set();

/** Shows the part of the address' #, or the first; `focus` moves to its heading, for whoever cannot see it change. */
function show({ focus = false } = {}) {
  const frame = current() ? inside : outside;
  inside.hidden = frame !== inside;
  outside.hidden = frame !== outside;
  const sections = [...frame.querySelectorAll("section[id]")];
  const shown = sections.find((section) => `#${section.id}` === location.hash) ?? sections[0];
  for (const section of sections) section.hidden = section !== shown;
  for (const link of frame.querySelectorAll("nav a")) {
    if (link.hash === `#${shown.id}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  if (frame === inside && !mounted.has(shown.id)) {
    mounted.add(shown.id);
    parts[shown.id](shown);
  }
  root.querySelector("[data-who]").textContent = current()?.email ?? "";
  root.querySelector("[data-ended]").hidden = !wasEnded();
  if (focus) shown.querySelector("h2").focus();
}

addEventListener("hashchange", () => show({ focus: true }));
let shownTo = current()?.email ?? null;
onChange(() => {
  const now = current()?.email ?? null;
  // what was somebody's must not stay in the page for the next one; the sign-in itself has its own way on
  if (shownTo && now !== shownTo) location.reload();
  else show({ focus: now !== shownTo });
  shownTo = now;
});
show();

const form = (name) => outside.querySelector(`form[data-${name}]`);
let waiting = null;

onSubmit(form("sign-in"), async ({ email, password }, sent) => {
  await signIn(email.trim(), password);
  sent.reset();
}, { invalid_grant: t("session", "wrong") });

onSubmit(form("register"), async ({ email, password }, sent) => {
  await ask("POST", "/users", { body: { email: email.trim(), password, locale: language }, anonymous: true });
  waiting = email.trim();
  sent.reset();
  lookForMail("register");
}, { password: t("session", "weak"), email: t("session", "no_address"), 403: t("session", "closed") });

onSubmit(form("forgotten"), async ({ email }, sent) => {
  await ask("POST", "/users/password/reset", { body: { email: email.trim(), locale: language }, anonymous: true });
  sent.reset();
  lookForMail("forgotten");
}, { email: t("session", "no_address") });

onSubmit(form("again"), async (values, sent) => {
  await ask("POST", "/users/verify/resend", { body: { email: waiting, locale: language }, anonymous: true });
  sent.querySelector("[data-again-told]").textContent = t("session", "sent_again");
});

function lookForMail(name) {
  form(name).hidden = true;
  const told = outside.querySelector(`[data-mailed="${name}"]`);
  told.hidden = false;
  told.querySelector("h3").focus();
}

root.querySelector("[data-sign-out]").addEventListener("click", async () => {
  await signOut();
});
