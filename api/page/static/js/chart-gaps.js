// When sources were not heard, and which points of the axis that shades. It does not draw.
import { get, t, when } from "./core.js";
import { STEP, TALK } from "./chart-data.js";

const MOST_POINTS = 60;

/** The windows of [since, until) (ms) in which something about `symbol` is missing, times in ms. */
export async function gapsOf(symbol, since, until) {
  const range = { start: new Date(since).toISOString(), end: new Date(until).toISOString() };
  const { items } = await get("/sentiment/gaps", { symbol, ...range, limit: 1000 });
  return items.map((gap) => ({ ...gap, since: Date.parse(gap.since), until: Date.parse(gap.until) }));
}

/** Of `gaps` those that matter for bars of `interval`, or for posts. */
export const ofBars = (gaps, interval) => gaps.filter((gap) => gap.feed === "bars" && gap.interval === interval);
export const ofPosts = (gaps) => gaps.filter((gap) => gap.feed !== "bars");

/** Starts (ms) that the axis lacks so that `gaps` within [first, last] can be seen, even where nothing else is there. */
export function extraStarts(gaps, starts, interval, first, last) {
  const step = TALK[interval];
  const there = new Set(starts);
  const extra = new Set();
  for (const gap of gaps) {
    const from = Math.ceil(Math.max(gap.since, first) / step) * step;
    const until = Math.min(gap.until, last + step);
    const stride = step * Math.max(1, Math.ceil((until - from) / step / MOST_POINTS));
    for (let start = from; start < until; start += stride) if (!there.has(start)) extra.add(start);
  }
  return [...extra];
}

/** For each start of the ascending `starts` the gaps that its interval touches; undefined where there is none. */
export function gapsByStart(gaps, starts, interval) {
  const step = STEP[interval];
  const found = new Map();
  for (const gap of gaps) {
    let index = firstAtLeast(starts, gap.since - step + 1);
    for (; index < starts.length && starts[index] < gap.until; index += 1) {
      found.set(starts[index], [...(found.get(starts[index]) ?? []), gap]);
    }
  }
  return found;
}

function firstAtLeast(starts, wanted) {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What a person is told of a gap. */
export const gapSentence = (gap) =>
  t("chart", gap.state === "lost" ? "gap_lost" : "gap_open", {
    source: gap.source, since: when(gap.since), until: when(gap.until), reason: gap.reason && t("chart", "gap_reason", { reason: gap.reason }),
  });
