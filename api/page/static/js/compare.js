// Up to five stocks beside each other: prices in percent, and what people say. They are kept in the address.
import { Problem, day, el, get, language, nameOf, number, percent, price, score, sentence, t } from "./core.js";
import { colours, onColours } from "./chart-colours.js";
import { Loaded } from "./chart-data.js";
import { rangeOf } from "./chart-ranges.js";
import { combobox, stockPath } from "./search.js";

const MOST = 5;
// Okabe and Ito's, which people of every colour vision tell apart; darker on light ground, lighter on dark
const LIGHT = ["#0072b2", "#b34700", "#007a5a", "#a3417e", "#5c5c5c"];
const DARK = ["#56b4e9", "#e69f00", "#2bc79a", "#e494c4", "#c9c9c9"];
// solid, dashed, dotted, long dashes, few dots: of the library
const STYLES = [0, 2, 1, 3, 4];

const root = document.querySelector("[data-compare]");
const at = (name) => root.querySelector(`[data-${name}]`);
const chosen = new Map();
let library = null;
let chart = null;
let range = "1y";
let pointed = null;

const isDark = () => {
  const { bg } = colours();
  return parseInt(bg.slice(1, 3), 16) < 128;
};
const colourOf = (slot) => (isDark() ? DARK : LIGHT)[slot];

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
  return STYLES.findIndex((_, slot) => !taken.has(slot));
}

async function open() {
  if (chart) return;
  library ??= await import("../vendor/lightweight-charts.js");
  at("with").hidden = false;
  at("empty").hidden = true;
  if (chart) return;
  chart = library.createChart(at("canvas"), {
    autoSize: true, localization: { locale: language, timeFormatter: (time) => day(time * 1000) },
    layout: { attributionLogo: false, panes: { enableResize: false } },
    rightPriceScale: { minimumWidth: 68, mode: library.PriceScaleMode.Percentage },
    timeScale: { rightOffset: 2, minBarSpacing: 0.1, lockVisibleTimeRangeOnResize: true },
    handleScale: { axisPressedMouseMove: { price: false } }, handleScroll: { vertTouchDrag: false },
  });
  chart.subscribeCrosshairMove(({ time, point }) => {
    if (!point && pointed === null) return;
    pointed = time ?? null;
    tell();
  });
  chart.timeScale().subscribeVisibleLogicalRangeChange(() => {
    tell();
    fetchOlder();
  });
  onColours(paint);
}

function paint() {
  if (!chart) return;
  const c = colours();
  chart.applyOptions({
    layout: {
      background: { color: c.card }, textColor: c.dim, fontFamily: getComputedStyle(document.body).fontFamily,
      panes: { separatorColor: c.line, separatorHoverColor: c.line },
    },
    grid: { vertLines: { color: c.line }, horzLines: { color: c.line } },
    rightPriceScale: { borderColor: c.line }, timeScale: { borderColor: c.line },
    crosshair: { vertLine: { labelBackgroundColor: c.ink }, horzLine: { labelBackgroundColor: c.ink } },
  });
  for (const one of chosen.values()) {
    one.price?.applyOptions({ color: colourOf(one.slot) });
    one.mood?.applyOptions({ color: colourOf(one.slot) });
  }
  showChips();
  tell();
}

/** The line of a stock as it is drawn, for chips and the table. */
const sample = (slot) => {
  const made = el("span", { class: `swatch line${slot}`, "aria-hidden": "true" });
  made.style.setProperty("--swatch", colourOf(slot));
  return made;
};

function showChips() {
  at("chips").replaceChildren(
    ...[...chosen.values()].map(({ stock, slot }) =>
      el("li", { class: "chip" }, sample(slot), el("a", { href: stockPath(stock.symbol) }, nameOf(stock)),
        stock.sample ? el("span", { class: "mark" }, t("common", "sample_mark")) : null,
        el("button", { type: "button", "aria-label": t("compare", "remove", { name: nameOf(stock) }), onclick: () => remove(stock.symbol) }, "✕"))),
  );
}

function fill(one) {
  const { rows } = one.data;
  const closes = rows.filter((row) => row.close !== null).map((row) => ({ time: row.start / 1000, value: row.adj_close ?? row.close }));
  one.price.setData(closes);
  one.mood.setData(rows.filter((row) => row.filtered_score !== null).map((row) => ({ time: row.start / 1000, value: row.filtered_score })));
  one.byTime = new Map(rows.map((row) => [row.start / 1000, row]));
}

async function add(symbol) {
  if (chosen.has(symbol)) return;
  if (chosen.size >= MOST) return problem(t("compare", "full"));
  problem(null);
  const one = { slot: freeSlot(), stock: { symbol } };
  chosen.set(symbol, one);
  keepAddress();
  try {
    const [stock, data] = await Promise.all([
      get(`/stocks/${encodeURIComponent(symbol)}`), new Loaded(symbol, "1d").begin({ limit: 500 }), open(),
    ]);
    if (chosen.get(symbol) !== one) return;
    Object.assign(one, { stock, data });
    const line = { lineWidth: 2, lineStyle: STYLES[one.slot], priceLineVisible: false, lastValueVisible: false };
    one.price = chart.addSeries(library.LineSeries, line, 0);
    one.mood = chart.addSeries(library.LineSeries, {
      ...line, autoscaleInfoProvider: () => ({ priceRange: { minValue: -1, maxValue: 1 } }),
      priceFormat: { type: "custom", formatter: score, minMove: 0.01 },
    }, 1);
    one.mood.priceScale().applyOptions({ mode: library.PriceScaleMode.Normal });
    one.price.priceScale().applyOptions({ scaleMargins: { top: 0.12, bottom: 0.05 } });
    chart.panes()[0].setStretchFactor(2);
    chart.panes()[1].setStretchFactor(1);
    fill(one);
    await back();
    look();
  } catch (error) {
    chosen.delete(symbol);
    keepAddress();
    problem(error instanceof Problem && error.status === 404 ? t("compare", "unknown", { symbol }) : sentence(error));
  }
  paint();
  root.dataset.ready = String(chosen.size);
}

function remove(symbol) {
  const one = chosen.get(symbol);
  chosen.delete(symbol);
  if (one.price) chart.removeSeries(one.price);
  if (one.mood) chart.removeSeries(one.mood);
  if (!chosen.size) {
    chart?.remove();
    chart = null;
    at("with").hidden = true;
    at("empty").hidden = false;
  }
  problem(null);
  keepAddress();
  showChips();
  tell();
  root.dataset.ready = String(chosen.size);
  at("add").querySelector("input").focus();
}

// every day on the axis, of all stocks
function axis() {
  const times = new Set();
  for (const { data } of chosen.values()) for (const row of data?.rows ?? []) if (row.close !== null || row.filtered_score !== null) times.add(row.start);
  return [...times].sort((a, b) => a - b).map((start) => ({ start, close: 1 }));
}

async function back() {
  const found = rangeOf(range, axis(), "UTC");
  if (!found) return;
  for (const one of chosen.values()) {
    if (!one.data || !one.data.hasOlder) continue;
    await one.data.back(found.since);
    if (one.price) fill(one);
  }
}

function look() {
  const found = rangeOf(range, axis(), "UTC");
  if (found) chart.timeScale().setVisibleLogicalRange({ from: found.from - 0.5, to: found.to + 2 });
}

let fetching = 0;
function fetchOlder() {
  clearTimeout(fetching);
  fetching = setTimeout(async () => {
    const sight = chart?.timeScale().getVisibleLogicalRange();
    if (!sight || sight.from > 40) return;
    const before = axis().length;
    for (const one of [...chosen.values()]) if (one.data && (await one.data.older())) fill(one);
    const moved = axis().length - before;
    if (moved && chart) chart.timeScale().setVisibleLogicalRange({ from: sight.from + moved, to: sight.to + moved });
  }, 80);
}

function tell() {
  if (!chart) return;
  const sight = chart.timeScale().getVisibleRange();
  const times = axis().map((row) => row.start / 1000);
  const end = pointed ?? (sight ? sight.to : times.at(-1));
  at("when").textContent = end ? t("compare", "on", { day: day(end * 1000) }) : "";
  at("rows").replaceChildren(...[...chosen.values()].filter((one) => one.data).map((one) => {
    const closes = one.data.rows.filter((row) => row.close !== null && row.start / 1000 <= end);
    const now = closes.at(-1);
    const first = sight && one.data.rows.find((row) => row.close !== null && row.start / 1000 >= sight.from);
    const value = (row) => row.adj_close ?? row.close;
    const share = now && first && now.start >= first.start ? value(now) / value(first) - 1 : null;
    const row = one.byTime?.get(end);
    const sign = share > 0 ? "▲" : share < 0 ? "▼" : "";
    return el("tr", {},
      el("th", { scope: "row" }, sample(one.slot), " ", nameOf(one.stock), " ", el("span", { class: "dim" }, one.stock.symbol)),
      el("td", { class: `number ${share > 0 ? "up" : share < 0 ? "down" : ""}` }, share === null ? t("compare", "no_price") : `${sign}${percent(Math.abs(share), 1)}`),
      el("td", { class: "number" }, now ? `${price(now.close, one.stock.currency)} ${one.stock.currency ?? ""}` : "–"),
      el("td", { class: "number" }, score(row?.filtered_score)), el("td", { class: "number" }, number(row?.posts)));
  }));
  const [, lower] = root.querySelectorAll(".chart-legend");
  lower.style.setProperty("--top", `${(chart.panes()[0]?.getHeight() ?? 0) + 1}px`);
}

for (const button of root.querySelectorAll("button[data-range]")) {
  button.addEventListener("click", async () => {
    range = button.dataset.range;
    for (const other of root.querySelectorAll("button[data-range]")) other.setAttribute("aria-pressed", String(other === button));
    if (!chart) return;
    try {
      await back();
      look();
    } catch (error) {
      problem(sentence(error));
    }
  });
}

at("box").addEventListener("keydown", (event) => {
  if (!chart || event.ctrlKey || event.metaKey || event.altKey) return;
  const times = axis().map((row) => row.start / 1000);
  const here = pointed === null ? times.length - 1 : times.indexOf(pointed);
  const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 };
  const scale = chart.timeScale();
  const sight = scale.getVisibleLogicalRange();
  if (event.key in moves) {
    const index = Math.min(Math.max(here + moves[event.key] * (event.shiftKey ? 10 : 1), 0), times.length - 1);
    const first = [...chosen.values()].find((one) => one.price);
    const move = index < sight.from + 1 ? index - 2 - sight.from : index > sight.to - 1 ? index + 2 - sight.to : 0;
    if (move) scale.setVisibleLogicalRange({ from: sight.from + move, to: sight.to + move });
    pointed = times[index];
    chart.setCrosshairPosition(0, times[index], first.price);
    tell();
  } else if (event.key === "+" || event.key === "=" || event.key === "-") {
    const factor = event.key === "-" ? 1.4 : 0.7;
    scale.setVisibleLogicalRange({ from: sight.to - (sight.to - sight.from) * factor, to: sight.to });
  } else if (event.key === "Escape" && pointed !== null) {
    pointed = null;
    chart.clearCrosshairPosition();
    tell();
  } else return;
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
  for (const symbol of [...new Set(wanted)].slice(0, MOST)) await add(symbol);
  if (wanted.length > MOST) problem(t("compare", "full"));
  root.dataset.ready = String(chosen.size);
})();
