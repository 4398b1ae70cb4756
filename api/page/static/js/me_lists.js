// The account's watchlists: names, the first one, their symbols. Which is shown beside a page, watched.js knows.
import { ask, el, get, nameOf, Problem, shown, t } from "./core.js";
import { onSubmit, refusal, sure } from "./me_forms.js";
import { combobox, stockPath } from "./search.js";

const PATH = "/users/me/watchlists";
const refusals = { name: t("watchlist", "bad_name"), symbols: t("watchlist", "bad_symbol") };
const ofNames = { ...refusals, 409: t("watchlist", "name_taken") };
const ofSymbols = { ...refusals, 409: t("watchlist", "conflict") };

export function mountLists(root) {
  const place = root.querySelector("[data-list]");

  onSubmit(root.querySelector("form"), async ({ name }, sent) => {
    const made = await ask("POST", PATH, { body: { name: name.trim() } });
    sent.reset();
    await shown(place, show);
    place.querySelector(`#list-${made.id} h3`)?.focus();
  }, ofNames);

  async function show() {
    const { items } = await get(PATH);
    place.replaceChildren(...(items.length ? items.map(card) : [el("p", { class: "dim" }, t("watchlist", "no_lists"))]));
  }

  function card(list) {
    const told = el("p", { class: "small", role: "status" });
    const symbols = el("ul", { class: "chips" });
    let now = list;

    /** Keeps `wanted`; where somebody else was first, shows what is there now, and says so. */
    async function edit(wanted, word) {
      try {
        now = await ask("PATCH", `${PATH}/${list.id}`, { body: { version: now.version, ...wanted } });
        told.textContent = word;
        draw();
        return true;
      } catch (error) {
        if (error instanceof Problem && error.status === 409 && !wanted.name) {
          now = await get(`${PATH}/${list.id}`);
          draw();
        }
        told.textContent = refusal(error, wanted.name ? ofNames : ofSymbols);
        return false;
      }
    }

    function draw() {
      symbols.replaceChildren(...(now.symbols.length ? now.symbols.map(chip) : [el("li", { class: "small dim" }, t("watchlist", "no_symbols"))]));
    }

    function chip(symbol) {
      const label = t("watchlist", "remove", { name: symbol });
      return el("li", { class: "chip" }, el("a", { href: stockPath(symbol) }, symbol),
        el("button", { type: "button", class: "switch", "aria-label": label, title: label,
          onclick: async () => {
            const at = now.symbols.indexOf(symbol);
            await edit({ symbols: now.symbols.filter((other) => other !== symbol) }, t("watchlist", "removed", { symbol }));
            (symbols.querySelectorAll("button")[Math.min(at, now.symbols.length - 1)] ?? input).focus();
          } }, "✕"));
    }

    const name = el("input", { value: list.name, maxlength: 80, "aria-label": t("watchlist", "name_of", { name: list.name }) });
    const rename = el("form", { class: "row" }, name, el("button", { type: "submit" }, t("watchlist", "rename")));
    rename.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await edit({ name: name.value.trim() }, t("me", "saved"))) heading.firstChild.textContent = now.name;
    });

    const id = `add-${list.id}`;
    const input = el("input", { id, role: "combobox", "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", placeholder: t("common", "search_hint"), "aria-label": t("watchlist", "add_to", { name: list.name }) });
    const options = el("ul", { id: `${id}-list`, role: "listbox", hidden: true, "aria-label": t("watchlist", "add") });
    combobox(input, options, async (stock) => {
      input.value = "";
      await edit({ symbols: [...now.symbols.filter((other) => other !== stock.symbol), stock.symbol] }, t("watchlist", "added", { name: nameOf(stock) }));
    });

    const heading = el("h3", { tabindex: "-1" }, el("span", {}, list.name), list.default ? el("span", { class: "mark" }, t("watchlist", "first")) : null);
    draw();
    return el("article", { class: "list", id: `list-${list.id}` },
      heading, symbols,
      el("div", { class: "search list-add" }, input, options),
      el("details", {}, el("summary", { class: "small" }, t("watchlist", "more")),
        rename,
        el("div", { class: "row" },
          list.default ? null : el("button", { type: "button", onclick: async () => (await edit({ default: true }, t("me", "saved"))) && shown(place, show) }, t("watchlist", "make_first")),
          sure(el("button", { type: "button" }, t("watchlist", "delete")), t("watchlist", "delete_sure"), t("me", "delete"), async () => {
            await ask("DELETE", `${PATH}/${list.id}`);
            await shown(place, show);
          }))),
      told);
  }

  shown(place, show);
}
