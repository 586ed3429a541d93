// Every flow and campaign of the period, and why messages of it were not sent.

import { card } from "../card.js";
import { element } from "../dom.js";
import { divide } from "../metrics.js";

export function definitions(page) {
  const { overview, language } = page;
  const unit = 10 ** overview.store.digits;
  const rows = page.period.current.definitions;
  const title = language.say("flows_and_campaigns");
  const say = (key) => language.say(key);
  const total = (each) => Object.values(each.skipped).reduce((sum, number) => sum + number, 0);
  const number = (value) => language.number(value);
  const rated = (part, whole, digits = 1) => [number(part), element("span", { class: "rate" }, language.share(divide(part, whole), digits))];
  const columns = ["name", "kind", "sent", "delivered", "opened", "clicked", "orders", "revenue", "per_recipient", "unsubscribed", "bounced", "skipped"];
  const reasons = [...new Set(rows.flatMap((each) => Object.keys(each.skipped)))].sort();
  const body = element(
    "table",
    {},
    element("caption", { class: "unseen" }, title),
    element("thead", {}, element("tr", {}, ...columns.filter((each) => each !== "kind").map((each) => element("th", { scope: "col" }, say(each))))),
    element(
      "tbody",
      {},
      ...rows.map((each) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, language.name(each.name), element("span", { class: "rate" }, say(`kind_${each.kind}`))),
          element("td", {}, number(each.sent)),
          element("td", {}, ...rated(each.delivered, each.sent)),
          element("td", {}, ...rated(each.opened, each.delivered)),
          element("td", {}, ...rated(each.clicked, each.delivered)),
          element("td", {}, number(each.orders)),
          element("td", {}, language.money(each.revenue)),
          element("td", {}, each.recipients ? language.money(Math.round(each.revenue / each.recipients)) : "–"),
          element("td", {}, ...rated(each.unsubscribed, each.delivered, 2)),
          element("td", {}, ...rated(each.bounced, each.sent, 2)),
          element("td", {}, skips(language, each, total(each))),
        ),
      ),
    ),
  );
  return card(page, {
    id: "definitions",
    title,
    sub: language.say("definitions_sub"),
    formula: language.say("definitions_formula", page.window),
    table: {
      columns: [...columns.slice(0, -1).map((key) => ({ label: say(key) })), ...reasons.map((reason) => ({ label: `${say("skipped")}: ${language.reason("skip", reason)}` }))],
      rows: rows.map((each) => [
        language.name(each.name), say(`kind_${each.kind}`), each.sent, each.delivered, each.opened, each.clicked, each.orders, each.revenue / unit,
        each.recipients ? Math.round(each.revenue / each.recipients) / unit : null, each.unsubscribed, each.bounced, ...reasons.map((reason) => each.skipped[reason] ?? 0),
      ]),
    },
    body: rows.length ? body : element("p", { class: "blank" }, say("nothing_sent")),
  });
}

function skips(language, definition, total) {
  if (!total) return language.number(0);
  const entries = Object.entries(definition.skipped).sort((a, b) => b[1] - a[1]);
  return element("details", {}, element("summary", {}, language.number(total)), element("ul", {}, ...entries.map(([reason, number]) => element("li", {}, `${language.reason("skip", reason)}: ${language.number(number)}`))));
}
