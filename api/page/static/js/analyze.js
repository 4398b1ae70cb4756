// A text of the reader's own, read as posts are.
import { ask, el, score, shown, t } from "./core.js";
import { tinted } from "./posts.js";
import { stockPath } from "./search.js";

const form = document.querySelector("[data-analyze]");
const told = document.querySelector("[data-told]");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = form.elements.text.value;
  if (!text.trim()) return form.elements.text.focus();
  told.hidden = false;
  shown(told, async () => {
    const found = await ask("POST", "/sentiment/analyze", { body: { text } });
    told.replaceChildren(
      el("h2", {}, t("analyze", "result")),
      el("p", { class: `big ${found.label}` }, t("stock", found.label), " ", el("span", { class: "dim" }, score(found.score))),
      el("p", { class: "said" }, ...tinted(text, found.explanation)),
      el("p", { class: "small dim" }, t("analyze", "how", { scorer: found.scorer })),
      el("h3", {}, t("analyze", "stocks")),
      found.mentions.length
        ? el("ul", { class: "plain" }, found.mentions.map((one) => el("li", {},
            el("a", { href: stockPath(one.symbol) }, one.symbol), " ",
            one.label ? el("span", { class: one.label }, `${t("stock", one.label)} ${score(one.score)}`) : "")))
        : el("p", { class: "dim" }, t("analyze", "no_stocks")),
    );
  });
});
