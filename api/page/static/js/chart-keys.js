// The chart without a pointer: keys move from row to row, and zoom. It does not know what a row tells.
const MOVES = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 };

/** Listens to the keys of `box`; `reading.pointed` is the row that they move. */
export function mountKeys(box, drawing, reading, told) {
  const scale = drawing.chart.timeScale();

  function go(index) {
    const at = Math.min(Math.max(index, 0), drawing.rows.length - 1);
    reading.pointed = at;
    const { from, to } = scale.getVisibleLogicalRange();
    if (at < from + 1) scale.setVisibleLogicalRange({ from: at - 2, to: at - 2 + to - from });
    else if (at > to - 1) scale.setVisibleLogicalRange({ from: at + 2 - (to - from), to: at + 2 });
    drawing.point(at);
    told.tell();
    told.speak();
  }

  function zoom(factor) {
    const { from, to } = scale.getVisibleLogicalRange();
    const middle = reading.pointed ?? (from + to) / 2;
    scale.setVisibleLogicalRange({ from: middle - (middle - from) * factor, to: middle + (to - middle) * factor });
  }

  function leave() {
    reading.pointed = null;
    drawing.chart.clearCrosshairPosition();
    told.tell();
  }

  box.addEventListener("keydown", (event) => {
    const last = drawing.rows.length - 1;
    if (event.ctrlKey || event.metaKey || event.altKey || last < 0) return;
    if (event.key in MOVES) go((reading.pointed ?? told.resting()) + MOVES[event.key] * (event.shiftKey ? 10 : 1));
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(last);
    else if (event.key === "+" || event.key === "=") zoom(0.7);
    else if (event.key === "-") zoom(1.4);
    else if (event.key === "Escape" && reading.pointed !== null) leave();
    else return;
    event.preventDefault();
  });
}
