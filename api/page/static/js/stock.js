// The page of one stock: its numbers now, the chart, the posts; kept up to date by the stream.
import { day, el, get, number, percent, price, score, shown, t, when } from "./core.js";
import { mount } from "./chart.js";
import { LONG_AGO } from "./chart-ranges.js";
import { follow } from "./live.js";
import { mountPosts } from "./posts.js";
import { mountWatchlist, starButton } from "./watchlist.js";

const root = document.querySelector("[data-stock]");
const symbol = root.dataset.stock;
const place = root.querySelector("[data-mood]");
const path = encodeURIComponent(symbol);
let hours = "24h";

root.querySelector("[data-star]").replaceWith(starButton(symbol));
mountWatchlist(root.querySelector("[data-watchlist]"));

async function showMood() {
  const said = await get(`/sentiment/${path}`, { window: hours });
  place.replaceChildren(...mood(said));
  const silent = said.coverage.filter((feed) => !["ok", "empty"].includes(feed.state));
  root.querySelector("[data-silent]").replaceChildren(
    ...silent.map((feed) => el("li", {}, t("stock", "silent", { source: feed.source, feed: feed.feed }), " ", t("status", `state_${feed.state}`), " ", el("span", { class: "dim", lang: "en" }, feed.reason))),
  );
  root.querySelector("[data-silent-box]").hidden = silent.length === 0;
}

function fact(name, value, note, kind = "") {
  return el("div", {}, el("dt", {}, name), el("dd", { class: kind }, value, note ? el("div", { class: "small dim" }, note) : null));
}

function mood(said) {
  const label = said.filtered_label ?? said.label;
  const few = said.confidence === "low" || said.confidence === "none";
  const copies = said.posts - said.filtered_posts;
  return [
    el("p", { class: `big ${label ?? ""}` }, label ? t("stock", label) : t("stock", "silence"), " ", el("span", { class: "dim" }, score(said.filtered_score ?? said.score))),
    few ? el("p", { class: "notice warn small" }, t("stock", said.posts ? "few" : "none", { posts: number(said.posts) })) : null,
    el("dl", { class: "facts" },
      fact(t("stock", "posts"), number(said.posts), t("stock", "authors", { count: number(said.authors) })),
      fact(t("stock", "filtered"), number(said.filtered_posts), copies ? t("stock", "copies", { count: number(copies) }) : null),
      fact(t("stock", "buzz"), said.filtered_buzz === null ? "–" : `${number(said.filtered_buzz, 1)} σ`, said.filtered_buzz === null ? t("stock", "buzz_unknown") : null),
      fact(t("stock", "split"), `${number(said.positive)} / ${number(said.neutral)} / ${number(said.negative)}`, t("stock", "split_note")),
      said.author_concentration === null ? null : fact(t("stock", "busiest"), percent(said.author_concentration), null),
      said.new_account_share === null ? null : fact(t("stock", "new_accounts"), percent(said.new_account_share), null),
    ),
    el("p", { class: "small dim" }, t("stock", "read_by", { scorer: said.scorer })),
    ...sources(said.by_source),
  ].filter(Boolean);
}

function sources(all) {
  if (!all.length) return [];
  return [
    el("table", { class: "small" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("stock", "source")), el("th", { scope: "col", class: "number" }, t("stock", "posts")), el("th", { scope: "col", class: "number" }, t("stock", "score")))),
      el("tbody", {}, all.map((one) => el("tr", {}, el("td", {}, one.source), el("td", { class: "number" }, number(one.posts)), el("td", { class: `number ${one.label}` }, score(one.score))))),
    ),
  ];
}

for (const button of root.querySelectorAll("[data-window]")) {
  button.addEventListener("click", () => {
    hours = button.dataset.window;
    for (const other of root.querySelectorAll("[data-window]")) other.setAttribute("aria-pressed", String(other === button));
    shown(place, showMood);
  });
}

const chart = mount(root.querySelector("[data-chart]"), { symbol, currency: root.dataset.currency, exchange: root.dataset.exchange });
shown(place, showMood);
mountPosts(root.querySelector("[data-posts]"), symbol);

const live = root.querySelector("[data-live]");
function tell(state) {
  live.dataset.state = state;
  live.textContent = t("stock", `live_${state}`, { time: when(Date.now()) });
}

let soon = 0;
follow([symbol], async (kind, data) => {
  (await chart).changed(kind, data);
  if (kind === "bars") return showPrice();
  clearTimeout(soon);
  soon = setTimeout(() => shown(place, showMood), 1500);
}, tell);

const priceDay = root.querySelector("[data-price-day]");

async function showPrice() {
  const { last_bar: bar } = await get(`/stocks/${path}`);
  if (!bar || !priceDay) return;
  root.querySelector("[data-price]").textContent = price(bar.close, root.dataset.currency);
  priceDay.textContent = priceDay.dateTime = bar.start.slice(0, 10);
  tellEnd();
}

/** An archive ends somewhere; what is missing since then is nobody's failure. */
function tellEnd() {
  const place = root.querySelector("[data-prices-end]");
  const last = priceDay && Date.parse(priceDay.dateTime);
  place.hidden = !last || Date.now() - last < LONG_AGO;
  place.textContent = place.hidden ? "" : `${t("chart", "prices_end", { day: day(last) })} ${t("chart", "prices_end_note")}`;
}
tellEnd();
