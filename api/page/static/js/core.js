// What every script of the page needs: words, numbers, the API, elements. It knows no page.

const found = JSON.parse(document.getElementById("words").textContent);

export const language = document.documentElement.lang;

/** The word `name` of a part of the page, with {placeholders} filled from `values`. */
export function t(part, name, values = {}) {
  const text = found[part]?.[name];
  if (text === undefined) throw new Error(`no word ${part}.${name}`);
  return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}

/** An answer that is a refusal: `title`, `detail` and `hint` are for people, `parameter` names what was wrong. */
export class Problem extends Error {
  constructor(status, body, retryAfter = null) {
    super(body.detail ?? body.error_description ?? body.title ?? `HTTP ${status}`);
    // seconds, where the server says how long to wait
    Object.assign(this, { status, ...body, wait_s: Number(retryAfter) || null });
  }
}

/** Who is signed in says how requests prove it; see session.js. */
export const proof = { headers: async () => ({}), renewed: async () => false, refused: () => {} };

const offline = document.querySelector("[data-offline]");

/** Asks the API: `ask("GET", "/stocks", { params: { q: "apple" } })`. Throws Problem, or TypeError without a connection. */
export async function ask(method, path, { params = {}, body, form, signal, anonymous = false } = {}) {
  const address = new URL(`/api/v1${path}`, location.origin);
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== null && value !== "") address.searchParams.set(name, value);
  }
  const sent = body !== undefined ? JSON.stringify(body) : form ? new URLSearchParams(form) : undefined;
  const headers = { Accept: "application/json", ...(body !== undefined ? { "Content-Type": "application/json" } : {}) };
  let proven = anonymous ? {} : await proof.headers();
  let answer = await reach(address, { method, signal, body: sent, headers: { ...headers, ...proven } });
  if (answer.status === 401 && !anonymous && (await proof.renewed(proven.Authorization))) {
    proven = await proof.headers();
    answer = await reach(address, { method, signal, body: sent, headers: { ...headers, ...proven } });
    if (answer.status === 401) proof.refused();
  }
  const text = await answer.text();
  const told = text && answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : {};
  if (!answer.ok) throw new Problem(answer.status, told, answer.headers.get("retry-after"));
  return told;
}

async function reach(address, request) {
  try {
    const answer = await fetch(address, request);
    offline.hidden = true;
    return answer;
  } catch (error) {
    if (error.name !== "AbortError") offline.hidden = false;
    throw error;
  }
}

export const get = (path, params, rest = {}) => ask("GET", path, { params, ...rest });

/** What a person is told of an error. */
export function sentence(error) {
  if (error instanceof Problem) return [error.message, error.hint].filter(Boolean).join(" ");
  return t("common", error instanceof TypeError ? "offline" : "failed");
}

/** An element: `el("a", { href: "/", class: "x" }, "text", child)`. Texts are texts, never markup. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(made.dataset, value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

const numbers = new Map();
function formatter(options) {
  const key = JSON.stringify(options);
  if (!numbers.has(key)) numbers.set(key, new Intl.NumberFormat(language, options));
  return numbers.get(key);
}

export const number = (value, digits = 0) =>
  value === null || value === undefined
    ? "–"
    : formatter({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

export const compact = (value) =>
  value === null || value === undefined ? "–" : formatter({ notation: "compact", maximumFractionDigits: 1 }).format(value);

export const percent = (value, digits = 0) =>
  value === null || value === undefined
    ? "–"
    : formatter({ style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

/** A score with its sign, as it is written everywhere: +0.21. */
export const score = (value) =>
  value === null || value === undefined
    ? "–"
    : formatter({ minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "exceptZero" }).format(value);

const whole = new Set(["KRW", "JPY"]);
export function price(value, currency) {
  if (value === null || value === undefined) return "–";
  const digits = whole.has(currency) ? 0 : 2;
  return formatter({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

const times = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const days = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

/** A moment in the reader's own zone. */
export const when = (moment) => times.format(new Date(moment));
/** A trading date. */
export const day = (moment) => days.format(new Date(moment));

export function ago(moment) {
  const seconds = (new Date(moment) - Date.now()) / 1000;
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return relative.format(Math.round(seconds), "second");
}

/** The name of a stock in the reader's language. */
export const nameOf = (stock) => (language === "ko" && stock.name_ko) || stock.name || stock.symbol;

/** Runs `work`; what fails is told in `place`, with a button that tries again. */
export async function shown(place, work) {
  place.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    if (error.name === "AbortError") return;
    place.replaceChildren(
      el("p", { class: "notice warn", role: "alert" }, sentence(error), " ",
        el("button", { type: "button", onclick: () => shown(place, work) }, t("common", "retry"))),
    );
    if (!(error instanceof Problem || error instanceof TypeError)) throw error;
  } finally {
    place.removeAttribute("aria-busy");
  }
}
