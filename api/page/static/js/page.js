// What every page does: the search in its head, light or dark, who is signed in.
import { get, t } from "./core.js";
import { combobox, stockPath } from "./search.js";
import { current, onChange } from "./session.js";

const form = document.querySelector("[data-search]");
const input = form.querySelector("input");
combobox(input, form.querySelector("ul"), (stock) => location.assign(stockPath(stock.symbol)), form.querySelector("[data-search-told]"));
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const typed = input.value.trim();
  if (!typed) return;
  const { items } = await get("/stocks", { q: typed, limit: 1 });
  if (items.length) location.assign(stockPath(items[0].symbol));
});
document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    input.focus();
  }
});

document.querySelector("[data-theme-switch]").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  dispatchEvent(new Event("themechange"));
});

const me = document.querySelector("[data-me]");
const tell = () => {
  me.textContent = t("common", current() ? "account" : "sign_in");
};
onChange(tell);
tell();
