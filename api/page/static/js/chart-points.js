// The points of lines, candles and marks, made of rows. It does not draw.
import { STEP, TALK } from "./chart-data.js";

/** The column `name` of `rows` at `times`, without what is missing. */
export const pointsOf = (rows, times, name) => rows.flatMap((row, i) => (row[name] === null ? [] : [{ time: times[i], value: row[name] }]));

/** Candles, an empty place where there was no trading. */
export const candlesOf = (rows, times, adjusted) =>
  rows.map((row, i) => (row.close === null ? { time: times[i] } : { time: times[i], ...candle(row, adjusted) }));

function candle({ open, high, low, close, adj_close: adjustedClose }, adjusted) {
  const factor = adjusted && adjustedClose !== null ? adjustedClose / close : 1;
  return { open: open * factor, high: high * factor, low: low * factor, close: close * factor };
}

// whether a line ends between two points: there nothing is known
function isApart(point, next, interval) {
  const step = Math.max(TALK[interval], STEP[interval]) / 1000;
  return next === undefined || next.time - point.time > step * 1.5;
}

/** `points` of a line that leads over nothing that is not known. */
export const broken = (points, interval) =>
  points.map((point, i) => (i < points.length - 1 && isApart(point, points[i + 1], interval) ? { ...point, color: "transparent" } : point));

/** Those of `points` that no line leads to. */
export const lonely = (points, interval) =>
  points.filter((point, i) => (i === 0 || isApart(points[i - 1], point, interval)) && isApart(point, points[i + 1], interval));

const SHAPES = { dividend: "circle", split: "square", news: "arrowUp" };

/** The marks of `rows` as signs with the texts of `labels`; with those of news only where `news`. */
export function signsOf(rows, times, marks, { labels, colours, news }) {
  const tone = { dividend: colours.accent, split: colours.warn, news: colours.dim };
  return rows.flatMap((row, i) => {
    const kinds = new Set((marks.get(row.start) ?? []).map((mark) => mark.kind));
    return [...kinds].filter((kind) => news || kind !== "news").map((kind) => ({
      time: times[i], position: kind === "news" ? "belowBar" : "aboveBar", shape: SHAPES[kind], color: tone[kind],
      text: labels[kind], size: 0.8,
    }));
  });
}
