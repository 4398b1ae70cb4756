// The figures of stocks beside each other at one moment. It does not draw.
import { day, el, nameOf, number, percent, price, score, t } from "./core.js";
import { swatch } from "./compare-draw.js";

const value = (row) => row.adj_close ?? row.close;

/** `rows` (oldest first) as the table needs them at every move of the pointer. */
export const figuresOf = (rows) => ({
  closes: rows.filter((row) => row.close !== null),
  byTime: new Map(rows.map((row) => [row.start, row])),
});

// the index of the first of `rows` that starts at `start` (ms) or later
function firstAt(rows, start) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].start < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How the price at `end` stands to the first in sight (ms), or null where there is no such one. */
function change(closes, since, end) {
  const first = closes[firstAt(closes, since)];
  const now = closes[firstAt(closes, end + 1) - 1];
  return { now, share: now && first && now.start >= first.start ? value(now) / value(first) - 1 : null };
}

/** The caption and a row for each of `stocks` ({ stock, slot, figures }), between `since` and `end` (ms). */
export function tableOf(stocks, since, end) {
  const rows = stocks.map(({ stock, slot, figures }) => {
    const { now, share } = change(figures.closes, since, end);
    const row = figures.byTime.get(end);
    const [kind, sign] = share > 0 ? ["up", "▲"] : share < 0 ? ["down", "▼"] : ["", ""];
    return el("tr", {},
      el("th", { scope: "row" }, swatch(slot), " ", nameOf(stock), " ", el("span", { class: "dim" }, stock.symbol)),
      el("td", { class: `number ${kind}` }, share === null ? t("compare", "no_price") : `${sign}${percent(Math.abs(share), 1)}`),
      el("td", { class: "number" }, now ? `${price(now.close, stock.currency)} ${stock.currency ?? ""}` : "–"),
      el("td", { class: "number" }, score(row?.filtered_score)), el("td", { class: "number" }, number(row?.posts)));
  });
  return { caption: t("compare", "on", { day: day(end) }), rows };
}
