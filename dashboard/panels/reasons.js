// Why people left, by week, and by flow.

import { card } from "../card.js";
import { drawBars } from "../charts/bars.js";
import { element } from "../dom.js";

export function reasons(page) {
  const { overview, language } = page;
  const from = page.period.current.from;
  const weeks = overview.reasons.weeks.filter((week, index, all) => index === all.length - 1 || all[index + 1].from > from);
  const found = [...new Set(weeks.flatMap((week) => Object.keys(week.counts)))].sort((a, b) => (a === "other") - (b === "other") || sum(weeks, b) - sum(weeks, a));
  const shown = found.length > 6 ? [...found.slice(0, 5), "other"] : found;
  const valueOf = (week, key) => (key === "other" ? Object.entries(week.counts).reduce((total, [name, number]) => total + (shown.includes(name) && name !== "other" ? 0 : number), 0) : (week.counts[key] ?? 0));
  const label = (key) => language.name(overview.reasons.names[key]);
  const series = shown.map((key, index) => ({ label: label(key), colour: key === "other" ? 6 : index + 1, values: weeks.map((week) => valueOf(week, key)) }));
  const title = language.say("unsubscribe_reasons");
  const number = (value) => language.number(value);
  return card(page, {
    id: "reasons",
    title,
    size: "half",
    sub: language.say("reasons_sub"),
    formula: language.say("reasons_formula"),
    table: {
      columns: [{ label: language.say("week_from"), show: (day) => language.day(day, { dateStyle: "medium" }) }, ...series.map((each) => ({ label: each.label, show: number }))],
      rows: weeks.map((week, index) => [week.from, ...series.map((each) => each.values[index])]),
    },
    draw: (box) => {
      if (!series.length) {
        box.append(element("p", { class: "blank" }, language.say("no_reasons")));
        return;
      }
      drawBars(box, {
        title: language.say("chart_of", { title }),
        labels: weeks.map((week) => language.day(week.from)),
        series,
        show: number,
        read: (index) => [language.say("week_of", { day: language.day(weeks[index].from, { dateStyle: "medium" }) }), ...series.map((each) => [each.label, number(each.values[index])]).reverse()],
      });
    },
  });
}

function sum(weeks, key) {
  return weeks.reduce((total, week) => total + (week.counts[key] ?? 0), 0);
}
