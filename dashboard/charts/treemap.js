// A treemap: areas in proportion, laid in strips so that no part becomes a sliver (squarified: Bruls, Huizing, van Wijk).

import { drawToWidth, shape } from "../dom.js";
import { fitted } from "./scale.js";

const GAP = 3;

/** `parts`: [{ label, value, text, colour 1–6 }], largest first. */
export function drawTreemap(box, { title, parts, height = 280 }) {
  drawToWidth(box, (width) => {
    const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": title });
    const total = parts.reduce((sum, part) => sum + part.value, 0);
    const scaled = parts.map((part) => ({ ...part, area: (part.value / total) * width * height }));
    for (const { part, x, y, wide, high } of squarify(scaled, 0, 0, width, height)) {
      svg.append(shape("rect", { class: `tile f${part.colour}`, x: x + GAP / 2, y: y + GAP / 2, width: Math.max(1, wide - GAP), height: Math.max(1, high - GAP), rx: 6 }));
      if (high > 44 && wide > 64) {
        svg.append(shape("text", { class: "strong", x: x + 11, y: y + 22 }, fitted(part.label, wide - 18)), shape("text", { x: x + 11, y: y + 39 }, fitted(part.text, wide - 18)));
      }
    }
    box.replaceChildren(svg);
  });
}

function squarify(parts, x, y, wide, high) {
  if (!parts.length) return [];
  const side = Math.min(wide, high);
  let taken = 1;
  while (taken < parts.length && worst(parts.slice(0, taken + 1), side) <= worst(parts.slice(0, taken), side)) taken += 1;
  const strip = parts.slice(0, taken);
  const thick = strip.reduce((sum, part) => sum + part.area, 0) / side;
  let at = 0;
  const placed = strip.map((part) => {
    const long = part.area / thick;
    const found = wide >= high ? { part, x, y: y + at, wide: thick, high: long } : { part, x: x + at, y, wide: long, high: thick };
    at += long;
    return found;
  });
  const rest = wide >= high ? [x + thick, y, wide - thick, high] : [x, y + thick, wide, high - thick];
  return [...placed, ...squarify(parts.slice(taken), ...rest)];
}

function worst(strip, side) {
  const sum = strip.reduce((total, part) => total + part.area, 0);
  return Math.max(...strip.map((part) => Math.max((side * side * part.area) / (sum * sum), (sum * sum) / (side * side * part.area))));
}
