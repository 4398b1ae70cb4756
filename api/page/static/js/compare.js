// Up to five stocks beside each other: prices in percent, and what people say. They are kept in the address.
import { Problem, el, get, nameOf, sentence, t } from "./core.js";
import { Loaded } from "./chart-data.js";
import { later } from "./later.js";
import { rangeOf } from "./chart-ranges.js";
import { Lines, SLOTS, swatch } from "./compare-draw.js";
import { figuresOf, tableOf } from "./compare-table.js";
import { combobox, stockPath } from "./search.js";

// so few rows before what is in sight, and older ones are fetched
const EDGE = 40;
const MOVES = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 };

const root = document.querySelector("[data-compare]");
const at = (name) => root.querySelector(`[data-${name}]`);
const chosen = new Map();
let library = null;
let lines = null;
let range = "1y";
// the moment (ms) that is pointed at, or null
let pointed = null;

const loaded = () => [...chosen.values()].filter((one) => one.data);

function problem(text) {
  at("problem").hidden = !text;
  at("problem").textContent = text ?? "";
}

function keepAddress() {
  const symbols = [...chosen.keys()].join(",");
  history.replaceState(null, "", symbols ? `?symbols=${symbols}` : location.pathname);
}

function freeSlot() {
  const taken = new Set([...chosen.values()].map((one) => one.slot));
  return Array.from({ length: SLOTS }, (_, slot) => slot).find((slot) => !taken.has(slot));
}

// ---- what is shown

async function open() {
  library ??= await import("../vendor/lightweight-charts.js");
  at("with").hidden = false;
  at("empty").hidden = true;
  lines ??= new Lines(library, at("canvas"), {
    onPoint(time, isPointer) {
      if (!isPointer && pointed === null) return;
      pointed = time === null ? null : time * 1000;
      soon();
    },
    onSight() {
      soon();
      fetchOlder();
    },
    onPaint: show,
  });
}

function close() {
  lines?.destroy();
  lines = null;
  at("with").hidden = true;
  at("empty").hidden = false;
}

function show() {
  at("chips").replaceChildren(
    ...[...chosen.values()].map(({ stock, slot }) =>
      el("li", { class: "chip" }, swatch(slot), el("a", { href: stockPath(stock.symbol) }, nameOf(stock)),
        stock.sample ? el("span", { class: "mark" }, t("common", "sample_mark")) : null,
        el("button", { type: "button", "aria-label": t("compare", "remove", { name: nameOf(stock) }), onclick: () => remove(stock.symbol) }, "✕"))),
  );
  tell();
}

function fill(symbol, one) {
  one.figures = figuresOf(one.data.rows);
  lines.fill(symbol, one.data.rows);
}

function tell() {
  if (!lines) return;
  const span = lines.span;
  const end = pointed ?? (span ? span.to * 1000 : lines.axis.at(-1));
  const { caption, rows } = end ? tableOf(loaded(), span ? span.from * 1000 : -Infinity, end) : { caption: "", rows: [] };
  at("when").textContent = caption;
  at("rows").replaceChildren(...rows);
  root.querySelectorAll(".chart-legend")[1].style.setProperty("--top", `${lines.lowerTop}px`);
}

let drawn = 0;
// many moves of a finger come within one frame
function soon() {
  cancelAnimationFrame(drawn);
  drawn = requestAnimationFrame(tell);
}

// ---- which stocks, and how far back

async function add(symbol) {
  if (chosen.has(symbol)) return;
  if (chosen.size >= SLOTS) return problem(t("compare", "full"));
  problem(null);
  const one = { slot: freeSlot(), stock: { symbol } };
  chosen.set(symbol, one);
  keepAddress();
  try {
    const [stock, data] = await Promise.all([
      get(`/stocks/${encodeURIComponent(symbol)}`), new Loaded(symbol, "1d").begin({ limit: 500 }), open(),
    ]);
    if (chosen.get(symbol) !== one) return;
    // it was closed where the others were removed meanwhile
    await open();
    Object.assign(one, { stock, data });
    lines.add(symbol, one.slot);
    fill(symbol, one);
    await back();
    look();
  } catch (error) {
    chosen.delete(symbol);
    lines?.remove(symbol);
    if (!chosen.size) close();
    keepAddress();
    problem(error instanceof Problem && error.status === 404 ? t("compare", "unknown", { symbol }) : sentence(error));
  }
  show();
  root.dataset.ready = String(chosen.size);
}

function remove(symbol) {
  chosen.delete(symbol);
  lines?.remove(symbol);
  if (!chosen.size) close();
  problem(null);
  keepAddress();
  show();
  root.dataset.ready = String(chosen.size);
  at("add").querySelector("input").focus();
}

const sightOf = () => rangeOf(range, (lines?.axis ?? []).map((start) => ({ start, close: 1 })), "UTC");

async function back() {
  const found = sightOf();
  if (!found) return;
  for (const [symbol, one] of chosen) {
    if (!one.data?.hasOlder) continue;
    await one.data.back(found.since);
    if (lines && chosen.get(symbol) === one) fill(symbol, one);
  }
}

function look() {
  const found = sightOf();
  if (found) lines.look(found.from - 0.5, found.to + 2);
}

const fetchOlder = later(async () => {
  const sight = lines?.sight;
  if (!sight || sight.from > EDGE) return;
  const before = lines.axis.length;
  try {
    for (const [symbol, one] of [...chosen]) {
      if (one.data && (await one.data.older()) && lines && chosen.get(symbol) === one) fill(symbol, one);
    }
  } catch (error) {
    return problem(sentence(error));
  }
  const moved = lines ? lines.axis.length - before : 0;
  if (moved) lines.look(sight.from + moved, sight.to + moved);
}, 80);

// ---- what the reader does

for (const button of root.querySelectorAll("button[data-range]")) {
  button.addEventListener("click", async () => {
    range = button.dataset.range;
    for (const other of root.querySelectorAll("button[data-range]")) other.setAttribute("aria-pressed", String(other === button));
    if (!lines) return;
    try {
      await back();
      look();
    } catch (error) {
      problem(sentence(error));
    }
  });
}

function go(steps) {
  const { axis, sight } = lines;
  const here = pointed === null ? axis.length - 1 : axis.indexOf(pointed);
  const index = Math.min(Math.max(here + steps, 0), axis.length - 1);
  const move = index < sight.from + 1 ? index - 2 - sight.from : index > sight.to - 1 ? index + 2 - sight.to : 0;
  if (move) lines.look(sight.from + move, sight.to + move);
  point(axis[index]);
}

function point(moment) {
  pointed = moment;
  lines.point(moment === null ? null : moment / 1000);
  tell();
}

at("box").addEventListener("keydown", (event) => {
  if (!lines?.sight || event.ctrlKey || event.metaKey || event.altKey) return;
  const { from, to } = lines.sight;
  if (event.key in MOVES) go(MOVES[event.key] * (event.shiftKey ? 10 : 1));
  else if (event.key === "+" || event.key === "=") lines.look(to - (to - from) * 0.7, to);
  else if (event.key === "-") lines.look(to - (to - from) * 1.4, to);
  else if (event.key === "Escape" && pointed !== null) point(null);
  else return;
  event.preventDefault();
});

const input = at("add").querySelector("input");
combobox(input, document.getElementById("add-list"), (stock) => {
  input.value = "";
  add(stock.symbol);
}, at("told"));
at("add").addEventListener("submit", (event) => event.preventDefault());

const wanted = (new URLSearchParams(location.search).get("symbols") ?? "").split(",").map((symbol) => symbol.trim().toUpperCase()).filter(Boolean);
(async () => {
  await Promise.all([...new Set(wanted)].slice(0, SLOTS).map(add));
  if (wanted.length > SLOTS) problem(t("compare", "full"));
  root.dataset.ready = String(chosen.size);
})();
