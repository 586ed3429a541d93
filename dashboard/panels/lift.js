// Treated against held out, as counted: no verdict is spoken here, that needs a test.

import { card, buildTable } from "../card.js";
import { divide } from "../metrics.js";

export function lift(page) {
  const { language, overview } = page;
  const rows = page.period.current.lift;
  if (!rows.length) return null;
  const number = (value) => language.number(value);
  const share = (value) => language.share(value, 1);
  const unit = 10 ** overview.store.digits;
  const money = (value) => language.money(Math.round(value * unit));
  const rate = (side) => divide(side.ordered, side.entered);
  const each = (side) => divide(side.revenue / unit, side.entered);
  const table = {
    columns: [
      { label: language.say("name") },
      { label: language.say("treated"), show: number },
      { label: language.say("treated_ordered"), show: share },
      { label: language.say("treated_each"), show: money },
      { label: language.say("held_out"), show: number },
      { label: language.say("held_out_ordered"), show: share },
      { label: language.say("held_out_each"), show: money },
    ],
    rows: rows.map((row) => [language.name(row.name), row.treated.entered, rate(row.treated), each(row.treated), row.held_out.entered, rate(row.held_out), each(row.held_out)]),
  };
  return card(page, { id: "lift", title: language.say("held_out_title"), sub: language.say("held_out_sub"), formula: language.say("held_out_formula"), table, body: buildTable(table) });
}
