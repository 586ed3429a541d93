// What the predictions rest on: for each job of the daily run what the store's own past chose, or why it is blank.

import { card } from "../card.js";
import { drawRanks } from "../charts/ranks.js";
import { element } from "../dom.js";

const MOST = 3;
const figure = (language, value) => new Intl.NumberFormat(language.lang, { maximumSignificantDigits: 3 }).format(value);

export function models(page) {
  const { customers: told, language } = page;
  if (!told.models.length) return null;
  const title = language.say("models");
  const ordered = [...told.models].sort((a, b) => rank(a) - rank(b));
  const asOf = told.models[0].as_of;
  return card(page, {
    id: "models",
    title,
    sub: [language.say("models_sub"), asOf ? language.say("learnt_on", { time: language.instant(asOf) }) : ""].filter(Boolean).join(" · "),
    formula: language.say("models_formula"),
    table: tableOf(language, ordered),
    draw: (box) => {
      const jobs = ordered.filter((model) => !model.id.startsWith("tags_"));
      const tags = ordered.filter((model) => model.id.startsWith("tags_"));
      box.append(element("div", { class: "models" }, ...jobs.map((model) => article(language, model)), tags.length ? preferences(language, tags) : null));
    },
  });
}

function rank(model) {
  return (model.blank ? 2 : 0) + (model.candidates.length ? 0 : 1);
}

function tableOf(language, ordered) {
  const number = (value) => figure(language, value);
  const day = (value) => language.day(value, { dateStyle: "medium" });
  const keys = ["job", "method", "role", "measured_as", "figure", "gain", "standard_error", "rows_judged", "judged_from", "judged_to", "since", "why_blank"];
  const shows = { figure: number, gain: number, standard_error: number, rows_judged: (value) => language.number(value), judged_from: day, judged_to: day, since: day };
  const rows = ordered.flatMap((model) => {
    const tail = [model.rows, model.judged_on?.[0] ?? null, model.judged_on?.[1] ?? null, model.since];
    const reason = model.blank ?? model.unjudged;
    const name = language.name(model.name);
    if (!model.candidates.length) return [[name, model.chosen ? language.name(model.chosen) : null, model.blank ? language.say("role_blank") : language.say("role_chosen"), null, model.reliability, null, null, ...tail, reason ? language.name(reason) : null]];
    return model.candidates.map((each) => [name, language.name(each.name), role(language, each), language.name(model.measure), each.figure, each.gain, each.error, ...tail, null]);
  });
  return { columns: keys.map((key) => ({ label: language.say(key), show: shows[key] })), rows };
}

function role(language, candidate) {
  if (candidate.chosen) return language.say("role_chosen");
  return language.say(candidate.fallback ? "role_fallback" : "role_tried");
}

function article(language, model) {
  const words = wordsOf(language, model);
  const plot = element("div", {});
  if (model.candidates.length) {
    const shown = [...model.candidates].sort((a, b) => (b.chosen - a.chosen) || (b.fallback - a.fallback) || (b.gain ?? 0) - (a.gain ?? 0)).slice(0, MOST);
    drawRanks(plot, {
      title: language.say("chart_of", { title: language.name(model.name) }),
      colour: 6,
      entries: shown.map((each) => ({ label: `${language.name(each.name)}${each.fallback ? ` · ${language.say("role_fallback")}` : ""}`, value: each.figure, text: figure(language, each.figure), colour: each.chosen ? 1 : 6 })),
    });
  }
  return element("article", { class: model.blank ? "model empty" : "model" }, element("h3", {}, language.name(model.name)), ...words.map(([style, text]) => element("p", { class: style }, text)), plot);
}

function wordsOf(language, model) {
  if (model.blank) return [["muted", language.say("blank_because", { reason: language.name(model.blank) })]];
  if (model.id === "rfm") return [["verdict", language.say("by_thirds")], ["muted", language.say("from_buyers", { rows: language.number(model.rows ?? 0) })]];
  if (model.id === "stage") return [["verdict", language.say("by_waits")], ["muted", language.say("from_returns", { rows: language.number(model.rows ?? 0) })]];
  const found = [["verdict", model.chosen ? language.name(model.chosen) : language.say("learnt")]];
  if (model.unjudged) found.push(["muted", language.say("not_judged", { reason: language.name(model.unjudged) })]);
  if (model.measure) found.push(["muted", language.name(model.measure)]);
  const meta = [
    model.rows === null ? "" : language.say("rows_of", { rows: language.number(model.rows) }),
    model.judged_on ? model.judged_on.map((day) => language.day(day)).join("–") : "",
    model.since ? language.say("since_day", { day: language.day(model.since, { dateStyle: "medium" }) }) : "",
    model.candidates.length > MOST ? language.say("more_in_table", { number: language.number(model.candidates.length - MOST) }) : "",
  ];
  return [...found, ["muted meta", meta.filter(Boolean).join(" · ")]].filter(([, text]) => text);
}

function preferences(language, tags) {
  const line = (model) => (model.blank ? language.say("blank_because", { reason: language.name(model.blank) }) : language.say("reliable", { reliability: figure(language, model.reliability ?? 0) }));
  return element("article", { class: "model broad" }, element("h3", {}, language.say("preferences")), element("dl", {}, ...tags.map((model) => element("div", { class: model.blank ? "empty" : null }, element("dt", {}, language.name(model.name).replace(/^[^:：]*[:：]\s*/, "")), element("dd", {}, line(model))))));
}
