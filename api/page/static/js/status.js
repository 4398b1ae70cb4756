// How the sources stand; operators see what to do, too.
import { ago, el, get, number, Problem, shown, t, when } from "./core.js";
import { current } from "./session.js";

const root = document.querySelector("[data-status]");
const place = root.querySelector("[data-sources]");

function table(heads, rows) {
  return el("div", { class: "wide" }, el("table", {},
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, rows.map((cells) => el("tr", {}, cells))),
  ));
}

shown(place, async () => {
  const { items } = await get("/sentiment/coverage", { window: "24h" });
  if (!items.length) return place.replaceChildren(el("p", { class: "notice warn" }, t("status", "never")));
  place.replaceChildren(table(
    ["source", "state", "last"].map((name) => t("status", name)),
    items.map((one) => {
      const well = one.state === "ok" || one.state === "empty";
      return [
        el("td", {}, one.source, " ", el("span", { class: "under" }, one.feed)),
        el("td", {}, el("span", { class: well ? "good" : "bad" }, `${well ? "✓" : "✗"} ${t("status", `state_${one.state}`)}`), " ", el("span", { class: "under", lang: "en" }, one.reason)),
        el("td", {}, el("time", { datetime: one.observed_at, title: when(one.observed_at) }, ago(one.observed_at)), " ", el("span", { class: "under" }, t("status", "received", { count: number(one.received) }))),
      ];
    }),
  ));
});

async function more() {
  const { items } = await get("/operations/sources");
  root.querySelector("[data-operators]").hidden = false;
  root.querySelector("[data-more-sources]").replaceChildren(table(
    ["source", "standing", "what_to_do"].map((name) => t("status", name)),
    items.map((one) => [el("td", {}, one.source ?? one.name), el("td", {}, one.standing), el("td", { lang: "en" }, one.what_to_do ?? "")]),
  ));
}
if (current()?.role && current().role !== "user") {
  more().catch((error) => { if (!(error instanceof Problem)) throw error; });
}
