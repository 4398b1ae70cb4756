// The words around the chart, kept at the row that is pointed at. It does not know what moves the pointer.
import { later } from "./later.js";
import { figures, sentenceOf, tableOf } from "./chart-say.js";

// so far back a price is of another time
const FAR = 5000;

/** `reading` holds what is read: `{ currency, view, pointed, found }`; `pointed` is the index of a row, or null. */
export function mountTold(root, drawing, reading) {
  const legends = [...root.querySelectorAll("[data-legend]")].map((place) => [place.dataset.legend, place]);
  const said = root.querySelector("[data-said]");
  const table = root.querySelector("[data-table]");

  const about = (row) => ({
    gaps: { bars: reading.found.gaps.bars.get(row.start) ?? [], posts: reading.found.gaps.posts.get(row.start) ?? [] },
    marks: reading.found.marks.get(row.start) ?? [],
  });

  function closeBefore(index) {
    for (let at = index - 1; at >= 0 && at > index - FAR; at -= 1) if (drawing.rows[at].close !== null) return drawing.rows[at].close;
    return null;
  }

  // the newest row with a price, or the newest there is
  function resting() {
    for (let at = drawing.rows.length - 1; at >= 0; at -= 1) if (drawing.rows[at].close !== null) return at;
    return drawing.rows.length - 1;
  }

  const told = (row) => ({ currency: reading.currency, view: reading.view, ...about(row) });

  function tell() {
    const index = reading.pointed ?? resting();
    const row = drawing.rows[index];
    const texts = row && figures(row, closeBefore(index), told(row));
    const panes = drawing.chart.panes();
    let top = 0;
    for (const [at, [pane, place]] of legends.entries()) {
      place.replaceChildren(...(texts ? texts[pane].filter(Boolean) : []));
      place.parentElement.style.setProperty("--top", `${top}px`);
      top += (panes[at]?.getHeight() ?? 0) + 1;
    }
  }

  let drawn = 0;

  return {
    tell,
    resting,
    /** Many moves of a finger come within one frame. */
    soon() {
      cancelAnimationFrame(drawn);
      drawn = requestAnimationFrame(tell);
    },
    /** Tells a screen reader, once the keys rest. */
    speak: later(() => {
      const row = drawing.rows[reading.pointed];
      if (row) said.textContent = sentenceOf(row, closeBefore(reading.pointed), told(row));
    }, 350),
    tabulate: later(() => {
      if (!table.hidden) table.replaceChildren(...tableOf(drawing.inSight, { currency: reading.currency, view: reading.view, about }));
    }, 200),
  };
}
