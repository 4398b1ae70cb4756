// The watchlist beside a page, and the star that puts a stock into it. Where it is kept, watched.js knows.
import { el, get, nameOf, percent, price, Problem, score, sentence, shown, t } from "./core.js";
import { stockPath } from "./search.js";
import { current, wasEnded } from "./session.js";
import { answerOffer, offered, onWatched, watch, watched } from "./watched.js";

const REFRESH_MS = 60000;

/** A button that puts `symbol` into the watchlist, or takes it out. */
export function starButton(symbol) {
  const sign = el("span", { "aria-hidden": "true" }, "☆");
  const told = el("span", { class: "small bad", role: "status" });
  const button = el("button", { type: "button", class: "star", "aria-pressed": "false" }, sign, el("span", {}, t("watchlist", "star")));
  const show = (isWatched) => {
    button.setAttribute("aria-pressed", String(isWatched));
    sign.textContent = isWatched ? "★" : "☆";
    button.title = t("watchlist", isWatched ? "star_out" : "star_in");
  };
  const look = () => watched().then((symbols) => show(symbols.includes(symbol)), () => {});
  button.addEventListener("click", async () => {
    const wanted = button.getAttribute("aria-pressed") !== "true";
    told.textContent = "";
    show(wanted);
    try {
      await watch(symbol, wanted);
    } catch (error) {
      show(!wanted);
      told.textContent = why(error);
    }
  });
  onWatched(look);
  look();
  return el("span", { class: "star-box" }, button, told);
}

/** The list in `root`, kept up to date. */
export function mountWatchlist(root) {
  const note = el("p", { class: "small dim" });
  const aside = el("div");
  const list = el("ul", { class: "watch", "aria-busy": "true" });
  const told = el("p", { class: "hidden", role: "status" });
  const heading = el("h2", { id: "watchlist", tabindex: "-1" }, t("watchlist", "heading"));
  root.setAttribute("aria-labelledby", "watchlist");
  const more = el("a", { class: "small" });
  root.replaceChildren(el("div", { class: "head" }, heading, more), note, aside, list, told);

  const rows = new Map();
  // asked for only once it can be seen: a list may hold 200
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) rows.get(target.dataset.symbol)?.fill();
  });

  async function show() {
    const symbols = await watched();
    note.textContent = t("watchlist", current() ? "kept_there" : "kept_here");
    more.textContent = current() ? t("watchlist", "manage") : t("common", "sign_in");
    more.href = current() ? "/me#watchlists" : "/me#sign-in";
    for (const [symbol, row] of rows) {
      if (symbols.includes(symbol)) continue;
      seen.unobserve(row.item);
      rows.delete(symbol);
    }
    for (const symbol of symbols) if (!rows.has(symbol)) rows.set(symbol, makeRow(symbol, remove));
    list.replaceChildren(...(symbols.length ? symbols.map((symbol) => rows.get(symbol).item) : [el("li", { class: "dim" }, t("watchlist", "empty"))]));
    for (const { item } of rows.values()) seen.observe(item);
    await showAside();
  }

  async function showAside() {
    aside.replaceChildren();
    if (wasEnded()) {
      aside.append(el("p", { class: "notice warn small", role: "alert" }, t("session", "ended"), " ", el("a", { href: "/me#sign-in" }, t("common", "sign_in"))));
    }
    const symbols = await offered();
    if (symbols.length) aside.replaceChildren(offer(symbols));
  }

  function offer(symbols) {
    const failed = el("span", { class: "small bad", role: "status" });
    const answer = async (isWanted) => {
      try {
        await answerOffer(symbols, isWanted);
        aside.replaceChildren();
        heading.focus();
      } catch (error) {
        failed.textContent = why(error);
      }
    };
    return el("div", { class: "notice small", role: "group", "aria-label": t("watchlist", "offer_name") },
      el("p", {}, t("watchlist", "offer", { symbols: symbols.join(", ") })),
      el("div", { class: "row" },
        el("button", { type: "button", class: "primary", onclick: () => answer(true) }, t("watchlist", "offer_yes")),
        el("button", { type: "button", onclick: () => answer(false) }, t("watchlist", "offer_no")), failed));
  }

  async function remove(symbol) {
    const symbols = [...rows.keys()];
    try {
      await watch(symbol, false);
    } catch (error) {
      told.textContent = why(error);
      return;
    }
    told.textContent = t("watchlist", "removed", { symbol });
    // the focus was on what is gone
    const next = symbols[symbols.indexOf(symbol) + 1] ?? symbols[symbols.indexOf(symbol) - 1];
    (rows.get(next)?.item.querySelector("button") ?? heading).focus();
  }

  onWatched(() => shown(list, show));
  shown(list, show);
  setInterval(() => {
    if (document.hidden) return;
    for (const row of rows.values()) if (row.isFilled()) row.fill(true);
  }, REFRESH_MS);
}

function makeRow(symbol, remove) {
  const name = el("strong", {}, symbol);
  const now = el("span", { class: "number watch-price" }, el("span", { class: "small dim" }, "…"));
  const mood = el("span", { class: "small watch-mood" });
  const button = el("button", { type: "button", class: "switch", onclick: () => remove(symbol), "aria-label": t("watchlist", "remove", { name: symbol }), title: t("watchlist", "remove", { name: symbol }) }, "✕");
  const item = el("li", { dataset: { symbol } },
    el("a", { href: stockPath(symbol) }, name, el("span", { class: "small dim" }, symbol)), now, mood, button);
  let isFilled = false;

  async function fill(isAgain = false) {
    if (isFilled && !isAgain) return;
    isFilled = true;
    const path = `/stocks/${encodeURIComponent(symbol)}`;
    try {
      const [stock, bars] = await Promise.all([get(path), get(`${path}/bars`, { interval: "1d", limit: 2 })]);
      name.textContent = nameOf(stock);
      button.setAttribute("aria-label", t("watchlist", "remove", { name: nameOf(stock) }));
      now.replaceChildren(...priceOf(stock, bars));
      const said = stock.last_sentiment;
      mood.className = `small watch-mood ${said?.label ?? "dim"}`;
      mood.textContent = said ? `${t("stock", said.label)} ${score(said.score)}` : t("watchlist", "silence");
    } catch (error) {
      isFilled = false;
      now.replaceChildren(el("span", { class: "small dim" }, t("watchlist", error instanceof Problem && error.status === 404 ? "gone" : "unknown")));
    }
  }
  return { item, fill, isFilled: () => isFilled };
}

function priceOf(stock, { close, adj_close: adjusted }) {
  const last = close.at(-1) ?? null;
  if (last === null) return [el("span", { class: "small dim" }, t("watchlist", "no_price"))];
  // by adjusted closes, or the day of a split would look like a crash
  const [before, now] = adjusted.slice(-2);
  const moved = before && now ? now / before - 1 : null;
  if (moved === null) return [price(last, stock.currency)];
  const [kind, sign] = moved > 0 ? ["up", "▲"] : moved < 0 ? ["down", "▼"] : ["dim", ""];
  return [price(last, stock.currency), el("span", { class: `small ${kind}` }, `${sign} ${percent(Math.abs(moved), 2)}`)];
}

const why = (error) => (error instanceof Problem || error instanceof TypeError ? sentence(error) : error.message);
