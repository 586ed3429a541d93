// A funnel as bars from one edge: lengths can be compared, which the usual trapezoids do not allow.

import { drawToWidth, shape } from "../dom.js";
import { textWidth } from "./scale.js";

/** `stages`: [{ label, value, text, share }]; `share` is the text of its part of the stage before, '' for none. */
export function drawFunnel(box, { title, stages }) {
  drawToWidth(box, (width) => {
    const left = Math.min(92, Math.max(...stages.map((stage) => textWidth(stage.label))) + 12);
    const right = 92;
    const row = 46;
    const largest = Math.max(1, ...stages.map((stage) => stage.value));
    const svg = shape("svg", { viewBox: `0 0 ${width} ${row * stages.length}`, height: row * stages.length, role: "img", "aria-label": title });
    stages.forEach((stage, index) => {
      const y = index * row + 8;
      const long = stage.value ? Math.max(2, ((width - left - right) * stage.value) / largest) : 0;
      svg.append(
        shape("text", { class: "strong", x: left - 10, y: y + 19, "text-anchor": "end" }, stage.label),
        shape("rect", { class: "track", x: left, y, width: width - left - right, height: 28, rx: 5 }),
        shape("rect", { class: "f1", x: left, y, width: long, height: 28, rx: 5 }),
        shape("text", { class: "strong", x: width - right + 10, y: y + 13 }, stage.text),
        shape("text", { x: width - right + 10, y: y + 28 }, stage.share),
      );
    });
    box.replaceChildren(svg);
  });
}
