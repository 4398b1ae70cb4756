// The slider that goes back to what was known at a moment. It does not know what is shown then.
import { t, when } from "./core.js";

const PAUSE = 350;

/** `onMoment(ms or null)` is called a moment after the reader has chosen one, or has gone back to now (null). */
export function mountKnown(root, onMoment) {
  const slider = root.querySelector("[data-known-slider]");
  const field = root.querySelector("[data-known-field]");
  const told = root.querySelector("[data-known-told]");
  const banner = root.querySelector("[data-known]");
  let chosen = null;
  let waiting = 0;

  function say() {
    const text = chosen === null ? t("chart", "now") : when(chosen);
    slider.setAttribute("aria-valuetext", text);
    told.textContent = text;
    banner.hidden = chosen === null;
    if (chosen !== null) banner.querySelector("[data-known-said]").textContent = t("chart", "known_on", { time: when(chosen) });
    root.toggleAttribute("data-past", chosen !== null);
  }

  function choose(moment, pause = PAUSE) {
    const next = moment === null || moment >= Date.now() - 60000 ? null : moment;
    clearTimeout(waiting);
    if (next === chosen) return say();
    chosen = next;
    field.value = next === null ? "" : local(next);
    say();
    waiting = setTimeout(() => onMoment(chosen), pause);
  }

  slider.addEventListener("input", () => choose(Number(slider.value) >= Number(slider.max) ? null : Number(slider.value)));
  field.addEventListener("change", () => {
    const moment = field.value ? new Date(field.value).getTime() : null;
    slider.value = moment ?? slider.max;
    choose(moment);
  });
  banner.querySelector("[data-known-now]").addEventListener("click", () => {
    slider.value = slider.max;
    choose(null, 0);
    slider.focus();
  });
  say();

  return {
    get moment() {
      return chosen;
    },
    /** The slider leads from `first` (ms) to now. */
    reach(first, step) {
      const now = Date.now();
      const size = Math.max(60000, Math.round((now - Math.min(first, now - step)) / 1000));
      slider.max = now;
      slider.step = size;
      // whole steps, or "now" could not be chosen
      slider.min = now - Math.ceil((now - Math.min(first, now - step)) / size) * size;
      slider.value = chosen ?? now;
      field.max = local(now);
    },
  };
}

function local(moment) {
  const date = new Date(moment);
  return new Date(moment - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}
