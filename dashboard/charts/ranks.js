// Ranked horizontal bars with their words above them, for reasons of any length.

import { drawToWidth, shape } from "../dom.js";
import { fitted, textWidth } from "./scale.js";

/** `entries`: [{ label, value, text, colour }]; where an entry has no colour it has that of all. */
export function drawRanks(box, { title, entries, colour }) {
  drawToWidth(box, (width) => {
    const row = 36;
    const largest = Math.max(1, ...entries.map((entry) => entry.value));
    const svg = shape("svg", { viewBox: `0 0 ${width} ${row * entries.length}`, height: row * entries.length, role: "img", "aria-label": title });
    entries.forEach((entry, index) => {
      const y = index * row;
      svg.append(
        shape("text", { class: "strong", x: 0, y: y + 13 }, fitted(entry.label, width - textWidth(entry.text) - 12)),
        shape("text", { class: "strong", x: width, y: y + 13, "text-anchor": "end" }, entry.text),
        shape("rect", { class: "track", x: 0, y: y + 19, width, height: 8, rx: 4 }),
        shape("rect", { class: `f${entry.colour ?? colour}`, x: 0, y: y + 19, width: Math.max(3, (width * entry.value) / largest), height: 8, rx: 4 }),
      );
    });
    box.replaceChildren(svg);
  });
}
