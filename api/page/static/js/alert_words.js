// Alerts in words: their rules, values and units. It asks nobody.
import { number, percent, price, score, t } from "./core.js";

/** What a person calls an alert: its name, or its rule where it has none. */
export const titleOf = (alert) => alert.name || `${alert.symbol} · ${ruleOf(alert)}`;

/** The rule of an alert as a sentence. */
export const ruleOf = (alert) =>
  [
    t("alerts", `rule_${alert.direction}`, { measure: t("alerts", `measure_${alert.measure}`), threshold: shownValue(alert.measure, alert.threshold) }),
    alert.window ? t("stock", `window_${alert.window}`) : null,
  ].filter(Boolean).join(" · ");

/** A value of `measure`; values are decimal text, which is only shown here, never reckoned with. */
export function shownValue(measure, text) {
  const value = Number(text);
  if (measure === "price") return price(value, Number.isInteger(value) ? "KRW" : "USD");
  if (measure === "price_change") return percent(value / 100, 2);
  if (measure.endsWith("score")) return score(value);
  return `${number(value, 1)} σ`;
}

/** In what a limit of `measure` is said; `currency` is that of the stock, if it is known. */
export function unitOf(measure, currency) {
  if (measure === "price") return t("alerts", "unit_price", { currency: currency ?? t("alerts", "its_currency") });
  if (measure === "price_change") return t("alerts", "unit_percent");
  return t("alerts", measure.endsWith("score") ? "unit_score" : "unit_buzz");
}

/** What was typed as a limit, as the API takes it: no blanks, no commas, a plain minus. */
export const limitOf = (typed) => typed.replace(/[\s,]/g, "").replace("−", "-");

/** What is told of refused alerts, by field and status. */
export const REFUSALS = {
  threshold: t("alerts", "bad_threshold"), url: t("alerts", "bad_url"), name: t("keys", "bad_name"),
};

/** A limit that leaves its hysteresis no room is a limit that cannot be used. */
export async function atTheLimit(work) {
  try {
    return await work();
  } catch (error) {
    if (error.parameter === "hysteresis") error.parameter = "threshold";
    throw error;
  }
}
