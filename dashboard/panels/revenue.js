// Revenue a day by what it is owed to.

import { card } from "../card.js";
import { drawArea } from "../charts/area.js";
import { attributed, daily } from "../metrics.js";

export function revenue(page) {
  const { overview, language } = page;
  const days = daily(overview, page.length);
  const series = [
    { key: "not_attributed", colour: 1, values: days.map((day) => day.revenue - attributed(day)) },
    { key: "campaigns", colour: 2, values: days.map((day) => day.revenue_campaigns) },
    { key: "flows", colour: 3, values: days.map((day) => day.revenue_flows) },
  ].map((each) => ({ ...each, label: language.say(each.key) }));
  const title = language.say("revenue_by_source");
  const money = (value) => language.money(value);
  const unit = 10 ** overview.store.digits;
  const period = page.period.current;
  const foreign = period.other_currencies.map((each) => language.say("orders_in", { orders: language.number(each.orders), amount: language.moneyIn(each.currency, each.revenue) }));
  return card(page, {
    id: "revenue",
    title,
    size: "wide",
    sub: [language.say("revenue_sub", page.window), ...foreign.map((text) => language.say("not_included", { text }))].join(" · "),
    formula: language.say("revenue_formula", page.window),
    table: {
      columns: [{ label: language.say("day"), show: (day) => language.day(day, { dateStyle: "medium" }) }, ...series.map((each) => ({ label: `${each.label} (${overview.store.currency})`, show: (value) => money(value * unit) })), { label: language.say("orders"), show: (value) => language.number(value) }, { label: `${language.say("refunded")} (${overview.store.currency})`, show: (value) => money(value * unit) }],
      rows: days.map((day, index) => [day.day, ...series.map((each) => each.values[index] / unit), day.orders, day.refunded / unit]).reverse(),
    },
    draw: (box) =>
      drawArea(box, {
        title: language.say("chart_of", { title }),
        labels: days.map((day) => language.day(day.day)),
        series,
        show: (value) => language.money(value, { compact: true }),
        read: (index) => [language.day(days[index].day, { dateStyle: "medium" }), ...series.map((each) => [each.label, money(each.values[index])]).reverse(), [language.say("total"), money(days[index].revenue)]],
      }),
  });
}
