// Prices in percent above moods, one line of each stock, drawn by the chart library. It does not know where rows come
// from.
import { day, el, language, score } from "./core.js";
import { colours, onColours } from "./chart-colours.js";

// Okabe and Ito's, which people of every colour vision tell apart; darker on light ground, lighter on dark
const LIGHT = ["#0072b2", "#b34700", "#007a5a", "#a3417e", "#5c5c5c"];
const DARK = ["#56b4e9", "#e69f00", "#2bc79a", "#e494c4", "#c9c9c9"];
// solid, dashed, dotted, long dashes, few dots: of the library
const STYLES = [0, 2, 1, 3, 4];

/** As many stocks as can be told apart. */
export const SLOTS = STYLES.length;

function colourOf(slot) {
  const { bg } = colours();
  return (parseInt(bg.slice(1, 3), 16) < 128 ? DARK : LIGHT)[slot];
}

/** The line of a stock as it is drawn, for chips and the table. */
export function swatch(slot) {
  const made = el("span", { class: `swatch line${slot}`, "aria-hidden": "true" });
  made.style.setProperty("--swatch", colourOf(slot));
  return made;
}

export class Lines {
  #library;
  #lines = new Map();
  #end;

  /** `onPoint(time or null)` and `onSight()` are called when the pointer or what is in sight moves; times in seconds. */
  constructor(library, place, { onPoint, onSight, onPaint }) {
    this.#library = library;
    this.axis = [];
    this.chart = library.createChart(place, {
      autoSize: true, localization: { locale: language, timeFormatter: (time) => day(time * 1000) },
      layout: { attributionLogo: false, panes: { enableResize: false } },
      rightPriceScale: { minimumWidth: 68, mode: library.PriceScaleMode.Percentage },
      timeScale: { rightOffset: 2, minBarSpacing: 0.1, lockVisibleTimeRangeOnResize: true },
      handleScale: { axisPressedMouseMove: { price: false } }, handleScroll: { vertTouchDrag: false },
    });
    this.chart.subscribeCrosshairMove(({ time, point }) => onPoint(time ?? null, Boolean(point)));
    this.chart.timeScale().subscribeVisibleLogicalRangeChange(onSight);
    this.#end = onColours(() => {
      this.paint();
      onPaint();
    });
    this.paint();
  }

  /** A line of prices and one of moods for `name`, without points as yet. */
  add(name, slot) {
    const { LineSeries, PriceScaleMode } = this.#library;
    const line = { lineWidth: 2, lineStyle: STYLES[slot], color: colourOf(slot), priceLineVisible: false, lastValueVisible: false };
    const price = this.chart.addSeries(LineSeries, line, 0);
    const mood = this.chart.addSeries(LineSeries, {
      ...line, autoscaleInfoProvider: () => ({ priceRange: { minValue: -1, maxValue: 1 } }),
      priceFormat: { type: "custom", formatter: score, minMove: 0.01 },
    }, 1);
    mood.priceScale().applyOptions({ mode: PriceScaleMode.Normal });
    price.priceScale().applyOptions({ scaleMargins: { top: 0.12, bottom: 0.05 } });
    this.chart.panes()[0].setStretchFactor(2);
    this.chart.panes()[1].setStretchFactor(1);
    this.#lines.set(name, { slot, price, mood, starts: [] });
  }

  /** Shows `rows` (oldest first; what a row lacks is null) as the line of `name`. */
  fill(name, rows) {
    const line = this.#lines.get(name);
    const closes = rows.filter((row) => row.close !== null);
    const moods = rows.filter((row) => row.filtered_score !== null);
    line.price.setData(closes.map((row) => ({ time: row.start / 1000, value: row.adj_close ?? row.close })));
    line.mood.setData(moods.map((row) => ({ time: row.start / 1000, value: row.filtered_score })));
    line.starts = [...closes, ...moods].map((row) => row.start);
    this.#measure();
  }

  remove(name) {
    const line = this.#lines.get(name);
    if (!line) return;
    this.chart.removeSeries(line.price);
    this.chart.removeSeries(line.mood);
    this.#lines.delete(name);
    this.#measure();
  }

  /** Takes the colours of the page as they are now. */
  paint() {
    const c = colours();
    this.chart.applyOptions({
      layout: {
        background: { color: c.card }, textColor: c.dim, fontFamily: getComputedStyle(document.body).fontFamily,
        panes: { separatorColor: c.line, separatorHoverColor: c.line },
      },
      grid: { vertLines: { color: c.line }, horzLines: { color: c.line } },
      rightPriceScale: { borderColor: c.line }, timeScale: { borderColor: c.line },
      crosshair: { vertLine: { labelBackgroundColor: c.ink }, horzLine: { labelBackgroundColor: c.ink } },
    });
    for (const { slot, price, mood } of this.#lines.values()) {
      price.applyOptions({ color: colourOf(slot) });
      mood.applyOptions({ color: colourOf(slot) });
    }
  }

  /** What is in sight, as indexes of the axis, or null. */
  get sight() {
    return this.chart.timeScale().getVisibleLogicalRange();
  }

  look(from, to) {
    this.chart.timeScale().setVisibleLogicalRange({ from, to });
  }

  /** The moments at both ends of what is in sight, in seconds, or null. */
  get span() {
    return this.chart.timeScale().getVisibleRange();
  }

  /** Puts the crosshair on the moment `time` (s); null takes it away. */
  point(time) {
    const [first] = this.#lines.values();
    if (time === null || !first) this.chart.clearCrosshairPosition();
    else this.chart.setCrosshairPosition(0, time, first.price);
  }

  /** Pixels from the top at which the moods begin. */
  get lowerTop() {
    return (this.chart.panes()[0]?.getHeight() ?? 0) + 1;
  }

  destroy() {
    this.#end();
    this.chart.remove();
  }

  // every day on the axis, of all stocks (ms)
  #measure() {
    const starts = new Set([...this.#lines.values()].flatMap((line) => line.starts));
    this.axis = [...starts].sort((a, b) => a - b);
  }
}
