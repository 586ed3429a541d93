// Horizontal bars of parts, their words above them: what each of a few wholes is made of.

import { drawToWidth, shape } from "../dom.js";
import { legend } from "./frame.js";

/** `series`: [{ label, colour 1–6 }]; `entries`: [{ label, text, values }], a value for each of the series. */
export function drawParts(box, { title, series, entries }) {
  drawToWidth(box, (width) => {
    const row = 44;
    const largest = Math.max(1, ...entries.map((entry) => sum(entry.values)));
    const svg = shape("svg", { viewBox: `0 0 ${width} ${row * entries.length}`, height: row * entries.length, role: "img", "aria-label": title });
    entries.forEach((entry, index) => {
      const y = index * row;
      svg.append(shape("text", { class: "strong", x: 0, y: y + 13 }, entry.label), shape("text", { class: "strong", x: width, y: y + 13, "text-anchor": "end" }, entry.text), shape("rect", { class: "track", x: 0, y: y + 20, width, height: 12 }));
      let left = 0;
      entry.values.forEach((value, place) => {
        const wide = (width * value) / largest;
        if (value > 0) svg.append(shape("rect", { class: `f${series[place].colour}`, x: left, y: y + 20, width: wide, height: 12 }));
        left += wide;
      });
    });
    box.replaceChildren(legend(series), svg);
  });
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
