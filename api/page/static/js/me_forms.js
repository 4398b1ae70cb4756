// Forms: what is missing or refused is told beside the field it is about, and nothing that was typed is lost.
import { el, language, Problem, sentence, t } from "./core.js";

const SHORTEST_PASSWORD = 12;

/**
 * Does `work(values)` when `form` is sent. Refusals are told in the person's words: `own` has them by the name of the
 * field at fault, the error of OAuth, or the status.
 */
export function onSubmit(form, work, own = {}) {
  form.noValidate = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    clearTold(form);
    if (!complete(form)) return;
    form.setAttribute("aria-busy", "true");
    try {
      await work(Object.fromEntries(new FormData(form)), form);
    } catch (error) {
      tellRefusal(form, error, own);
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
}

/** What a person is told of a refusal. */
export function refusal(error, own = {}) {
  if (!(error instanceof Problem)) return sentence(error);
  if (error.status === 429) return t("session", "too_many", { wait: waiting(error.wait_s) });
  if (error.status === 401) return t("session", "ended");
  return own[error.parameter] ?? own[error.error] ?? own[error.status] ?? sentence(error);
}

/** Tells in `form` what was refused, at the field that it is about. */
export function tellRefusal(form, error, own = {}) {
  const text = refusal(error, own);
  const field = error.parameter && form.elements.namedItem(error.parameter);
  if (field?.dataset?.error) tellAt(field, text).focus();
  else tellIn(form, text);
  if (!(error instanceof Problem || error instanceof TypeError || error instanceof DOMException)) throw error;
}

/** Tells `text` at `field`, which is returned. */
export function tellAt(field, text) {
  const place = document.getElementById(field.dataset.error);
  place.textContent = text;
  place.hidden = false;
  field.setAttribute("aria-invalid", "true");
  return field;
}

function tellIn(form, text) {
  const place = form.querySelector("[data-told]");
  place.textContent = text;
  place.hidden = false;
  place.focus();
}

function clearTold(form) {
  for (const place of form.querySelectorAll("[data-told], .field-error")) {
    place.hidden = true;
    place.textContent = "";
  }
  for (const field of form.elements) field.removeAttribute("aria-invalid");
}

function complete(form) {
  const wrong = [...form.elements].filter((field) => field.dataset.error && !field.disabled && missing(field));
  for (const field of wrong) tellAt(field, missing(field));
  wrong[0]?.focus();
  return wrong.length === 0;
}

function missing(field) {
  if (field.required && !field.value.trim()) return t("session", "empty");
  if (field.type === "email" && field.validity.typeMismatch) return t("session", "no_address");
  if (field.autocomplete === "new-password" && [...field.value].length < SHORTEST_PASSWORD) return t("session", "weak");
  return "";
}

function waiting(seconds) {
  const [unit, count] = seconds > 90 ? ["minute", Math.ceil(seconds / 60)] : ["second", seconds ?? 60];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

/** Asks `question` in place of `button`; `work` is done only when it is said again. */
export function sure(button, question, word, work) {
  button.addEventListener("click", () => {
    const told = el("span", { class: "small bad", role: "alert" });
    const yes = el("button", { type: "button", class: "danger", onclick: done }, word);
    const box = el("span", { class: "sure", role: "group", "aria-label": question },
      el("span", {}, question), yes, el("button", { type: "button", onclick: close }, t("me", "keep")), told);
    async function done() {
      yes.disabled = true;
      try {
        await work();
      } catch (error) {
        yes.disabled = false;
        told.textContent = refusal(error);
      }
    }
    function close() {
      box.replaceWith(button);
      button.focus();
    }
    box.addEventListener("keydown", (event) => event.key === "Escape" && close());
    button.replaceWith(box);
    yes.focus();
  });
  return button;
}

/** Shows `secret` this once in `place`, ready to be copied. */
export function showOnce(place, title, secret) {
  const field = el("input", { readonly: true, value: secret, "aria-label": title, spellcheck: "false", class: "secret", onfocus: (event) => event.target.select() });
  const told = el("span", { class: "small good", role: "status" });
  const copy = el("button", { type: "button", class: "primary" }, t("me", "copy"));
  copy.addEventListener("click", async () => {
    told.textContent = (await copied(field)) ? t("me", "copied") : t("me", "not_copied");
  });
  const close = el("button", { type: "button", onclick: () => place.replaceChildren() }, t("common", "close"));
  place.replaceChildren(el("div", { class: "once", role: "group", "aria-label": title },
    el("strong", {}, title), el("p", { class: "small" }, t("me", "once")), field,
    el("div", { class: "row" }, copy, close, told)));
  field.focus();
}

async function copied(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // browsers give the clipboard to secure pages only; the older way works on others, too
    return document.execCommand("copy");
  }
}
