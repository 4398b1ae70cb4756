// Alerts: making one, the list with where each value stands, and what fired. When one fires, the API knows.
import { ago, ask, el, get, nameOf, number, percent, price, score, shown, t, when } from "./core.js";
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
    root.querySelector("[data-unit]").textContent = unit(measure, stock);
  }
  adapt();

  onSubmit(form, async (values, sent) => {
    const symbol = stock?.symbol ?? (await only(values.symbol));
    if (!symbol) return void tellAt(fields.symbol, t("alerts", "choose_stock")).focus();
    const isWebhook = values.channel === "webhook";
    const made = await ask("POST", "/users/me/alerts", {
      body: {
        symbol,
        measure: values.measure,
        direction: values.direction,
        threshold: values.threshold.replace(/[\s,]/g, "").replace("−", "-"),
        channel: values.channel,
        ...(values.measure === "price" ? {} : { window: values.window }),
        ...(isWebhook ? { url: values.url.trim() } : {}),
        ...(values.name.trim() ? { name: values.name.trim() } : {}),
      },
    });
    sent.reset();
    if (made.secret) showOnce(once, t("alerts", "secret_of", { name: made.name }), made.secret);
    await shown(list, showAlerts);
    if (!made.secret) list.querySelector(`[data-id="${made.id}"] strong`)?.focus();
  }, { symbol: t("alerts", "choose_stock"), threshold: t("alerts", "bad_threshold"), url: t("alerts", "bad_url"), 409: t("alerts", "conflict") });

  async function showAlerts() {
    const { items } = await get("/users/me/alerts");
    list.replaceChildren(...(items.length ? items.map(row) : [el("li", { class: "dim" }, t("alerts", "none"))]));
  }

  function row(alert) {
    const told = el("span", { class: "small", role: "status" });
    const path = `/users/me/alerts/${alert.id}`;
    const act = (word, work) => el("button", { type: "button", "aria-label": t("alerts", "act_of", { act: word, name: alert.name }), onclick: () => doing(told, work) }, word);
    return el("li", { class: "item alert", dataset: { id: alert.id } },
      el("div", {},
        el("strong", { tabindex: "-1" }, alert.name), " ", el("span", { class: alert.paused_at ? "mark warn" : "mark" }, t("alerts", alert.paused_at ? "paused" : "active")),
        el("div", { class: "small" }, el("a", { href: stockPath(alert.symbol) }, alert.symbol), " · ", rule(alert)),
        el("div", { class: "small dim" }, [
          alert.side ? t("alerts", `now_${alert.side}`) : t("alerts", "now_unknown"),
          alert.fired_at ? t("alerts", "fired", { ago: ago(alert.fired_at) }) : t("alerts", "never_fired"),
          alert.channel === "email" ? t("alerts", "by_mail") : t("alerts", "by_webhook", { host: hostOf(alert.url) }),
        ].join(" · ")),
        alert.pause_reason ? el("div", { class: "notice warn small" }, t("alerts", "pause_reason", { reason: alert.pause_reason })) : null),
      el("div", { class: "row" },
        act(t("alerts", alert.paused_at ? "resume" : "pause"), async () => {
          await ask("POST", `${path}/${alert.paused_at ? "resume" : "pause"}`);
          await shown(list, showAlerts);
          list.querySelector(`[data-id="${alert.id}"] .row button`)?.focus();
        }),
        act(t("alerts", "test"), async () => {
          told.textContent = t("alerts", "testing");
          const { outcome, status, reason } = await ask("POST", `${path}/test`);
          told.textContent = [t("alerts", `test_${outcome}`), reason || (status && outcome !== "delivered" ? `HTTP ${status}` : "")].filter(Boolean).join(" ");
        }),
        alert.channel === "webhook" ? act(t("alerts", "new_secret"), async () => {
          const { secret } = await ask("POST", `${path}/secret`);
          showOnce(once, t("alerts", "secret_of", { name: alert.name }), secret);
        }) : null,
        sure(el("button", { type: "button", "aria-label": t("alerts", "act_of", { act: t("me", "delete"), name: alert.name }) }, t("me", "delete")), t("alerts", "delete_sure"), t("me", "delete"), async () => {
          await ask("DELETE", path);
          await shown(list, showAlerts);
        }),
        told),
      history(alert, path));
  }

  shown(list, showAlerts);
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

const rule = (alert) =>
  [
    t("alerts", `rule_${alert.direction}`, { measure: t("alerts", `measure_${alert.measure}`), threshold: shownValue(alert.measure, alert.threshold) }),
    alert.window ? t("stock", `window_${alert.window}`) : null,
  ].filter(Boolean).join(" · ");

// values are decimal text; they are only shown here, never reckoned with
function shownValue(measure, text) {
  const value = Number(text);
  if (measure === "price") return price(value, Number.isInteger(value) ? "KRW" : "USD");
  if (measure === "price_change") return percent(value / 100, 2);
  if (measure.endsWith("score")) return score(value);
  return `${number(value, 1)} σ`;
}

function unit(measure, stock) {
  if (measure === "price") return t("alerts", "unit_price", { currency: stock?.currency ?? t("alerts", "its_currency") });
  if (measure === "price_change") return t("alerts", "unit_percent");
  return t("alerts", measure.endsWith("score") ? "unit_score" : "unit_buzz");
}

function hostOf(address) {
  try {
    return new URL(address).host;
  } catch {
    return address;
  }
}
