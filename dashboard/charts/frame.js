// What area and bar charts share: grid, axes, the legend, and the reading under the pointer.

import { element, shape } from "../dom.js";
import { spread, ticks } from "./scale.js";

export const HEIGHT = 250;
const BOTTOM = 26;
const TOP = 8;

/** An empty plot `width` wide whose y axis reaches `largest`; `show` makes an axis label of a value. */
export function frame({ width, largest, labels, show, title, height = HEIGHT, banded = false }) {
  const marks = ticks(largest);
  const top = marks.at(-1) || 1;
  const left = Math.max(...marks.map((mark) => show(mark).length)) * 7 + 10;
  const y = (value) => TOP + (height - TOP - BOTTOM) * (1 - value / top);
  const step = (width - left - 6) / (banded ? labels.length : Math.max(1, labels.length - 1));
  const x = (index) => left + (banded ? (index + 0.5) * step : index * step);
  const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": title });
  for (const mark of marks) {
    svg.append(shape("line", { class: "gridline", x1: left, x2: width, y1: y(mark), y2: y(mark) }), shape("text", { x: left - 8, y: y(mark) + 4, "text-anchor": "end" }, show(mark)));
  }
  for (const index of spread(labels.length, Math.floor((width - left) / 76))) {
    const end = !banded && index === labels.length - 1;
    svg.append(shape("text", { x: end ? width : x(index), y: height - 6, "text-anchor": end ? "end" : banded || index > 0 ? "middle" : "start" }, labels[index]));
  }
  svg.append(shape("line", { class: "axis", x1: left, x2: width, y1: y(0), y2: y(0) }));
  return { svg, x, y, step, left, width, height };
}

export function legend(series) {
  return element("ul", { class: "legend" }, ...series.map((each) => element("li", {}, element("span", { class: `swatch f${each.colour}` }), each.label)));
}

/** Shows `read(index)` = [heading, [label, text], …] beside the pointer; the table twin is the form without a pointer. */
export function readUnderPointer(box, plot, count, read) {
  const tip = element("div", { class: "tip", "aria-hidden": "true", hidden: true });
  const marker = shape("line", { class: "marker", y1: 0, y2: plot.height - BOTTOM, visibility: "hidden" });
  plot.svg.append(marker);
  box.append(tip);
  plot.svg.addEventListener("pointermove", (event) => {
    const at = event.clientX - plot.svg.getBoundingClientRect().left;
    const index = Math.max(0, Math.min(count - 1, Math.round((at - plot.x(0)) / plot.step)));
    const [heading, ...lines] = read(index);
    tip.replaceChildren(element("b", {}, heading), ...lines.map(([label, text]) => element("span", {}, element("span", {}, label), element("span", {}, text))));
    tip.hidden = false;
    marker.setAttribute("visibility", "visible");
    for (const end of ["x1", "x2"]) marker.setAttribute(end, plot.x(index));
    const right = plot.x(index) + 14 + tip.offsetWidth > plot.width;
    tip.style.left = `${Math.max(0, right ? plot.x(index) - 14 - tip.offsetWidth : plot.x(index) + 14)}px`;
    tip.style.top = `${plot.svg.offsetTop ?? 0}px`;
  });
  plot.svg.addEventListener("pointerleave", () => {
    tip.hidden = true;
    marker.setAttribute("visibility", "hidden");
  });
}
