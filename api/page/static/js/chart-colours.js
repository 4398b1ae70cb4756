// The colours of the page for a canvas, which knows no variables of a style sheet. It tells when they change.

/** The colours as they are now, by the names of the variables without their dashes; each is #rrggbb. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["bg", "card", "sunk", "ink", "dim", "line", "accent", "up", "down", "warn", "good", "bad"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** `colour` (#rrggbb) with an opacity of `percent`. */
export const faint = (colour, percent) => colour + Math.round(percent * 2.55).toString(16).padStart(2, "0");

/** Calls `changed` whenever it becomes light or dark. Returns a function that ends it. */
export function onColours(changed) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "lang"] });
  dark.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    dark.removeEventListener("change", changed);
  };
}
