// API keys: making one, which is shown once; the list; deleting. What a key may do, the API knows.
import { ago, ask, day, el, get, shown, t } from "./core.js";
import { onSubmit, showOnce, sure, tellAt } from "./me_forms.js";
import { current } from "./session.js";

const SCOPES = ["read", "watchlists", "alerts", "account", "operations"];

export function mountKeys(root) {
  const list = root.querySelector("[data-list]");
  const scopes = root.querySelector("[data-scopes]");
  const offered = SCOPES.filter((scope) => scope !== "operations" || current()?.role !== "user");
  scopes.append(...offered.map((scope) =>
    el("label", { class: "check" },
      el("input", { type: "checkbox", name: "scopes", value: scope, checked: scope === "read", "data-error": "key-scopes-error", "aria-describedby": "key-scopes-error" }),
      el("span", {}, el("strong", {}, t("keys", `scope_${scope}`)), el("span", { class: "small dim" }, t("keys", `scope_${scope}_note`))))));

  onSubmit(root.querySelector("form"), async ({ name, days }, sent) => {
    const chosen = [...sent.querySelectorAll('[name="scopes"]:checked')].map((box) => box.value);
    if (!chosen.length) {
      tellAt(scopes.querySelector("input"), t("keys", "no_scope")).focus();
      return;
    }
    const expires_at = days ? new Date(Date.now() + Number(days) * 86400000).toISOString() : null;
    const made = await ask("POST", "/users/me/api-keys", { body: { name: name.trim(), scopes: chosen, expires_at } });
    sent.reset();
    showOnce(root.querySelector("[data-once]"), t("keys", "made", { name: made.name }), made.key);
    await shown(list, showKeys);
  }, { name: t("keys", "bad_name"), 409: t("keys", "too_many") });

  async function showKeys() {
    const { items } = await get("/users/me/api-keys");
    list.replaceChildren(...(items.length ? items.map(row) : [el("li", { class: "dim" }, t("keys", "none"))]));
  }

  function row(key) {
    const over = key.expires_at && new Date(key.expires_at) < Date.now();
    const button = el("button", { type: "button", "aria-label": t("keys", "delete_of", { name: key.name }) }, t("me", "delete"));
    return el("li", { class: "item" },
      el("div", {}, el("strong", {}, key.name), " ", el("code", { class: "dim" }, `${key.prefix}…`), over ? el("span", { class: "mark warn" }, t("keys", "over")) : null,
        el("div", { class: "small dim" }, [
          key.scopes.map((scope) => t("keys", `scope_${scope}`)).join(", "),
          key.expires_at ? t("keys", "until", { day: day(key.expires_at) }) : t("keys", "forever"),
          key.last_used_at ? t("keys", "used", { ago: ago(key.last_used_at) }) : t("keys", "unused"),
        ].join(" · "))),
      sure(button, t("keys", "delete_sure"), t("me", "delete"), async () => {
        await ask("DELETE", `/users/me/api-keys/${key.id}`);
        await shown(list, showKeys);
      }));
  }

  shown(list, showKeys);
}
