// The rows that the chart shows, page by page, as the API gave them. It does not draw.
import { get } from "./core.js";
import { LONG_AGO } from "./chart-ranges.js";

/** Milliseconds of one row. */
export const STEP = { "1d": 86400000, "1h": 3600000, "1m": 60000 };
/** Milliseconds of one row of posts. */
export const TALK = { "1d": 86400000, "1h": 3600000, "1m": 300000 };

// nights and weekends are counted, too
const PAGE = { "1d": 1500, "1h": 1500, "1m": 5000 };
const MOST = 10000;
const ENOUGH = 100;
const TRIES = 5;
const COLUMNS = [
  "start", "open", "high", "low", "close", "adj_close", "volume", "posts", "authors", "positive", "negative", "score",
  "filtered_posts", "filtered_score", "burst", "confidence",
];

const iso = (moment) => new Date(moment).toISOString().replace(/\.000Z$/, "Z");

function rowsOf(table) {
  return table.start.map((start, index) => {
    const row = {};
    for (const name of COLUMNS) row[name] = table[name][index];
    return row;
  });
}

/** What is loaded of one symbol and interval: `rows`, oldest first, and `actions`. `asOf`: what was known then, in ms. */
export class Loaded {
  rows = [];
  actions = [];
  sample = false;
  #older = null;
  #newerFrom = null;
  #busy = null;

  constructor(symbol, interval, asOf = null) {
    Object.assign(this, { symbol, interval, asOf });
  }

  get hasOlder() {
    return this.#older !== null;
  }

  get hasNewer() {
    return this.#newerFrom !== null;
  }

  /** The newest `limit` intervals, or those that end before `until` (ms); where prices ended before, those up to their end. */
  async begin({ limit = PAGE[this.interval], until = null } = {}) {
    const table = await this.#ask({ end: until && iso(until), limit: Math.min(limit, MOST) });
    const end = until === null && table.truncated ? await this.#endOfPrices(table) : null;
    if (end !== null) return this.begin({ limit, until: end });
    this.rows = rowsOf(table);
    this.actions = table.actions;
    this.sample = table.sample;
    this.#older = table.truncated ? table.next : null;
    this.#newerFrom = until && until < Date.now() ? until : null;
    return this;
  }

  /** What lies before; true where something came. */
  older(limit = PAGE[this.interval]) {
    return this.#alone(async () => {
      const before = this.rows.length;
      const came = () => this.rows.length - before;
      for (let asked = 1; this.#older !== null; asked += 1) {
        const table = await this.#ask({ end: this.#older, limit: Math.min(limit, MOST) });
        this.#older = table.truncated ? table.next : null;
        this.#join(table);
        // a few rows at a time would be drawn again and again
        if (came() >= ENOUGH || (came() && asked >= TRIES)) break;
        // holidays, and years between two archives
        limit *= 4;
      }
      return came() > 0;
    });
  }

  /** What there is since `moment` (ms), or everything, also what comes after the end of prices. */
  async back(moment = -Infinity) {
    while (this.hasOlder && (this.rows.length === 0 || this.rows[0].start > moment)) await this.older(MOST);
    while (moment === -Infinity && this.hasNewer) await this.newer();
  }

  /** What comes after the last row of a view that began in the past; true where something came. */
  newer() {
    return this.#alone(async () => {
      let span = PAGE[this.interval] * STEP[this.interval];
      while (this.#newerFrom !== null) {
        const from = this.#newerFrom;
        const until = from + span;
        this.#newerFrom = until < Date.now() ? until : null;
        if (this.#join(await this.#ask({ start: iso(from), end: iso(until), limit: MOST }))) return true;
        // nights, and years between two archives
        span *= 4;
      }
      return false;
    });
  }

  /** Reads [since, until) (ms) again, after something in it changed. */
  async renew(since, until) {
    const step = STEP[this.interval];
    // hours begin at half past where bars do: the range must hold some
    const back = this.interval === "1h" ? 10 * 86400000 : step;
    const from = Math.floor(since / step) * step - back;
    const end = Math.min(until, Date.now()) + step;
    if (this.#newerFrom !== null && from >= this.#newerFrom) return;
    const table = await this.#ask({ start: iso(from), end: iso(end), limit: MOST });
    // rows before the first loaded one would leave a hole behind them
    const first = this.rows.length ? Math.max(from, this.rows[0].start) : from;
    this.rows = this.rows.filter(({ start }) => start < first || start >= end);
    this.#join(table, first);
  }

  async #alone(work) {
    if (this.#busy) return this.#busy;
    this.#busy = work();
    try {
      return await this.#busy;
    } finally {
      this.#busy = null;
    }
  }

  // where prices ended before the newest talk of a whole page, the moment after their end
  async #endOfPrices({ start, close }) {
    const priced = close.findLastIndex((one) => one !== null);
    if (priced >= 0 && start.at(-1) - start[priced] <= LONG_AGO) return null;
    const newest = priced >= 0 ? start[priced] : await newestBar(this.symbol, this.interval, this.asOf);
    return newest === null ? null : newest + STEP[this.interval];
  }

  #ask(range) {
    const asked = { interval: this.interval, as_of: this.asOf && iso(this.asOf), ...range };
    return get(`/stocks/${encodeURIComponent(this.symbol)}/insight`, asked);
  }

  #join(table, from = -Infinity) {
    const fresh = new Map(rowsOf(table).filter(({ start }) => start >= from).map((row) => [row.start, row]));
    if (fresh.size) {
      const kept = this.rows.filter(({ start }) => !fresh.has(start));
      this.rows = [...kept, ...fresh.values()].sort((a, b) => a.start - b.start);
    }
    const told = new Map([...this.actions, ...table.actions].map((one) => [`${one.kind} ${one.ex_date}`, one]));
    this.actions = [...told.values()];
    this.sample ||= table.sample;
    return fresh.size > 0;
  }
}

/** When bars of `interval` end, as known at `asOf` (ms): the start of the newest one in ms, or null where there is none. */
export async function newestBar(symbol, interval, asOf = null) {
  const { start } = await get(`/stocks/${encodeURIComponent(symbol)}/bars`, { interval, limit: 1, as_of: asOf && iso(asOf) });
  return start.length ? start[0] : null;
}
