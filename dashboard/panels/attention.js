// How long mails were read, and where they were opened: people of the last thirty days, in tens.

import { card } from "../card.js";
import { drawParts } from "../charts/parts.js";
import { drawRanks } from "../charts/ranks.js";
import { element } from "../dom.js";

const DEPTHS = ["glanced", "skimmed", "read"];
const MOST = 7;

export function depths(page) {
  const { overview, language } = page;
  const told = overview.attention;
  if (!told) return null;
  const title = language.say("reading_time");
  const series = DEPTHS.map((depth, index) => ({ label: language.say(`depth_${depth}`), colour: [6, 2, 1][index] }));
  const entries = told.depths.map((each) => ({ label: language.name(each.name), values: DEPTHS.map((depth) => each[depth] ?? 0) })).filter((entry) => entry.values.some(Boolean));
  const share = (entry) => language.say("read_share", { share: language.share(entry.values[2] / entry.values.reduce((sum, value) => sum + value, 0), 0) });
  return card(page, {
    id: "reading",
    title,
    size: "half",
    sub: language.say("reading_time_sub", { days: told.days }),
    formula: language.say("reading_time_formula", { days: told.days }),
    table: {
      columns: [{ label: language.say("flow_or_campaign") }, ...series.map((each) => ({ label: each.label, show: (value) => language.number(value), none: language.say("few") }))],
      rows: told.depths.map((each) => [language.name(each.name), ...DEPTHS.map((depth) => each[depth])]),
    },
    draw: (box) => {
      if (entries.length) drawParts(box, { title: language.say("chart_of", { title }), series, entries: entries.slice(0, 5).map((entry) => ({ ...entry, text: share(entry) })) });
      else box.append(element("p", { class: "blank" }, language.say("no_reading_time")));
    },
  });
}

export function places(page) {
  const { overview, language } = page;
  const told = overview.attention;
  if (!told) return null;
  const title = language.say("places_of_opens");
  const entries = Object.entries(told.places)
    .sort((a, b) => (a[0] === "other") - (b[0] === "other") || b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([code, value]) => ({ label: code === "other" ? language.say("other_countries") : language.country(code), value, text: language.number(value), colour: code === "other" ? 6 : undefined }));
  return card(page, {
    id: "places",
    title,
    size: "half",
    sub: language.say("places_of_opens_sub", { days: told.days }),
    formula: language.say("places_of_opens_formula", { days: told.days }),
    table: {
      columns: [{ label: language.say("country") }, { label: language.say("people"), show: (value) => language.number(value) }],
      rows: entries.map((entry) => [entry.label, entry.value]),
    },
    draw: (box) => {
      if (entries.length) drawRanks(box, { title: language.say("chart_of", { title }), colour: 2, entries: entries.slice(0, MOST) });
      else box.append(element("p", { class: "blank" }, language.say("no_places")));
    },
  });
}
