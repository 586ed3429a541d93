// Round axis steps, the few labels that fit, and how much of a text does.

export function ticks(largest, wanted = 5) {
  if (largest <= 0) return [0];
  const rough = largest / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each >= rough);
  const found = [];
  for (let at = 0; at <= largest + step * 0.999; at += step) found.push(at);
  return found;
}

/** Indexes of at most `most` labels among `count`, evenly, the last included. */
export function spread(count, most) {
  const every = Math.max(1, Math.ceil(count / Math.max(1, most)));
  return Array.from({ length: count }, (_, index) => index).filter((index) => (count - 1 - index) % every === 0);
}

/** About how wide a text of 13 px is. */
export function textWidth(text) {
  return [...text].reduce((sum, letter) => sum + widthOf(letter), 0);
}

/** As much of a text as fits, with … where something had to go. */
export function fitted(text, wide) {
  if (textWidth(text) <= wide) return text;
  let room = wide - 13;
  const letters = [...text];
  return `${letters.slice(0, Math.max(1, letters.findIndex((letter) => (room -= widthOf(letter)) < 0))).join("").trimEnd()}…`;
}

function widthOf(letter) {
  return letter > "\u2e7f" ? 13.5 : 7.4;
}
