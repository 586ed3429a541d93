// Round axis steps, and the few labels that fit.

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
