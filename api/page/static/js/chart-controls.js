// What the reader presses at the chart: ranges, intervals, a closer look, the table. It does not load or draw.
import { STEP } from "./chart-data.js";
import { RANGES } from "./chart-ranges.js";
import { t } from "./core.js";

// so few rows in sight, and finer ones would say more
const CLOSE_UP = 20;
const FINER = { "1d": ["1h", "1m"], "1h": ["1m"], "1m": [] };
// as much of finer rows as can be seen
const MOST_IN_SIGHT = 1500;

/** Returns a function that offers finer rows where they would say more. `newest` has the last start of each interval. */
export function mountControls(root, { drawing, view, newest, told, begin, redraw, span }) {
  const at = (name) => root.querySelector(`[data-${name}]`);
  const closer = at("closer");

  closer.addEventListener("click", () => {
    const [since, until] = span();
    begin({ interval: closer.dataset.closer, keep: true, around: [since, until + STEP[view.interval]] });
    at("box").focus();
  });
  for (const button of root.querySelectorAll("button[data-range]")) {
    button.addEventListener("click", () => {
      const interval = RANGES[button.dataset.range].find((one) => one === "1d" || newest[one] !== null);
      begin({ interval, range: button.dataset.range });
    });
  }
  for (const button of root.querySelectorAll("button[data-interval]")) {
    button.addEventListener("click", () => {
      const sight = span();
      const interval = button.dataset.interval;
      // up to where the reader was
      const width = sight ? Math.min(sight[1] - sight[0], STEP[interval] * MOST_IN_SIGHT) : 0;
      if (button.getAttribute("aria-pressed") === "true") return;
      const end = sight && Math.min(sight[1], Math.max(newest[interval] ?? sight[1], sight[0]));
      begin({ interval, keep: sight !== null, around: sight && [end - width, end + STEP[view.interval]] });
    });
  }
  at("adjusted").addEventListener("change", (event) => {
    view.adjusted = event.target.checked;
    redraw();
  });
  at("show-table").addEventListener("click", (event) => {
    const table = at("table");
    table.hidden = !table.hidden;
    event.target.setAttribute("aria-expanded", String(!table.hidden));
    told.tabulate();
  });

  return () => {
    const rows = drawing.inSight;
    const finer = rows.length && rows.length <= CLOSE_UP
      ? FINER[view.interval].find((interval) => newest[interval] !== null && (rows.at(-1).start - rows[0].start) / STEP[interval] < 4000)
      : undefined;
    closer.hidden = !finer;
    if (finer) {
      closer.textContent = t("chart", `closer_${finer}`);
      closer.dataset.closer = finer;
    }
  };
}
