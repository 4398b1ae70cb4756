// A tiny chart of price and mood for lists, drawn once it comes into sight. It asks nobody.
import { colours, faint, onColours } from "./chart-colours.js";

const waiting = new Map();
const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    observer.unobserve(target);
    draw(target, waiting.get(target));
    waiting.delete(target);
  }
}, { rootMargin: "100px" });

/** Fills `element` with a line of `closes` over bars of `scores` (-1 to 1), the oldest first; what is missing is null. */
export function spark(element, { closes = [], scores = [] }) {
  waiting.set(element, { closes, scores });
  observer.observe(element);
}

async function draw(element, { closes, scores }) {
  const { createChart, HistogramSeries, LineSeries } = await import("../vendor/lightweight-charts.js");
  if (!element.isConnected) return;
  const chart = createChart(element, {
    autoSize: true, handleScroll: false, handleScale: false,
    layout: { attributionLogo: false, background: { color: "transparent" } },
    grid: { vertLines: { visible: false }, horzLines: { visible: false } },
    leftPriceScale: { visible: false }, rightPriceScale: { visible: false },
    timeScale: { visible: false, borderVisible: false, minBarSpacing: 0.1, fixLeftEdge: true, fixRightEdge: true },
    crosshair: { vertLine: { visible: false }, horzLine: { visible: false } },
  });
  const quiet = { lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false };
  const mood = chart.addSeries(HistogramSeries, {
    ...quiet, priceScaleId: "mood", autoscaleInfoProvider: () => ({ priceRange: { minValue: -1, maxValue: 1 } }),
  });
  const price = chart.addSeries(LineSeries, { ...quiet, lineWidth: 2 });
  mood.priceScale().applyOptions({ scaleMargins: { top: 0.05, bottom: 0.05 } });
  price.priceScale().applyOptions({ scaleMargins: { top: 0.1, bottom: 0.1 } });
  const points = (values, more = () => ({})) =>
    values.flatMap((value, index) => (value === null ? [] : [{ time: index + 1, value, ...more(value) }]));
  function paint() {
    const c = colours();
    price.applyOptions({ color: c.ink });
    mood.setData(points(scores, (value) => ({ color: faint(value < 0 ? c.bad : c.good, 55) })));
  }
  paint();
  price.setData(points(closes));
  chart.timeScale().fitContent();
  const end = onColours(() => (element.isConnected ? paint() : (end(), chart.remove())));
}
