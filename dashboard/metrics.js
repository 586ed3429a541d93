// Every number on the page and its formula: sums over a period's days, and ratios of sums.
// A ratio without a denominator is null, shown as a dash; it is never 0.

const RATIOS = {
  share: (sum) => [sum.revenue_flows + sum.revenue_campaigns, sum.revenue],
  average: (sum) => [sum.revenue, sum.orders],
  repeat: (sum) => [sum.repeat_orders, sum.orders],
  click: (sum) => [sum.clicked, sum.delivered],
  unsubscribe: (sum) => [sum.unsubscribed, sum.delivered],
};

export function attributed(sum) {
  return sum.revenue_flows + sum.revenue_campaigns;
}

export function ratio(name, sum) {
  return divide(...RATIOS[name](sum));
}

export function divide(part, whole) {
  return whole > 0 ? part / whole : null;
}

/** Sums of every series over the last `length` days, and over as many before them. */
export function periodSums(overview, length) {
  const end = overview.days.length;
  return { current: sums(overview.series, end - length, end), previous: sums(overview.series, end - 2 * length, end - length) };
}

function sums(series, from, to) {
  return Object.fromEntries(Object.entries(series).map(([name, values]) => [name, values.slice(from, to).reduce((a, b) => a + b, 0)]));
}

/** One object of all series' values for each of the last `length` days. */
export function daily(overview, length) {
  const end = overview.days.length;
  return overview.days.slice(end - length).map((day, index) => {
    const at = end - length + index;
    return { day, ...Object.fromEntries(Object.entries(overview.series).map(([name, values]) => [name, values[at]])) };
  });
}
