// Search as you type, as a combobox. What is done with a choice, the caller knows.
import { el, get, nameOf, t } from "./core.js";

/**
 * Makes `input` a combobox over `list`: arrow keys choose, Enter takes, Escape closes. `onChoose(stock)` is called with
 * a listing of /stocks; `told` is an element that tells a screen reader how many there are.
 */
export function combobox(input, list, onChoose, told = null) {
  let items = [];
  let chosen = -1;
  let asking = null;
  let waiting = 0;

  function close() {
    asking?.abort();
    clearTimeout(waiting);
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    chosen = -1;
  }

  function choose(index) {
    const options = list.querySelectorAll('[role="option"]');
    options[chosen]?.setAttribute("aria-selected", "false");
    chosen = options.length ? (index + options.length) % options.length : -1;
    const option = options[chosen];
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  function take(index) {
    const stock = items[index];
    if (!stock) return;
    close();
    onChoose(stock);
  }

  function show(found, typed) {
    items = found;
    list.replaceChildren(
      ...found.map((stock, index) =>
        el("li", { role: "option", id: `${list.id}-${index}`, "aria-selected": "false",
            // before the field loses the focus, or the list would be gone
            onpointerdown: (event) => { event.preventDefault(); take(index); } },
          el("span", {}, nameOf(stock)), el("small", {}, stock.symbol),
          el("small", {}, [nameOf(stock) === stock.name ? stock.name_ko : stock.name, stock.exchange].filter(Boolean).join(" · ")),
          stock.sample ? el("small", {}, t("common", "sample_mark")) : null,
        ),
      ),
    );
    if (!found.length) list.append(el("li", { role: "presentation", class: "dim small" }, t("common", "nothing_found", { query: typed })));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    if (told) told.textContent = found.length ? t("common", "found", { count: found.length }) : t("common", "nothing_found", { query: typed });
    if (found.length) choose(0);
  }

  async function search() {
    const typed = input.value.trim();
    asking?.abort();
    if (!typed) return close();
    asking = new AbortController();
    try {
      const { items: found } = await get("/stocks", { q: typed, limit: 8 }, { signal: asking.signal });
      if (input.value.trim() === typed) show(found, typed);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 120);
  });
  input.addEventListener("keydown", (event) => {
    // Enter also ends the composition of a Hangul syllable
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) search();
      else choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !list.hidden && items.length) {
      event.preventDefault();
      take(Math.max(chosen, 0));
    } else if (event.key === "Escape") {
      if (!list.hidden) event.preventDefault();
      close();
    }
  });
  input.addEventListener("blur", close);
  input.addEventListener("focus", () => input.value.trim() && search());
}

/** The address of a stock's page. */
export const stockPath = (symbol) => `/stocks/${encodeURIComponent(symbol)}`;
