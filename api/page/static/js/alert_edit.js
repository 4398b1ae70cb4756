// Changing an alert where it stands in the list. What it may become, the API knows.
import { ask, el, get, Problem, t } from "./core.js";
import { atTheLimit, limitOf, REFUSALS, ruleOf, titleOf, unitOf } from "./alert_words.js";
import { onSubmit } from "./me_forms.js";

const DIRECTIONS = ["above", "below", "crosses"];
const WINDOWS = ["1h", "24h", "7d"];

/**
 * A form that changes `alert`, which is at `path`. `onSaved(alert)` gets it as it is then, or as it was where nothing
 * was changed; `onClosed()` is called where whoever began it thinks better of it.
 */
export function editor(alert, path, { onSaved, onClosed }) {
  let now = alert;
  const id = (name) => `${name}-${alert.id}`;
  const error = (name) => el("p", { class: "small bad field-error", id: id(`${name}-error`), hidden: true });
  const tied = (name) => ({ id: id(name), name, "data-error": id(`${name}-error`), "aria-describedby": id(`${name}-error`), autocomplete: "off" });
  const options = (values, chosen, word) =>
    values.map((value) => el("option", { value, selected: value === chosen }, word(value)));

  const threshold = el("input", { ...tied("threshold"), value: alert.threshold, required: true, maxlength: 24, inputmode: "text" });
  const form = el("form", { class: "form alert-edit", "aria-label": t("alerts", "act_of", { act: t("alerts", "change"), name: titleOf(alert) }) },
    el("p", { class: "notice warn", role: "alert", tabindex: "-1", dataset: { told: "" }, hidden: true }),
    el("div", { class: "pair" },
      el("div", { class: "field" }, el("label", { for: id("direction") }, t("alerts", "direction")),
        el("select", { id: id("direction"), name: "direction" }, options(DIRECTIONS, alert.direction, (one) => t("alerts", `direction_${one}`)))),
      el("div", { class: "field" }, el("label", { for: id("threshold") }, t("alerts", "threshold"), " ", el("span", { class: "dim" }, unitOf(alert.measure))),
        threshold, error("threshold"))),
    el("div", { class: "pair" },
      alert.window ? el("div", { class: "field" }, el("label", { for: id("window") }, t("stock", "window")),
        el("select", { id: id("window"), name: "window" }, options(WINDOWS, alert.window, (one) => t("stock", `window_${one}`)))) : null,
      el("div", { class: "field" }, el("label", { for: id("name") }, t("alerts", "name")),
        el("input", { ...tied("name"), value: alert.name, maxlength: 80 }), error("name"))),
    alert.channel === "webhook" ? el("div", { class: "field" }, el("label", { for: id("url") }, t("alerts", "url")),
      el("input", { ...tied("url"), type: "url", value: alert.url, required: true, maxlength: 2000, autocapitalize: "none", spellcheck: "false" }), error("url")) : null,
    el("p", { class: "small dim" }, t("alerts", "change_note")),
    el("div", { class: "row" },
      el("button", { class: "primary", type: "submit" }, t("alerts", "save")),
      el("button", { type: "button", onclick: onClosed }, t("alerts", "cancel"))));
  form.addEventListener("keydown", (event) => event.key === "Escape" && onClosed());

  const own = { ...REFUSALS, 404: t("alerts", "gone") };
  onSubmit(form, async (values) => {
    const typed = {
      name: values.name.trim(), direction: values.direction, threshold: limitOf(values.threshold),
      window: values.window, url: values.url?.trim(),
    };
    // what is as it was when it was read is not asked for, or another change of it meanwhile would be undone
    const wanted = Object.entries(typed).filter(([name, value]) => value !== undefined && value !== alert[name]);
    if (!wanted.length) return onSaved(now);
    try {
      onSaved(await atTheLimit(() => ask("PATCH", path, { body: { version: now.version, ...Object.fromEntries(wanted) } })));
    } catch (refused) {
      if (refused instanceof Problem && refused.status === 409) {
        now = await get(path);
        own[409] = t("alerts", "changed_elsewhere", { rule: ruleOf(now) });
      }
      throw refused;
    }
  }, own);

  return { form, begin: () => threshold.select() };
}
