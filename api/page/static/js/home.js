// The first page: what people speak of now, and the reader's own list.
import { el, get, nameOf, number, score, shown, t } from "./core.js";
import { stockPath } from "./search.js";
import { spark } from "./spark.js";
import { mountWatchlist } from "./watchlist.js";

const root = document.querySelector("[data-home]");
const list = root.querySelector("[data-trending]");
let hours = "24h";
let market = "";

function row(item) {
  const small = el("div", { class: "spark", "aria-hidden": "true" });
  const made = el("li", { class: "trend" },
    el("a", { href: stockPath(item.symbol) }, el("strong", {}, nameOf(item)), el("span", { class: "small dim" }, item.symbol, item.sample ? ` · ${t("common", "sample_mark")}` : "")),
    small,
    el("span", { class: "number" }, item.filtered_buzz === null ? "–" : `${number(item.filtered_buzz, 1)} σ`, el("span", { class: "small dim" }, t("home", "buzz"))),
    el("span", { class: "number" }, number(item.filtered_posts), el("span", { class: "small dim" }, t("common", "posts"))),
    el("span", { class: `number ${item.label}` }, t("stock", item.label), el("span", { class: "small dim" }, score(item.filtered_score ?? item.score))),
  );
  get(`/stocks/${encodeURIComponent(item.symbol)}/insight`, { limit: 60 })
    .then((table) => spark(small, { times: table.start, closes: table.close, scores: table.filtered_score }))
    .catch(() => {});
  return made;
}

async function load() {
  const { items, coverage } = await get("/sentiment/trending", { window: hours, market, limit: 12 });
  list.replaceChildren(...(items.length ? items.map(row) : [el("li", { class: "dim" }, t("home", "nothing"))]));
  const silent = coverage.filter((feed) => !["ok", "empty"].includes(feed.state));
  const told = root.querySelector("[data-silent]");
  told.hidden = silent.length === 0;
  told.textContent = t("home", "silent", { sources: [...new Set(silent.map((feed) => feed.source))].join(", ") });
}

for (const button of root.querySelectorAll("[data-window], [data-market]")) {
  button.addEventListener("click", () => {
    for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
    if ("window" in button.dataset) hours = button.dataset.window;
    else market = button.dataset.market;
    shown(list, load);
  });
}
shown(list, load);
mountWatchlist(root.querySelector("[data-watchlist]"));
