// Times of an exchange, for an axis that knows no zones. It does not know what happened at them.
import { language } from "./core.js";

const DAYS = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
const MOMENTS = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });

/** What the axis says of `time`, in seconds that read like the exchange's clock where they are taken for UTC. */
export const onAxis = (time, interval) => (interval === "1d" ? DAYS : MOMENTS).format(time * 1000);

const zones = new Map();

/** The zone whose clock the exchange of `symbol` keeps. */
export const zoneOf = (symbol) => (/\.K[SQ]$/.test(symbol) ? "Asia/Seoul" : "America/New_York");

const HOUR = 3600000;

/** Milliseconds by which the clock of `zone` is ahead of UTC at `start` (ms). */
export function ahead(zone, start) {
  if (!zones.has(zone)) {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric",
    });
    zones.set(zone, { format, known: new Map() });
  }
  const { format, known } = zones.get(zone);
  const hour = Math.floor(start / HOUR);
  if (!known.has(hour)) {
    const part = Object.fromEntries(format.formatToParts(hour * HOUR).map(({ type, value }) => [type, Number(value)]));
    known.set(hour, Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute) - hour * HOUR);
  }
  return known.get(hour);
}

/**
 * `starts` (ms, UTC, ascending) as seconds that read like the clock of `zone` where they are taken for UTC. They
 * ascend, too: in the hour that a clock goes through twice they are a second apart.
 */
export function clockTimes(starts, zone) {
  let last = -Infinity;
  return starts.map((start) => {
    const time = Math.max(Math.floor((start + ahead(zone, start)) / 1000), last + 1);
    last = time;
    return time;
  });
}

/** The day in `zone` on which `start` lies, as a number that grows with days. */
export const dayNumber = (start, zone) => Math.floor((start + ahead(zone, start)) / (24 * HOUR));
