// A line without axes: the shape of a number's last days. A day without a value is a gap. It begins at 0, or, where
// `zoomed`, just below the smallest value: a tenth of the largest is then the least that fills the height.

import { shape } from "../dom.js";

export function sparkline(values, title, { zoomed = false } = {}) {
  const known = values.filter((value) => value !== null);
  const most = Math.max(...known);
  const low = zoomed ? Math.min(...known, most * 0.9) : Math.min(0, ...known);
  const high = Math.max(most, low + 1e-9);
  const x = (index) => (index * 200) / Math.max(1, values.length - 1);
  const y = (value) => 33 - (30 * (value - low)) / (high - low);
  const svg = shape("svg", { viewBox: "0 0 200 36", height: 36, preserveAspectRatio: "none", role: "img", "aria-label": title });
  let run = [];
  const flush = () => {
    if (run.length === 1) run.push([run[0][0] + 1, run[0][1]]);
    if (run.length) svg.append(shape("polyline", { class: "stroke s1", "vector-effect": "non-scaling-stroke", points: run.map((point) => point.map((part) => part.toFixed(1)).join(",")).join(" ") }));
    run = [];
  };
  values.forEach((value, index) => {
    if (value === null) flush();
    else run.push([x(index), y(value)]);
  });
  flush();
  return svg;
}
