// The segment explorer: every segment in one table, and the chosen one beside it with its days and its rule.

import { card } from "../card.js";
import { SORTS } from "../address.js";
import { drawArea } from "../charts/area.js";
import { sparkline } from "../charts/sparkline.js";
import { drawWaiting, element, shape } from "../dom.js";
import { divide } from "../metrics.js";

export function explorer(page) {
  const { customers: told, language, state } = page;
  if (!told.segments.length) return [];
  const rows = told.segments.map((segment) => rowOf(page, segment));
  const title = language.say("segments");
  const columns = ["segment", "people", "share", "trend", "entered", "left_segment", "by_email", "by_sms"];
  const labels = columns.map((key) => language.say(key));
  const body = element("tbody", {});
  const none = element("p", { class: "blank", hidden: true }, language.say("no_such_segment"));
  let chosen = rows.find((row) => row.id === state.segment) ?? [...rows].sort(order("size", language))[0];
  let beside = detail(page, chosen);
  const fill = () => {
    const wanted = state.find.trim().toLowerCase();
    const shown = rows.filter((row) => `${row.name} ${row.id}`.toLowerCase().includes(wanted)).sort(order(state.sort, language));
    body.replaceChildren(...shown.map((row) => line(row)));
    none.hidden = shown.length > 0;
  };
  const line = (row) => {
    const name = element("button", { type: "button", class: "choice", "aria-pressed": String(row.id === chosen.id), onclick: () => choose(row) }, row.name);
    const cell = (value) => element("td", {}, language.people(value));
    const trend = row.history.some((value) => value !== null) ? sparkline(row.history, language.say("trend_of", { title: row.name }), { zoomed: true }) : "–";
    return element("tr", {}, element("th", { scope: "row" }, name), cell(row.size), element("td", {}, shareBar(row.share), element("span", { class: "rate" }, language.share(row.share))), element("td", { class: "trend" }, trend), cell(row.entered), cell(row.left), cell(row.email), cell(row.sms));
  };
  const choose = (row) => {
    chosen = row;
    state.segment = row.id;
    page.remember();
    for (const button of body.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.textContent === row.name));
    const anew = detail(page, row);
    beside.replaceWith(anew);
    beside = anew;
    drawWaiting();
    anew.scrollIntoView({ block: "nearest" });
  };
  fill();
  const head = element("tr", {}, ...labels.map((label) => element("th", { scope: "col" }, label)));
  const table = element("div", {}, element("table", { class: "explorer" }, element("caption", { class: "unseen" }, title), element("thead", {}, head), body), none);
  const list = card(page, {
    id: "segments",
    title,
    size: "wide",
    sub: language.say("segments_sub", { number: language.number(rows.length), days: state.days }),
    formula: language.say("segments_formula", { days: state.days }),
    tool: tools(page, fill),
    table: {
      columns: [{ label: "id" }, ...labels.filter((_, index) => index !== 3).map((label) => ({ label }))],
      rows: rows.map((row) => [row.id, row.name, row.size, row.share, row.entered, row.left, row.email, row.sms]),
    },
    body: table,
  });
  return [list, beside];
}

function rowOf(page, segment) {
  const { customers: told, language, state, length } = page;
  const history = segment.history.slice(-length);
  return {
    ...segment,
    name: language.name(segment.name),
    rule: segment.definition,
    share: segment.size === null ? null : Math.min(1, divide(segment.size, told.customers.at(-1)) ?? 0),
    history,
    growth: segment.size === null ? null : divide(segment.size, segment.history.at(-1 - length)),
    entered: segment.moved[state.days].entered,
    left: segment.moved[state.days].left,
    email: segment.reachable.email,
    sms: segment.reachable.sms,
  };
}

function order(sort, language) {
  const byName = new Intl.Collator(language.lang).compare;
  if (sort === "name") return (a, b) => byName(a.name, b.name);
  const value = (row) => row[sort] ?? -1;
  return (a, b) => value(b) - value(a) || byName(a.name, b.name);
}

function tools(page, fill) {
  const { language, state } = page;
  const sort = element("select", { "aria-label": language.say("sort_by") }, ...SORTS.map((each) => element("option", { value: each, selected: each === state.sort }, language.say(`sort_${each}`))));
  const find = element("input", { type: "search", value: state.find, "aria-label": language.say("find_segment"), placeholder: language.say("find_segment") });
  sort.addEventListener("change", () => again({ sort: sort.value }));
  find.addEventListener("input", () => again({ find: find.value }));
  const again = (values) => {
    Object.assign(state, values);
    page.remember();
    fill();
  };
  return element("span", { class: "finders" }, find, sort);
}

function shareBar(share) {
  const svg = shape("svg", { class: "bar", viewBox: "0 0 64 8", width: 64, height: 8, "aria-hidden": "true" }, shape("rect", { class: "track", width: 64, height: 8, rx: 4 }));
  if (share) svg.append(shape("rect", { class: "f1", width: Math.max(2, 64 * share), height: 8, rx: 4 }));
  return svg;
}

function detail(page, row) {
  const { customers: told, language, length } = page;
  const days = told.days.slice(-length).map((day, index) => ({ day, size: row.history[index], counted: told.customers.at(index - length) !== null })).filter((each) => each.counted);
  const fact = (key, value) => element("div", {}, element("dt", {}, language.say(key, { days: page.state.days })), element("dd", {}, value));
  const grown = row.growth === null ? "–" : `${row.growth >= 1 ? "+" : "−"}${language.share(Math.abs(row.growth - 1))}`;
  return card(page, {
    id: "segment",
    title: row.name,
    size: "narrow",
    sub: row.id,
    formula: language.say("segment_formula"),
    table: {
      columns: [{ label: language.say("day"), show: (day) => language.day(day, { dateStyle: "medium" }) }, { label: language.say("people"), show: (value) => language.number(value), none: language.say("few") }],
      rows: days.map((each) => [each.day, each.size]).reverse(),
    },
    draw: (box) => {
      if (days.length < 2) {
        box.append(element("p", { class: "blank" }, language.say("one_day_only")));
        return;
      }
      drawArea(box, {
        title: language.say("chart_of", { title: row.name }),
        labels: days.map((each) => language.day(each.day)),
        series: [{ label: language.say("people"), colour: 1, values: days.map((each) => each.size ?? 0) }],
        show: (value) => language.number(value),
        read: (index) => [language.day(days[index].day, { dateStyle: "medium" }), [language.say("people"), language.people(days[index].size)]],
      });
    },
    below: element(
      "div",
      {},
      element("dl", { class: "facts" }, fact("people", language.people(row.size)), fact("change_in", grown), fact("entered", language.people(row.entered)), fact("left_segment", language.people(row.left)), fact("by_email", language.people(row.email)), fact("by_sms", language.people(row.sms))),
      element("details", { class: "rule" }, element("summary", {}, language.say("definition")), element("pre", { tabindex: "0", "aria-label": language.say("definition") }, row.rule)),
    ),
  });
}
