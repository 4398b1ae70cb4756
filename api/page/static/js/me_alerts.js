// Alerts: making one, the list with where each value stands, and what fired. When one fires, the API knows.
import { ago, ask, el, get, nameOf, shown, t, when } from "./core.js";
import { editor } from "./alert_edit.js";
import { atTheLimit, limitOf, REFUSALS, ruleOf, shownValue, titleOf, unitOf } from "./alert_words.js";
import { onSubmit, refusal, showOnce, sure, tellAt } from "./me_forms.js";
import { combobox, stockPath } from "./search.js";

const PER_PAGE = 20;

export function mountAlerts(root) {
  const list = root.querySelector("[data-list]");
  const form = root.querySelector("form");
  const once = root.querySelector("[data-once]");
  const fields = form.elements;
  let stock = null;

  combobox(fields.symbol, root.querySelector("#alert-symbol-list"), (chosen) => {
    stock = chosen;
    fields.symbol.value = `${nameOf(chosen)} (${chosen.symbol})`;
    adapt();
  });
  fields.symbol.addEventListener("input", () => { stock = null; });
  for (const name of ["measure", "channel"]) form.addEventListener("change", (event) => event.target.name === name && adapt());
  form.addEventListener("reset", () => { stock = null; setTimeout(adapt); });

  /** Only what the chosen measure and channel need is asked for. */
  function adapt() {
    const measure = fields.measure.value;
    const isWebhook = fields.channel.value === "webhook";
    root.querySelector("[data-window]").hidden = measure === "price";
    root.querySelector("[data-url]").hidden = !isWebhook;
    fields.url.disabled = !isWebhook;
    root.querySelector("[data-unit]").textContent = unitOf(measure, stock?.currency);
  }
  adapt();

  onSubmit(form, async (values, sent) => {
    const symbol = stock?.symbol ?? (await only(values.symbol));
    if (!symbol) return void tellAt(fields.symbol, t("alerts", "choose_stock")).focus();
    const isWebhook = values.channel === "webhook";
    const made = await atTheLimit(() => ask("POST", "/users/me/alerts", {
      body: {
        symbol,
        measure: values.measure,
        direction: values.direction,
        threshold: limitOf(values.threshold),
        channel: values.channel,
        ...(values.measure === "price" ? {} : { window: values.window }),
        ...(isWebhook ? { url: values.url.trim() } : {}),
        ...(values.name.trim() ? { name: values.name.trim() } : {}),
      },
    }));
    sent.reset();
    if (made.secret) showOnce(once, t("alerts", "secret_of", { name: titleOf(made) }), made.secret);
    await shown(list, showAlerts);
    if (!made.secret) rowOf(made.id)?.querySelector("strong").focus();
  }, { ...REFUSALS, symbol: t("alerts", "choose_stock"), 409: t("alerts", "conflict") });

  const rowOf = (id) => list.querySelector(`[data-id="${id}"]`);

  async function showAlerts() {
    const { items } = await get("/users/me/alerts");
    // what is being written in one row is not lost when another one changes
    const rows = items.map((alert) => (rowOf(alert.id)?.querySelector("form") ? rowOf(alert.id) : row(alert)));
    list.replaceChildren(...(rows.length ? rows : [el("li", { class: "dim" }, t("alerts", "none"))]));
  }

  /** Shows `alert` as it is now, with the focus on its button `act`. */
  function renew(alert, act, word = "") {
    const fresh = row(alert);
    rowOf(alert.id).replaceWith(fresh);
    fresh.querySelector(`[data-act="${act}"]`).focus();
    fresh.querySelector('[role="status"]').textContent = word;
  }

  function row(alert) {
    const told = el("span", { class: "small", role: "status" });
    const path = `/users/me/alerts/${alert.id}`;
    const name = titleOf(alert);
    const act = (key, word, work) =>
      el("button", { type: "button", dataset: { act: key }, "aria-label": t("alerts", "act_of", { act: word, name }), onclick: () => doing(told, work) }, word);
    const toggle = alert.paused_at ? "resume" : "pause";
    const buttons = el("div", { class: "row" },
      act("change", t("alerts", "change"), () => {
        const { form, begin } = editor(alert, path, {
          onSaved: (saved) => renew(saved, "change", t("me", "saved")),
          onClosed: () => {
            form.replaceWith(buttons);
            buttons.firstChild.focus();
          },
        });
        told.textContent = "";
        buttons.replaceWith(form);
        begin();
      }),
      act("pause", t("alerts", toggle), async () => renew(await ask("POST", `${path}/${toggle}`), "pause")),
      act("test", t("alerts", "test"), async () => {
        told.textContent = t("alerts", "testing");
        const { outcome, status, reason } = await ask("POST", `${path}/test`);
        told.textContent = [t("alerts", `test_${outcome}`), reason || (status && outcome !== "delivered" ? `HTTP ${status}` : "")].filter(Boolean).join(" ");
      }),
      alert.channel === "webhook" ? act("secret", t("alerts", "new_secret"), async () => {
        const { secret } = await ask("POST", `${path}/secret`);
        showOnce(once, t("alerts", "secret_of", { name }), secret);
      }) : null,
      sure(el("button", { type: "button", "aria-label": t("alerts", "act_of", { act: t("me", "delete"), name }) }, t("me", "delete")), t("alerts", "delete_sure"), t("me", "delete"), async () => {
        await ask("DELETE", path);
        await shown(list, showAlerts);
      }),
      told);
    return el("li", { class: "item alert", dataset: { id: alert.id } }, summary(alert), buttons, history(alert, path));
  }

  shown(list, showAlerts);
}

// what is watched, where it stands, and how it is told
function summary(alert) {
  return el("div", {},
    el("strong", { tabindex: "-1" }, alert.name || ruleOf(alert)), " ", el("span", { class: alert.paused_at ? "mark warn" : "mark" }, t("alerts", alert.paused_at ? "paused" : "active")),
    el("div", { class: "small" }, el("a", { href: stockPath(alert.symbol) }, alert.symbol), alert.name ? ` · ${ruleOf(alert)}` : null),
    el("div", { class: "small dim" }, [
      alert.side ? t("alerts", `now_${alert.side}`) : t("alerts", "now_unknown"),
      alert.fired_at ? t("alerts", "fired", { ago: ago(alert.fired_at) }) : t("alerts", "never_fired"),
      alert.channel === "email" ? t("alerts", "by_mail") : t("alerts", "by_webhook", { host: hostOf(alert.url) }),
    ].join(" · ")),
    alert.pause_reason ? el("div", { class: "notice warn small" }, t("alerts", "pause_reason", { reason: alert.pause_reason })) : null);
}

async function only(typed) {
  const { items } = await get("/stocks", { q: typed.trim(), limit: 1 });
  return items[0]?.match?.score === 1 ? items[0].symbol : null;
}

async function doing(told, work) {
  try {
    await work();
  } catch (error) {
    told.textContent = refusal(error);
  }
}

function history(alert, path) {
  const rows = el("ol", { class: "plain" });
  const more = el("button", { type: "button", hidden: true }, t("common", "more"));
  const box = el("details", {}, el("summary", { class: "small" }, t("alerts", "history")), rows, more);
  let next = null;
  async function load() {
    const page = await get(`${path}/history`, { limit: PER_PAGE, cursor: next });
    rows.append(...page.items.map((fired) => firing(fired)));
    if (!rows.children.length) rows.append(el("li", { class: "small dim" }, t("alerts", "no_history")));
    next = page.next;
    more.hidden = !next;
  }
  more.addEventListener("click", () => load());
  box.addEventListener("toggle", () => box.open && !rows.children.length && shown(rows, load));
  return box;
}

function firing({ fired_at, measure, side, value, threshold, delivery }) {
  return el("li", { class: "small" },
    el("time", { datetime: fired_at }, when(fired_at)), " · ",
    t("alerts", `went_${side}`, { measure: t("alerts", `measure_${measure}`), value: shownValue(measure, value), threshold: shownValue(measure, threshold) }), " · ",
    el("span", { class: delivery.state === "failed" ? "bad" : "dim" }, t("alerts", `delivery_${delivery.state}`), delivery.reason ? ` (${delivery.reason})` : ""));
}

function hostOf(address) {
  try {
    return new URL(address).host;
  } catch {
    return address;
  }
}
