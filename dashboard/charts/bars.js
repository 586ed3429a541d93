// Stacked bars, one a week.

import { drawToWidth, shape } from "../dom.js";
import { frame, legend, readUnderPointer } from "./frame.js";

/** Same arguments as drawArea. */
export function drawBars(box, { title, labels, series, show, read }) {
  drawToWidth(box, (width) => {
    const totals = labels.map((_, index) => series.reduce((sum, each) => sum + each.values[index], 0));
    const plot = frame({ width, largest: Math.max(...totals), labels, show, title, banded: true });
    const thick = Math.min(44, plot.step * 0.66);
    labels.forEach((_, index) => {
      let below = 0;
      for (const each of series) {
        const value = each.values[index];
        if (value > 0) {
          const high = plot.y(below) - plot.y(below + value);
          plot.svg.append(shape("rect", { class: `f${each.colour}`, x: plot.x(index) - thick / 2, y: plot.y(below + value), width: thick, height: high }));
          below += value;
        }
      }
    });
    box.replaceChildren(legend(series), plot.svg);
    readUnderPointer(box, plot, labels.length, read);
  });
}
