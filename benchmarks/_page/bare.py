"""The chart library by itself: a page that draws the same rows in as many panes, and does nothing else."""

PAGE = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>bare</title>
<style>body { margin: 0 } [data-canvas] { height: 640px }</style></head>
<body><div data-canvas></div><script type="module" src="/bare.js"></script></body></html>
"""

SCRIPT = """
import { CandlestickSeries, HistogramSeries, LineSeries, createChart } from "LIBRARY";
const table = await (await fetch("/rows" + location.search)).json();
const { open, high, low, close } = table;
const place = document.querySelector("[data-canvas]");
const chart = createChart(place, { autoSize: true, timeScale: { minBarSpacing: 0.1 } });
const times = table.start.map((start) => start / 1000);
const points = (name) => times.flatMap((time, i) => (table[name][i] === null ? [] : [{ time, value: table[name][i] }]));
const candles = times.map((time, i) => (close[i] === null
  ? { time } : { time, open: open[i], high: high[i], low: low[i], close: close[i] }));
chart.addSeries(CandlestickSeries, {}, 0).setData(candles);
chart.addSeries(HistogramSeries, { priceScaleId: "volume" }, 0).setData(points("volume"));
chart.addSeries(LineSeries, {}, 1).setData(points("score"));
chart.addSeries(LineSeries, {}, 1).setData(points("filtered_score"));
chart.addSeries(HistogramSeries, {}, 2).setData(points("posts"));
chart.addSeries(LineSeries, {}, 3).setData(points("burst"));
chart.timeScale().setVisibleLogicalRange({ from: 0, to: table.start.length });
document.documentElement.dataset.ready = "true";
"""
