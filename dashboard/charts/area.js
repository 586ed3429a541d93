// Stacked areas over days: each series on the shoulders of those before it.

import { drawToWidth, shape } from "../dom.js";
import { frame, legend, readUnderPointer } from "./frame.js";

/** `series`: [{ label, colour 1–6, values }], bottom first; `labels` one a value; `show(value)`, `read(index)` text. */
export function drawArea(box, { title, labels, series, show, read }) {
  drawToWidth(box, (width) => {
    const count = labels.length;
    let base = Array(count).fill(0);
    const layers = series.map((each) => {
      const from = base;
      base = base.map((value, index) => value + each.values[index]);
      return { ...each, from, to: base };
    });
    const plot = frame({ width, largest: Math.max(...base), labels, show, title });
    const path = (values) => values.map((value, index) => `${plot.x(index).toFixed(1)},${plot.y(value).toFixed(1)}`);
    for (const layer of layers) {
      const upper = path(layer.to);
      plot.svg.append(
        shape("polygon", { class: `area f${layer.colour}`, points: [...upper, ...path(layer.from).reverse()].join(" ") }),
        shape("polyline", { class: `stroke s${layer.colour}`, points: upper.join(" ") }),
      );
    }
    box.replaceChildren(legend(series), plot.svg);
    readUnderPointer(box, plot, count, read);
  });
}
