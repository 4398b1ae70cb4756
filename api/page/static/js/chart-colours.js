// The colours of the page for a canvas, which knows no variables of a style sheet. It tells when they change.

const NAMES = ["bg", "card", "sunk", "ink", "dim", "line", "accent", "up", "down", "warn", "good", "bad"];

// a variable holds the colours of light and dark; only where one is used it is seen which of them it is
const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

const hex = (colour) => `#${colour.match(/\d+/g).slice(0, 3).map((part) => Number(part).toString(16).padStart(2, "0")).join("")}`;

/** The colours as they are now, by the names of the variables without their dashes; each is #rrggbb. */
export function colours() {
  const found = {};
  for (const name of NAMES) {
    probe.style.setProperty("color", `var(--${name})`);
    found[name] = hex(getComputedStyle(probe).color);
  }
  return found;
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
