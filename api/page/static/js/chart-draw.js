// Price, mood, posts and buzz on one time axis, drawn by the chart library. It does not know where rows come from.
import {
  CandlestickSeries, CrosshairMode, HistogramSeries, LineSeries, LineStyle, createChart, createSeriesMarkers,
} from "../vendor/lightweight-charts.js";
import { compact, language, number, price, score } from "./core.js";
import { colours, faint } from "./chart-colours.js";
import { broken, candlesOf, lonely, pointsOf, signsOf } from "./chart-points.js";
import { clockTimes, onAxis } from "./chart-time.js";

export const PANES = ["price", "mood", "posts", "buzz"];
const HEIGHTS = [3.2, 1.7, 1.1, 1.1];
// so many rows come by themselves; more of them were fetched, or not heard
const FOLLOWED = 3;
const NARROW = 600;
// lines with dots, and their columns
const LINES = { raw: "score", filtered: "filtered_score", buzz: "burst" };
// so close together, dots would be a band
const DOTS_FROM = 5;
const NEWS_UNTIL = 400;

const custom = (formatter, minMove) => ({ priceFormat: { type: "custom", formatter, minMove } });
const quiet = { lastValueVisible: false, priceLineVisible: false };

export class Drawing {
  #rows = [];
  #times = [];
  #marks = new Map();
  #gaps = { bars: new Map(), posts: new Map() };
  #view = {};
  #near = null;
  #points = {};
  #news = null;
  #given = new Set();

  constructor(place, currency) {
    this.chart = createChart(place, {
      autoSize: true,
      localization: { locale: language, timeFormatter: (time) => onAxis(time, this.#view.interval) },
      crosshair: { mode: CrosshairMode.Magnet },
      rightPriceScale: { minimumWidth: 64, entireTextOnly: true },
      timeScale: { rightOffset: 2, minBarSpacing: 0.1, maxBarSpacing: 60, lockVisibleTimeRangeOnResize: true },
      handleScale: { axisPressedMouseMove: { price: false } },
      // pages are scrolled over charts with a finger, too
      handleScroll: { vertTouchDrag: false },
      layout: { attributionLogo: false, panes: { enableResize: false } },
    });
    const mood = { autoscaleInfoProvider: () => ({ priceRange: { minValue: -1, maxValue: 1 } }), ...custom(score, 0.01) };
    const line = { ...quiet, ...mood, lineWidth: 2, crosshairMarkerRadius: 4 };
    const shade = {
      ...quiet, priceScaleId: "shade", autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 1 } }),
    };
    const add = (kind, options, pane) => this.chart.addSeries(kind, options, pane);
    this.series = {
      barShade: add(HistogramSeries, shade, 0),
      volume: add(HistogramSeries, { ...quiet, priceScaleId: "volume", ...custom(compact, 1) }, 0),
      price: add(CandlestickSeries, { ...quiet, ...custom((value) => price(value, currency), 0.01) }, 0),
      postShade: add(HistogramSeries, shade, 1),
      raw: add(LineSeries, { ...line, lineWidth: 1, lineStyle: LineStyle.Dashed, crosshairMarkerVisible: false }, 1),
      rawDots: add(LineSeries, { ...quiet, ...mood, lineVisible: false, crosshairMarkerVisible: false, pointMarkersVisible: true }, 1),
      // the line has no colour where it breaks, and a marker of it neither
      filtered: add(LineSeries, { ...line, crosshairMarkerVisible: false }, 1),
      filteredDots: add(LineSeries, { ...line, lineVisible: false, pointMarkersVisible: true }, 1),
      posts: add(HistogramSeries, { ...quiet, ...custom((value) => number(value), 1) }, 2),
      buzz: add(LineSeries, { ...line, autoscaleInfoProvider: undefined, ...custom((value) => number(value, 1), 0.1) }, 3),
      buzzDots: add(LineSeries, { ...quiet, lineVisible: false, crosshairMarkerVisible: false, pointMarkersVisible: true, ...custom((value) => number(value, 1), 0.1) }, 3),
    };
    // the legends of a phone have more lines
    const isNarrow = place.clientWidth < NARROW;
    this.#scale("price", { top: isNarrow ? 0.24 : 0.16, bottom: 0.24 });
    this.#scale("volume", { top: 0.82, bottom: 0 });
    this.#scale("barShade", { top: 0, bottom: 0 });
    this.#scale("postShade", { top: 0, bottom: 0 });
    this.#scale("filtered", { top: isNarrow ? 0.3 : 0.22, bottom: 0.06 });
    this.#scale("posts", { top: 0.3, bottom: 0 });
    this.#scale("buzz", { top: 0.3, bottom: 0.1 });
    this.zero = this.series.filtered.createPriceLine({ price: 0, lineWidth: 1, lineStyle: LineStyle.Solid, axisLabelVisible: false });
    this.calm = this.series.buzz.createPriceLine({ price: 0, lineWidth: 1, lineStyle: LineStyle.Solid, axisLabelVisible: false });
    this.markers = createSeriesMarkers(this.series.price, [], { autoScale: false });
    this.chart.panes().forEach((pane, index) => pane.setStretchFactor(HEIGHTS[index]));
    this.chart.timeScale().subscribeVisibleLogicalRangeChange(() => this.#suit());
    this.paint();
  }

  #scale(name, scaleMargins) {
    this.series[name].priceScale().applyOptions({ scaleMargins });
  }

  /** Takes the colours of the page as they are now. */
  paint() {
    const c = colours();
    this.colours = c;
    this.chart.applyOptions({
      layout: {
        background: { color: c.card }, textColor: c.dim, fontSize: 12,
        fontFamily: getComputedStyle(document.body).fontFamily,
        panes: { separatorColor: c.line, separatorHoverColor: c.line },
      },
      grid: { vertLines: { color: faint(c.line, 55) }, horzLines: { color: faint(c.line, 55) } },
      crosshair: {
        vertLine: { color: c.dim, labelBackgroundColor: c.ink }, horzLine: { color: c.dim, labelBackgroundColor: c.ink },
      },
      rightPriceScale: { borderColor: c.line },
      timeScale: { borderColor: c.line },
    });
    const s = this.series;
    // rising ones are hollow: not only their colour tells them apart
    s.price.applyOptions({
      upColor: c.card, borderUpColor: c.up, wickUpColor: c.up, downColor: c.down, borderDownColor: c.down, wickDownColor: c.down,
    });
    s.volume.applyOptions({ color: faint(c.dim, 35) });
    s.raw.applyOptions({ color: c.dim });
    s.rawDots.applyOptions({ color: c.dim });
    s.filtered.applyOptions({ color: c.accent });
    s.filteredDots.applyOptions({ color: c.accent, crosshairMarkerBorderColor: c.card });
    s.posts.applyOptions({ color: faint(c.accent, 60) });
    s.buzz.applyOptions({ color: c.ink, crosshairMarkerBorderColor: c.card });
    s.buzzDots.applyOptions({ color: c.ink });
    s.barShade.applyOptions({ color: faint(c.warn, 22) });
    s.postShade.applyOptions({ color: faint(c.warn, 22) });
    this.zero.applyOptions({ color: c.dim });
    this.calm.applyOptions({ color: c.line });
    if (this.#rows.length) this.#fill();
  }

  /**
   * Shows `rows` (oldest first; what a row lacks is null), the gaps and marks by the start of their row. The rows that
   * were in sight stay there; where others came before them, too.
   */
  show(rows, view, { gaps = this.#gaps, marks = this.#marks } = {}) {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    const first = range && this.#rows[Math.max(0, Math.ceil(range.from))]?.start;
    const last = this.#rows.at(-1)?.start;
    const count = this.#rows.length;
    const atEnd = range && range.to >= count - 1;
    this.#rows = rows;
    this.#view = view;
    this.#gaps = gaps;
    this.#marks = marks;
    const starts = rows.map((row) => row.start);
    this.#times = view.interval === "1d" ? starts.map((start) => start / 1000) : clockTimes(starts, view.zone);
    this.chart.timeScale().applyOptions({ timeVisible: view.interval !== "1d", secondsVisible: false });
    this.#fill();
    if (!range || first === undefined) return;
    let moved = this.indexAt(first) - Math.max(0, Math.ceil(range.from));
    // who looks at the newest row goes on looking at it
    const later = rows.length - 1 - this.indexAt(last);
    if (atEnd && later > 0 && later <= FOLLOWED) moved += later;
    if (moved || rows.length !== count) this.chart.timeScale().setVisibleLogicalRange({ from: range.from + moved, to: range.to + moved });
  }

  get rows() {
    return this.#rows;
  }

  /** The rows in sight. */
  get inSight() {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    if (!range) return [];
    return this.#rows.slice(Math.max(0, Math.ceil(range.from)), Math.max(0, Math.floor(range.to) + 1));
  }

  /** The index of the first row that starts at `start` (ms) or later. */
  indexAt(start) {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#rows[middle].start < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Brings the rows from the index `from` to `to` into sight. */
  look(from, to) {
    this.chart.timeScale().setVisibleLogicalRange({ from: from - 0.5, to: to + 0.5 + Math.max(1, (to - from) * 0.02) });
  }

  /** Puts the crosshair on the row `index`. */
  point(index) {
    const row = this.#rows[index];
    const at = row.close ?? this.#lastClose(index);
    this.chart.setCrosshairPosition(at ?? 0, this.#times[index], this.series.price);
  }

  destroy() {
    this.chart.remove();
  }

  #lastClose(index) {
    for (let at = index; at >= 0; at -= 1) if (this.#rows[at].close !== null) return this.#rows[at].close;
    return null;
  }

  #fill() {
    const rows = this.#rows;
    const times = this.#times;
    const { interval, adjusted } = this.#view;
    this.#give("price", candlesOf(rows, times, adjusted));
    this.#give("volume", pointsOf(rows, times, "volume"));
    for (const [name, column] of Object.entries(LINES)) {
      const points = pointsOf(rows, times, column);
      this.#points[name] = points;
      this.#give(name, name === "buzz" ? points : broken(points, interval));
    }
    const few = faint(this.colours.accent, 30);
    this.#give("posts", rows.flatMap((row, i) =>
      row.posts === null ? [] : [{ time: times[i], value: row.posts, ...(row.confidence === "low" ? { color: few } : {}) }]));
    const shaded = (gaps) => rows.flatMap((row, i) => (gaps.has(row.start) ? [{ time: times[i], value: 1 }] : []));
    this.#give("barShade", shaded(this.#gaps.bars));
    this.#give("postShade", shaded(this.#gaps.posts));
    this.#near = null;
    this.#news = null;
    this.#suit();
  }

  // the library looks at the whole axis for each series that is given something, be it nothing instead of nothing
  #give(name, points) {
    if (!points.length && !this.#given.has(name)) return;
    if (points.length) this.#given.add(name);
    else this.#given.delete(name);
    this.series[name].setData(points);
  }

  // dots and headlines are for where there is room
  #suit() {
    const near = this.chart.timeScale().options().barSpacing >= DOTS_FROM;
    if (near !== this.#near) {
      this.#near = near;
      this.#dot(near);
    }
    const range = this.chart.timeScale().getVisibleLogicalRange();
    const news = !range || range.to - range.from < NEWS_UNTIL;
    if (news === this.#news) return;
    this.#news = news;
    const { labels } = this.#view;
    this.markers.setMarkers(signsOf(this.#rows, this.#times, this.#marks, { labels, colours: this.colours, news }));
  }

  // thousands of dots upon their line take long to draw, and nobody could see them; those without a line are seen from
  // afar, too
  #dot(near) {
    for (const [name, points] of Object.entries(this.#points)) {
      this.series[`${name}Dots`].applyOptions({ pointMarkersRadius: near ? 2.5 : 1 });
      this.#give(`${name}Dots`, near ? points : lonely(points, this.#view.interval));
    }
  }
}
