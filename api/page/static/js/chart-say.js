// The figures of a row in words: beside the panes, for a screen reader, and as a table. It does not draw.
import { compact, day, el, language, number, percent, price, score, t } from "./core.js";
import { gapSentence } from "./chart-gaps.js";
import { briefly, linked } from "./chart-marks.js";

const moments = new Map();

/** When a row is: its trading date, or the moment on the clock of the exchange. */
export function rowTime(row, { interval, zone }) {
  if (interval === "1d") return day(row.start);
  if (!moments.has(zone)) {
    moments.set(zone, new Intl.DateTimeFormat(language, {
      timeZone: zone, year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
    }));
  }
  return moments.get(zone).format(row.start);
}

/** How the close of a row stands to the one before: `{ text, kind }`, or null where there is no such one. */
function change(row, before) {
  if (row.close === null || !before) return null;
  const share = row.close / before - 1;
  const sign = share > 0 ? "▲" : share < 0 ? "▼" : "";
  return { text: `${sign}${percent(Math.abs(share), 2)}`, kind: share > 0 ? "up" : share < 0 ? "down" : "" };
}

const pair = (name, value, kind = "") => el("span", { class: "figure" }, el("span", { class: "dim" }, t("chart", name)), " ", el("b", { class: kind }, value));

const label = (value) => (value >= 0.05 ? "positive" : value <= -0.05 ? "negative" : "neutral");
const mood = (value) => (value === null ? "–" : `${score(value)} ${t("chart", label(value))}`);
const sigma = (value) => (value === null ? "–" : `${number(value, 1)} σ`);

/** What stands in each pane about `row`; `before` is the close before it. */
export function figures(row, before, { currency, view, gaps, marks }) {
  const moved = change(row, before);
  return {
    price: [
      el("span", { class: "figure" }, el("b", {}, rowTime(row, view))),
      ...(row.close === null
        ? [el("span", { class: "figure dim" }, t("chart", "no_trading"))]
        : [
            pair("open", price(row.open, currency)), pair("high", price(row.high, currency)), pair("low", price(row.low, currency)),
            pair("close", price(row.close, currency)), moved ? el("span", { class: `figure ${moved.kind}` }, moved.text) : null,
            view.adjusted && row.adj_close !== null && row.adj_close !== row.close ? pair("adjusted_close", price(row.adj_close, currency)) : null,
            pair("volume", compact(row.volume)),
          ]),
      ...briefly(marks).map((text) => el("span", { class: "figure note" }, text)),
      ...gaps.bars.map((gap) => el("span", { class: "figure gap" }, gapSentence(gap))),
    ],
    mood: [
      pair("filtered", mood(row.filtered_score), row.filtered_score === null ? "" : label(row.filtered_score)), pair("raw", mood(row.score)),
      ...gaps.posts.map((gap) => el("span", { class: "figure gap" }, gapSentence(gap))),
    ],
    posts: [
      el("span", { class: "figure" }, el("b", {}, number(row.posts))), row.posts ? pair("without_copies", number(row.filtered_posts)) : null,
      row.posts ? pair("authors", number(row.authors)) : null,
      row.posts ? pair("split_mood", [row.positive, row.posts - row.positive - row.negative, row.negative].map((count) => number(count)).join(" / ")) : null,
      row.confidence === "low" ? el("span", { class: "figure dim" }, t("chart", "few")) : null,
    ],
    buzz: [el("span", { class: "figure" }, el("b", {}, sigma(row.burst)))],
  };
}

/** The same as one sentence. */
export function sentenceOf(row, before, { currency, view, gaps, marks }) {
  const moved = change(row, before);
  const said = [
    rowTime(row, view),
    row.close === null ? t("chart", "no_trading") : t("chart", "said_price", { price: price(row.close, currency), change: moved?.text ?? "–" }),
    row.posts ? t("chart", "said_mood", { mood: mood(row.filtered_score ?? row.score), posts: number(row.posts) }) : t("chart", "said_silence"),
    row.burst === null ? "" : t("chart", "said_buzz", { buzz: sigma(row.burst) }),
    ...briefly(marks),
    ...[...gaps.bars, ...gaps.posts].map(gapSentence),
  ];
  return said.filter(Boolean).join(". ");
}

const MOST = 100;

/** `rows` as a table, the newest first; `about(row)` gives its marks and gaps. */
export function tableOf(rows, { currency, view, about }) {
  const names = ["time", "open", "high", "low", "close", "volume", "mood_filtered", "mood_raw", "posts", "posts_filtered", "buzz", "notes"];
  const shown = rows.slice(-MOST).reverse();
  const cells = (row) => {
    const { gaps, marks } = about(row);
    const notes = [...linked(marks), ...[...gaps.bars, ...gaps.posts].map(gapSentence)].flatMap((note, index) => (index ? [" · ", note] : [note]));
    return [
      price(row.open, currency), price(row.high, currency), price(row.low, currency), price(row.close, currency), compact(row.volume),
      score(row.filtered_score), score(row.score), number(row.posts), number(row.filtered_posts), sigma(row.burst),
      notes,
    ].map((text, index) => el("td", { class: index < 10 ? "number" : "small" }, text));
  };
  return [
    rows.length > MOST ? el("p", { class: "small dim" }, t("chart", "table_cut", { count: number(MOST), all: number(rows.length) })) : null,
    el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": t("chart", "table_caption") },
      el("table", { class: "small chart-table" },
        el("caption", { class: "hidden" }, t("chart", "table_caption")),
        el("thead", {}, el("tr", {}, names.map((name, index) => el("th", { scope: "col", class: index > 0 && index < 11 ? "number" : "" }, t("chart", name))))),
        el("tbody", {}, shown.map((row) => el("tr", {}, el("th", { scope: "row" }, rowTime(row, view)), cells(row)))))),
  ].filter(Boolean);
}
