// The spans of time that can be chosen, and the rows they hold. It does not draw.
import { dayNumber } from "./chart-time.js";

/** Each with the intervals that fit it, the best first. */
export const RANGES = {
  "1d": ["1m", "1h", "1d"], "5d": ["1m", "1h", "1d"], "1m": ["1h", "1d"], "6m": ["1d"], "1y": ["1d"], "5y": ["1d"], all: ["1d"],
};
const MONTHS = { "1m": 1, "6m": 6, "1y": 12, "5y": 60 };
const DAYS = { "1d": 1, "5d": 5 };
// no market rests so long; prices that end before have ended
export const LONG_AGO = 14 * 86400000;

/**
 * Which of `rows` the span `range` holds, back from the newest price: `{ from, to, since }`, indexes and the moment (ms)
 * where it begins; null without rows.
 */
export function rangeOf(range, rows, zone) {
  if (!rows.length) return null;
  let to = rows.length - 1;
  if (range === "all") return { from: 0, to, since: -Infinity };
  if (range in MONTHS) {
    const priced = rows.findLastIndex((row) => row.close !== null);
    if (priced >= 0 && rows[to].start - rows[priced].start > LONG_AGO) to = priced;
    const begin = new Date(rows[to].start);
    begin.setUTCMonth(begin.getUTCMonth() - MONTHS[range]);
    return { from: firstSince(rows, begin.getTime()), to, since: begin.getTime() };
  }
  // days are counted where there was trading
  const traded = rows.some((row) => row.close !== null);
  let from = to;
  let days = 0;
  let day = null;
  let end = null;
  for (let index = to; index >= 0; index -= 1) {
    if (traded && rows[index].close === null) continue;
    const here = dayNumber(rows[index].start, zone);
    if (here !== day) {
      days += 1;
      day = here;
      if (days > DAYS[range]) break;
    }
    end ??= index;
    from = index;
  }
  // what is said after the last trade belongs to it, as long as prices are not long ago
  if (rows[to].start - rows[end].start > 4 * 86400000 || DAYS[range] === 1) to = Math.min(to, end + Math.ceil((end - from) * 0.1));
  return { from, to, since: rows[from].start };
}

function firstSince(rows, start) {
  const index = rows.findIndex((row) => row.start >= start);
  return index < 0 ? rows.length - 1 : index;
}
