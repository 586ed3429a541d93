// Why people left: by week, of everything or of one flow; and by flow over ninety days.

import { card } from "../card.js";
import { drawBars } from "../charts/bars.js";
import { drawParts } from "../charts/parts.js";
import { drawWaiting, element } from "../dom.js";

const MOST = 6;

export function reasons(page) {
  const { overview, language, state } = page;
  const told = overview.reasons;
  const from = page.period.current.from;
  const weeks = told.weeks.filter((week, index, all) => index === all.length - 1 || all[index + 1].from > from);
  const flow = weeks.some((week) => week.by_flow[state.flow]) ? state.flow : "";
  const { series, read, cells } = palette(page);
  const counts = (week) => read(flow ? (week.by_flow[flow] ?? {}) : week.counts);
  const shown = series.map((each, index) => ({ ...each, values: weeks.map((week) => counts(week)[index]) })).filter((each) => each.values.some(Boolean));
  const title = language.say("unsubscribe_reasons");
  const number = (value) => language.number(value);
  const day = (text) => language.day(text, { dateStyle: "medium" });
  const rows = (week) => [
    ...(flow ? [] : [[week.from, language.say("all_flows"), ...cells(week.counts)]]),
    ...Object.entries(week.by_flow).filter(([id]) => !flow || id === flow).map(([id, found]) => [week.from, language.name(told.flows[id]), ...cells(found)]),
  ];
  const section = card(page, {
    id: "reasons",
    title,
    size: "half",
    sub: language.say("reasons_sub"),
    formula: language.say("reasons_formula"),
    tool: chooser(page, flow, weeks, () => section),
    table: {
      columns: [{ label: language.say("week_from"), show: day }, { label: language.say("flow_or_campaign") }, ...series.map((each) => ({ label: each.label, show: number }))],
      rows: weeks.flatMap(rows),
    },
    draw: (box) => {
      if (!shown.length) {
        box.append(element("p", { class: "blank" }, language.say("no_reasons")));
        return;
      }
      drawBars(box, {
        title: language.say("chart_of", { title: flow ? `${title}, ${language.name(told.flows[flow])}` : title }),
        labels: weeks.map((week) => language.day(week.from)),
        series: shown,
        show: number,
        read: (index) => [language.say("week_of", { day: day(weeks[index].from) }), ...shown.map((each) => [each.label, number(each.values[index])]).reverse()],
      });
    },
  });
  return section;
}

export function reasonsByFlow(page) {
  const { overview, language } = page;
  const told = overview.reasons;
  const { series, read, cells } = palette(page);
  const title = language.say("reasons_by_flow");
  const number = (value) => language.number(value);
  const entries = Object.entries(told.by_flow)
    .map(([id, counts]) => ({ label: language.name(told.flows[id]), values: read(counts), cells: cells(counts) }))
    .map((entry) => ({ ...entry, total: sum(entry.values) }))
    .sort((a, b) => b.total - a.total);
  return card(page, {
    id: "reasons-by-flow",
    title,
    size: "half",
    sub: language.say("reasons_by_flow_sub"),
    formula: language.say("reasons_by_flow_formula"),
    table: {
      columns: [{ label: language.say("flow_or_campaign") }, { label: language.say("answers"), show: number }, ...series.map((each) => ({ label: each.label, show: number }))],
      rows: entries.map((entry) => [entry.label, entry.total, ...entry.cells]),
    },
    draw: (box) => {
      if (entries.length) drawParts(box, { title: language.say("chart_of", { title }), series, entries: entries.map((entry) => ({ ...entry, text: number(entry.total) })) });
      else box.append(element("p", { class: "blank" }, language.say("too_few_reasons", { fewest: 10 })));
    },
  });
}

/**
 * The reasons given most, in one order and one colour for both cards. `read` makes numbers of counts, `cells` what a
 * table shows: nothing, not 0, where fewer than ten people may have said so.
 */
function palette(page) {
  const told = page.overview.reasons;
  const total = {};
  for (const counts of [...told.weeks.map((week) => week.counts), ...Object.values(told.by_flow)]) {
    for (const [reason, number] of Object.entries(counts)) total[reason] = (total[reason] ?? 0) + number;
  }
  const named = Object.keys(total).filter((reason) => reason !== "other").sort((a, b) => total[b] - total[a] || (a < b ? -1 : 1)).slice(0, MOST - 1);
  const series = [...named, "other"].map((reason, index) => ({ label: page.language.name(told.names[reason]), colour: reason === "other" ? MOST : index + 1 }));
  const read = (counts) => {
    const known = named.map((reason) => counts[reason] ?? 0);
    return [...known, sum(Object.values(counts)) - sum(known)];
  };
  const cells = (counts) => read(counts).map((value, index) => (named[index] && !value ? null : value));
  return { series, read, cells };
}

/** Chooses the flow of the weekly card; `made()` is the card, which is put anew. */
function chooser(page, flow, weeks, made) {
  const { overview, language, state } = page;
  const names = overview.reasons.flows;
  const found = [...new Set(weeks.flatMap((week) => Object.keys(week.by_flow)))].sort((a, b) => (a === "other") - (b === "other") || (language.name(names[a]) < language.name(names[b]) ? -1 : 1));
  const options = ["", ...found].map((each) => element("option", { value: each, selected: each === flow }, each ? language.name(names[each]) : language.say("all_flows")));
  const choice = element("select", { "aria-label": language.say("flow_or_campaign") }, ...options);
  choice.addEventListener("change", () => {
    state.flow = choice.value;
    page.remember();
    const anew = reasons(page);
    made().replaceWith(anew);
    drawWaiting();
    anew.querySelector("select").focus();
  });
  return found.length ? choice : null;
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
