// The chart of one stock: what is in sight is loaded, shown, told in words, and kept up to date.
import { mountChanges } from "./chart-changes.js";
import { onColours } from "./chart-colours.js";
import { Loaded, STEP, newestBar } from "./chart-data.js";
import { mountControls } from "./chart-controls.js";
import { extraStarts, gapsByStart, gapsOf, ofBars, ofPosts } from "./chart-gaps.js";
import { mountKeys } from "./chart-keys.js";
import { mountKnown } from "./chart-known.js";
import { later, pause } from "./later.js";
import { marksByStart, newsOf } from "./chart-marks.js";
import { rangeOf } from "./chart-ranges.js";
import { zoneOf } from "./chart-time.js";
import { mountTold } from "./chart-told.js";
import { el, sentence, t } from "./core.js";

// a year, and so much more that nothing before it is wanted at once
const FIRST = 500;
// a week of them
const MINUTES = 10000;
const LONG_AGO = 5 * 86400000;
const HALF_A_DAY = 43200000;
const EDGE = 60;
// rows that come so soon (ms) spare drawing an empty chart before
const AT_ONCE = 250;

/** Shows the chart of `symbol` in `root` (chart.html). */
export async function mount(root, { symbol, currency }) {
  const at = (name) => root.querySelector(`[data-${name}]`);
  const box = at("box");
  const zone = zoneOf(symbol);
  const labels = Object.fromEntries(["dividend", "split", "news"].map((kind) => [kind, t("chart", `mark_${kind}`)]));
  const view = { interval: "1d", zone, adjusted: false, labels };
  const newest = { "1d": null, "1h": null, "1m": null };
  let data = new Loaded(symbol, "1d");
  let gaps = [];
  let gapsSince = Infinity;
  let news = [];
  let asked = 0;
  let ended = false;
  const reading = { currency, view, pointed: null, found: { gaps: { bars: new Map(), posts: new Map() }, marks: new Map() } };

  // asked for while the library comes
  const first = new Loaded(symbol, "1d").begin({ limit: FIRST });
  first.catch(() => {});
  const [{ Drawing }] = await Promise.all([import("./chart-draw.js"), Promise.race([first.catch(() => {}), pause(AT_ONCE)])]);
  const drawing = new Drawing(at("canvas"), currency);
  const told = mountTold(root, drawing, reading);
  const endColours = onColours(() => drawing.paint());
  const known = mountKnown(root, (moment) => begin({ asOf: moment, keep: true }));

  function state(text, again = null) {
    const place = at("state");
    place.hidden = !text;
    place.replaceChildren(text ?? "", again ? " " : "", again ? el("button", { type: "button", onclick: again }, t("common", "retry")) : "");
  }

  // ---- what is shown

  function redraw() {
    const starts = data.rows.map((row) => row.start);
    const step = STEP[data.interval];
    const last = data.hasNewer || known.moment ? (starts.at(-1) ?? 0) : Date.now();
    const missing = [...ofBars(gaps, data.interval), ...ofPosts(gaps)];
    const extra = starts.length ? extraStarts(missing, starts, data.interval, starts[0], last) : [];
    const rows = extra.length
      ? [...data.rows, ...extra.map((start) => ({ ...BLANK, start }))].sort((a, b) => a.start - b.start)
      : data.rows;
    const all = rows.map((row) => row.start);
    reading.found = {
      gaps: {
        bars: gapsByStart(ofBars(gaps, data.interval), all, data.interval),
        posts: gapsByStart(ofPosts(gaps), all, data.interval),
      },
      marks: marksByStart(data.actions, known.moment ? news.filter((one) => one.start <= known.moment) : news, all),
    };
    const before = drawing.rows[reading.pointed]?.start;
    drawing.show(rows, { ...view, step }, reading.found);
    if (reading.pointed !== null) reading.pointed = before === undefined ? null : Math.min(drawing.indexAt(before), rows.length - 1);
    at("sample")?.toggleAttribute("hidden", !data.sample);
    if (starts.length) known.reach(starts[0], step);
    root.dataset.rows = rows.length;
    told.tell();
    told.tabulate();
  }

  async function findGaps() {
    if (!data.rows.length) return;
    gapsSince = data.rows[0].start;
    const found = await gapsOf(symbol, gapsSince, Date.now());
    const isSame = JSON.stringify(found) === JSON.stringify(gaps);
    gaps = found;
    if (!isSame && !ended) redraw();
  }

  /** Loads another interval, moment or range; `keep` leaves the same time in sight. */
  async function begin({ interval = view.interval, asOf = known.moment, range = null, keep = false, around = null, coming = null } = {}) {
    const mine = (asked += 1);
    const sight = keep ? around ?? span() : null;
    state(t("common", "loading"));
    box.setAttribute("aria-busy", "true");
    try {
      const until = around ? around[1] + STEP[interval] * 400 : endOf(interval);
      const limit = range && interval === "1m" ? MINUTES : range || sight ? 2000 : FIRST;
      const wanted = await (coming ?? new Loaded(symbol, interval, asOf).begin({ limit, until: until && until < Date.now() ? until : null }));
      if (range) await wanted.back(rangeOf(range, wanted.rows, zone)?.since ?? -Infinity);
      else if (sight) await wanted.back(sight[0]);
      if (mine !== asked || ended) return;
      data = wanted;
      view.interval = interval;
      reading.pointed = null;
      redraw();
      if (range || !sight) lookAt(range ?? "1y");
      else drawing.look(drawing.indexAt(sight[0]), Math.max(drawing.indexAt(sight[1]), drawing.indexAt(sight[0]) + 5));
      state(data.rows.length ? null : t("chart", asOf ? "nothing_known" : "nothing"));
      root.dataset.interval = interval;
      press("interval", interval);
      if (range) press("range", range);
      root.dataset.ready = "true";
      findGaps().catch(() => {});
    } catch (error) {
      if (mine === asked) state(sentence(error), () => begin({ interval, asOf, range, keep, around }));
    } finally {
      if (mine === asked) box.removeAttribute("aria-busy");
    }
  }

  // where prices ended long ago, talk since then would push them out of sight
  function endOf(interval) {
    const bar = newest[interval];
    return interval !== "1d" && bar !== null && Date.now() - bar > LONG_AGO ? bar + HALF_A_DAY : null;
  }

  const span = () => {
    const rows = drawing.inSight;
    return rows.length ? [rows[0].start, rows.at(-1).start] : null;
  };

  function lookAt(range) {
    const target = rangeOf(range, drawing.rows, zone);
    if (target) drawing.look(Math.min(target.from, target.to - 5), target.to);
  }

  function press(kind, value) {
    for (const button of root.querySelectorAll(`[data-${kind}]`)) {
      if (button.tagName === "BUTTON") button.setAttribute("aria-pressed", String(button.dataset[kind] === value));
    }
  }

  // ---- what the reader does

  const more = later(async () => {
    const range = drawing.chart.timeScale().getVisibleLogicalRange();
    if (!range || box.hasAttribute("aria-busy")) return;
    const mine = data;
    try {
      const came = range.from < EDGE && mine.hasOlder ? await mine.older() : range.to > drawing.rows.length - EDGE && mine.hasNewer ? await mine.newer() : false;
      if (came && mine === data && !ended) {
        redraw();
        if (data.rows[0].start < gapsSince) lookForGaps();
      }
    } catch (error) {
      state(sentence(error), () => { state(null); more(); });
    }
  }, 60);
  const lookForGaps = later(() => findGaps().catch(() => {}), 1000);

  drawing.chart.timeScale().subscribeVisibleLogicalRangeChange(() => {
    more();
    told.tabulate();
    offerFiner();
  });
  drawing.chart.timeScale().subscribeSizeChange(told.soon);
  drawing.chart.subscribeCrosshairMove(({ logical, point }) => {
    const index = logical === undefined || logical === null ? null : Math.min(Math.max(logical, 0), drawing.rows.length - 1);
    if (!point && index === null && reading.pointed === null) return;
    reading.pointed = index;
    told.soon();
  });

  const offerFiner = mountControls(root, { drawing, view, newest, told, begin, redraw, span });
  mountKeys(box, drawing, reading, told);

  const changed = mountChanges({
    symbol, view, redraw, begin, lookForGaps, isNow: () => !ended && known.moment === null, loaded: () => data,
  });

  begin({ coming: first }).then(async () => {
    const [hours, minutes, heard] = await Promise.allSettled([newestBar(symbol, "1h"), newestBar(symbol, "1m"), newsOf(symbol)]);
    if (ended) return;
    newest["1h"] = hours.value ?? null;
    newest["1m"] = minutes.value ?? null;
    news = heard.value ?? [];
    for (const interval of ["1h", "1m"]) root.querySelector(`button[data-interval="${interval}"]`).disabled = newest[interval] === null;
    if (news.length) redraw();
    offerFiner();
    root.dataset.whole = "true";
  });

  return {
    changed,
    drawing,
    destroy() {
      ended = true;
      endColours();
      drawing.destroy();
    },
  };
}

const BLANK = Object.fromEntries(
  ["open", "high", "low", "close", "adj_close", "volume", "posts", "authors", "positive", "negative", "score", "filtered_posts",
    "filtered_score", "burst", "confidence"].map((name) => [name, null]),
);
