// What happened to a stock beside its price: dividends, splits, headlines. It does not draw.
import { el, get, language, t } from "./core.js";

const NEWS = ["yahoo", "feeds"];

const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 4 });

/** Headlines about `symbol`, the latest of each source of news: `{ start, title, url }`, the earliest first. */
export async function newsOf(symbol) {
  const pages = await Promise.all(
    NEWS.map((source) => get(`/sentiment/${encodeURIComponent(symbol)}/posts`, { source, limit: 200, copies: false })),
  );
  return pages
    .flatMap(({ items }) => items)
    .map((post) => ({ start: Date.parse(post.published_at), title: post.title || post.text, url: post.url }))
    .sort((a, b) => a.start - b.start);
}

/** For each start of the ascending `starts` what happened in its row: `{ kind, said, url }`. */
export function marksByStart(actions, news, starts) {
  const found = new Map();
  const put = (moment, mark) => {
    const start = rowOf(starts, moment);
    if (start !== undefined) found.set(start, [...(found.get(start) ?? []), mark]);
  };
  for (const action of actions) {
    put(Date.parse(`${action.ex_date}T00:00:00Z`), {
      kind: action.kind,
      said: t("chart", action.kind, { value: plain.format(action.value) }),
    });
  }
  for (const one of news) put(one.start, { kind: "news", said: one.title, url: one.url });
  return found;
}

// a day of results has dozens of headlines
const SAID = 2;

/** `marks` as texts for where there is little room. */
export function briefly(marks) {
  const news = marks.filter((mark) => mark.kind === "news");
  const texts = [...marks.filter((mark) => mark.kind !== "news"), ...news.slice(0, SAID)].map((mark) => mark.said);
  return news.length > SAID ? [...texts, t("chart", "more_news", { count: news.length - SAID })] : texts;
}

/** `marks` as texts that lead to what they are about. */
export const linked = (marks) =>
  marks.map(({ said, url }) => (/^https?:/.test(url ?? "") ? el("a", { href: url, rel: "noopener noreferrer nofollow", target: "_blank" }, said) : said));

// the row that a moment falls into is the last one that has begun by then
function rowOf(starts, moment) {
  if (!starts.length || moment < starts[0]) return undefined;
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= moment) low = middle + 1;
    else high = middle;
  }
  return starts[low - 1];
}
