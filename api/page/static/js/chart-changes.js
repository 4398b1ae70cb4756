// Brings the chart up to date with what the stream tells. It does not know how the stream is followed.
import { later } from "./later.js";

// changes come in bursts
const PAUSE = 800;

/**
 * Returns `changed(kind, change)`, to be called with each event. `loaded()` is what is shown (chart-data.js), `isNow()`
 * whether it is what is known now.
 */
export function mountChanges({ symbol, view, redraw, begin, lookForGaps, isNow, loaded }) {
  let dirty = null;

  const freshen = later(async () => {
    const range = dirty;
    dirty = null;
    if (!range || !isNow()) return;
    const mine = loaded();
    try {
      await mine.renew(...range);
      if (mine === loaded() && isNow()) redraw();
    } catch {
      // the next change, or the next visit, brings it
    }
  }, PAUSE);

  return function changed(kind, change) {
    if (!isNow()) return;
    if (kind === "reset") return begin({ keep: true });
    if (kind === "coverage") return lookForGaps();
    if (change.symbol && change.symbol !== symbol) return;
    if (kind === "bars" && change.interval && change.interval !== view.interval) return;
    const [since, until] = [Date.parse(change.since), Date.parse(change.until)];
    if (Number.isNaN(since) || Number.isNaN(until)) return;
    dirty = dirty ? [Math.min(dirty[0], since), Math.max(dirty[1], until)] : [since, until];
    freshen();
  };
}
