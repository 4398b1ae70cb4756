// What this browser keeps for us, by name. Where it may keep nothing, it is kept until the page is left.

const PREFIX = "insitechart.";
const here = new Map();

/** What was kept as `name`, or null. */
export function kept(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name));
  } catch {
    return here.get(name) ?? null;
  }
}

/** Keeps `value` as `name`; null forgets it. */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    here.set(name, value);
  }
}

/** Calls `listener` when another tab keeps something else as `name`. */
export function onKept(name, listener) {
  addEventListener("storage", (event) => {
    // without a key everything was forgotten
    if (event.key === null || event.key === PREFIX + name) listener();
  });
}
