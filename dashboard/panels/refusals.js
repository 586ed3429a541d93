// What did not happen and why: messages skipped, and hits and deliveries that the intake dropped.

import { card } from "../card.js";
import { drawRanks } from "../charts/ranks.js";
import { element } from "../dom.js";

const KINDS = [
  { kind: "skip", part: "skipped", heading: "messages_not_sent", colour: 3 },
  { kind: "drop", part: "drops", heading: "refused_at_intake", colour: 5 },
];
const MOST = 7;

export function refusals(page) {
  const { language } = page;
  const title = language.say("skips_and_drops");
  const { current, previous } = page.period;
  const lists = KINDS.map((each) => ({ ...each, entries: Object.entries(current[each.part]).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)) }));
  return card(page, {
    id: "refusals",
    title,
    sub: language.say("refusals_sub"),
    formula: language.say("refusals_formula"),
    table: {
      columns: [{ label: language.say("reason") }, { label: language.say("where") }, { label: language.say("number"), show: (value) => language.number(value) }, { label: language.say("previous_period"), show: (value) => language.number(value) }],
      rows: lists.flatMap(({ kind, part, heading, entries }) => entries.map(([reason, number]) => [language.reason(kind, reason), language.say(heading), number, previous[part][reason] ?? 0])),
    },
    draw: (box) => {
      const pair = element("div", { class: "pair" });
      box.append(pair);
      for (const { kind, heading, colour, entries } of lists) {
        const plot = element("div", {});
        pair.append(element("div", {}, element("h3", {}, language.say(heading)), plot));
        if (!entries.length) plot.append(element("p", { class: "blank" }, language.say("none")));
        else drawRanks(plot, { title: language.say("chart_of", { title: language.say(heading) }), colour, entries: entries.slice(0, MOST).map(([reason, value]) => ({ label: language.reason(kind, reason), value, text: language.number(value) })) });
      }
    },
  });
}
