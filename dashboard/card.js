// A card: title, its formula behind `?`, the chart, and the same numbers as a table (the form that a screen
// reader, a search and a spreadsheet can use).

import { download } from "./csv.js";
import { element, freshId } from "./dom.js";

/**
 * `table` is { columns: [{ label, show, none }], rows: [[value, …]] } with plain values; `show` makes text of one, `none`
 * stands for null.
 * `draw(box)` puts the chart into an element. Without `draw` the table is all there is. `tool` is a control
 * of the card's own, before its buttons; `below` comes after chart and table alike.
 */
export function card(page, { id, title, sub, formula, size = "", tool, table, draw, body, below }) {
  const { language, state } = page;
  const heading = freshId("title");
  const chart = element("div", { class: "plot" });
  const twin = element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": language.say("table_of", { title }) }, body ?? buildTable(table));
  const [help, explained] = helpFor(language, title, formula);
  const tools = element("div", { class: "tools" }, tool);
  if (draw) {
    const toggle = element("button", { type: "button" });
    const show = (asTable) => {
      chart.hidden = asTable;
      twin.hidden = !asTable;
      toggle.textContent = language.say(asTable ? "show_as_chart" : "show_as_table");
      toggle.setAttribute("aria-label", `${toggle.textContent}: ${title}`);
    };
    toggle.addEventListener("click", () => {
      if (state.tables.has(id)) state.tables.delete(id);
      else state.tables.add(id);
      page.remember();
      show(state.tables.has(id));
    });
    show(state.tables.has(id));
    tools.append(toggle);
  }
  tools.append(
    element("button", { type: "button", "aria-label": `${language.say("download_csv")}: ${title}`, onclick: () => download(`dripline-${id}-${page.asOfDay}`, [table.columns.map((column) => column.label), ...table.rows]) }, "CSV"),
  );
  const section = element(
    "section",
    { class: `card ${size}`, "aria-labelledby": heading, id: `card-${id}` },
    element("div", { class: "head" }, element("div", {}, element("div", { class: "name" }, element("h2", { id: heading }, title), help), sub ? element("p", { class: "muted sub" }, sub) : null), tools),
    explained,
    draw ? chart : null,
    twin,
    below,
  );
  if (draw) draw(chart);
  return section;
}

/** The `?` button and the formula it opens. */
export function helpFor(language, title, formula) {
  const id = freshId("formula");
  const explained = element("p", { class: "formula", id, hidden: true }, formula);
  const help = element("button", { type: "button", class: "help", "aria-expanded": "false", "aria-controls": id, "aria-label": language.say("how_computed", { title }) }, "?");
  help.addEventListener("click", () => {
    explained.hidden = !explained.hidden;
    help.setAttribute("aria-expanded", String(!explained.hidden));
  });
  return [help, explained];
}

/** A key number: its name and formula, its value, what it is compared with, a word beside it and the shape of its days. */
export function tile(language, { title, formula, value, delta, aside, line }) {
  const [help, explained] = helpFor(language, title, formula);
  return element("li", { class: "kpi" }, element("div", { class: "label" }, element("h2", {}, title), help), explained, element("p", { class: "value" }, value), delta, element("p", { class: "aside" }, aside), line);
}

export function buildTable({ columns, rows }) {
  const shown = (value, column) => (value === null ? (column.none ?? "–") : column.show ? column.show(value) : value);
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...columns.map((column) => element("th", { scope: "col" }, column.label)))),
    element(
      "tbody",
      {},
      ...rows.map((row) => element("tr", {}, ...row.map((value, index) => (index === 0 ? element("th", { scope: "row" }, shown(value, columns[0])) : element("td", {}, shown(value, columns[index])))))),
    ),
  );
}
