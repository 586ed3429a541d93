// The row of key numbers: value, change against the equal period before, shape of the days.

import { tile } from "../card.js";
import { sparkline } from "../charts/sparkline.js";
import { element } from "../dom.js";
import { attributed, daily, periodSums, ratio } from "../metrics.js";

// `rate`: the change is in percentage points. `good`: which direction pleases.
const MEASURES = [
  { key: "attributed_revenue", value: attributed, money: true },
  { key: "orders", value: (sum) => sum.orders },
  { key: "average_order", value: (sum) => ratio("average", sum), money: true },
  { key: "repeat_share", value: (sum) => ratio("repeat", sum), rate: true },
  { key: "click_rate", value: (sum) => ratio("click", sum), rate: true, digits: 2 },
  { key: "unsubscribe_rate", value: (sum) => ratio("unsubscribe", sum), rate: true, digits: 2, good: "down" },
];

export function kpis(page) {
  const { overview, language, state } = page;
  const { current, previous } = periodSums(overview, page.length);
  const days = daily(overview, page.length);
  const list = element("ul", { class: "kpis", "aria-label": language.say("key_numbers") });
  for (const measure of MEASURES) {
    const title = language.say(measure.key);
    const show = (value) => (value === null ? "–" : measure.money ? language.money(Math.round(value)) : measure.rate ? language.share(value, measure.digits ?? 1) : language.number(value));
    const value = measure.value(current);
    list.append(
      tile(language, {
        title,
        formula: language.say(`${measure.key}_formula`, page.window),
        value: show(value),
        delta: change(language, measure, value, measure.value(previous), state.days),
        aside: aside(language, measure, current),
        line: sparkline(days.map(measure.value), language.say("trend_of", { title })),
      }),
    );
  }
  return list;
}

function aside(language, measure, sum) {
  if (measure.key === "attributed_revenue") return language.say("share_of_revenue", { share: language.share(ratio("share", sum)), revenue: language.money(sum.revenue) });
  if (measure.key === "orders") return language.say("of_which_attributed", { number: language.number(sum.attributed_orders) });
  return "";
}

/** How far a number moved: `measure.rate` in points, `measure.good` is the direction that pleases, null when none does; `measure.over`: within the days, not against those before. */
export function change(language, measure, now, before, days) {
  const nothing = now === null || before === null || (!measure.rate && before === 0);
  if (nothing) return element("p", { class: "delta even" }, language.say("no_comparison"));
  const difference = measure.rate ? (now - before) * 100 : now / before - 1;
  const digits = measure.rate ? (measure.digits ?? 1) : 1;
  const size = Math.abs(difference);
  const text = measure.rate
    ? language.say("points", { number: new Intl.NumberFormat(language.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(size) })
    : language.share(size, 1);
  const still = size < (measure.rate ? 0.5 * 10 ** -digits : 0.0005);
  const up = difference > 0;
  const pleasing = (measure.good === "down") !== up;
  const word = still || measure.good === null ? "even" : pleasing ? "better" : "worse";
  return element(
    "p",
    { class: `delta ${{ even: "even", better: "good", worse: "bad" }[word]}` },
    element("span", { "aria-hidden": "true" }, still ? "= " : up ? "▲ " : "▼ "),
    element("span", { class: "unseen" }, `${language.say(up ? "up" : "down")} `),
    language.say(measure.over ? "over_days" : "against_previous", { change: text, days }),
    word === "even" && !still ? null : element("span", { class: "unseen" }, ` (${language.say(word)})`),
  );
}
