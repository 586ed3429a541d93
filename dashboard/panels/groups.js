// Three ways to look at buyers: groups by recency, frequency and money; stages of life over time; the best fifth.

import { card } from "../card.js";
import { drawArea } from "../charts/area.js";
import { drawParts } from "../charts/parts.js";
import { drawRanks } from "../charts/ranks.js";
import { sparkline } from "../charts/sparkline.js";
import { drawTreemap } from "../charts/treemap.js";
import { element } from "../dom.js";
import { divide } from "../metrics.js";

const COLOURS = { champions: 2, loyal: 1, recent: 5, needs_attention: 3, at_risk: 4, inactive: 6 };

export function groups(page) {
  const { customers: told, language } = page;
  const title = language.say("rfm_groups");
  const known = told.groups.filter((group) => group.size !== null).sort((a, b) => b.size - a.size);
  const total = known.reduce((sum, group) => sum + group.size, 0);
  return card(page, {
    id: "groups",
    title,
    size: "narrow",
    sub: language.say("rfm_groups_sub"),
    formula: language.say("rfm_groups_formula"),
    table: {
      columns: [{ label: language.say("group") }, { label: language.say("people"), show: (value) => language.number(value), none: language.say("few") }, { label: language.say("share"), show: (value) => language.share(value) }],
      rows: told.groups.map((group) => [language.name(group.name), group.size, group.size === null ? null : divide(group.size, total)]),
    },
    draw: (box) => {
      const parts = known.map((group) => ({ label: language.name(group.name), value: group.size, text: `${language.number(group.size)} · ${language.share(divide(group.size, total), 0)}`, colour: COLOURS[group.id] ?? 6 }));
      if (parts.length) drawTreemap(box, { title: language.say("chart_of", { title }), parts });
      else box.append(whyNot(page, "rfm", "few_in_groups"));
    },
  });
}

export function life(page) {
  const { customers: told, language, length } = page;
  const title = language.say("life_cycle");
  const days = told.days.map((day, at) => ({ day, at })).slice(-length).filter(({ at }) => told.stages.some((stage) => stage.history[at] !== null));
  const series = told.stages.map((stage, index) => ({ label: language.name(stage.name), colour: [5, 2, 3, 4, 6][index], values: days.map(({ at }) => stage.history[at] ?? 0), told: days.map(({ at }) => stage.history[at]) }));
  const bounds = told.models.find((model) => model.id === "stage")?.days;
  return card(page, {
    id: "life",
    title,
    size: "narrow",
    sub: bounds ? language.say("life_cycle_sub", Object.fromEntries(["nurture", "at_risk", "churned"].map((stage, index) => [stage, [...new Set(bounds[index].map(Math.round))].join("–")]))) : "",
    formula: language.say("life_cycle_formula"),
    table: {
      columns: [{ label: language.say("day"), show: (day) => language.day(day, { dateStyle: "medium" }) }, ...series.map((each) => ({ label: each.label, show: (value) => language.number(value), none: language.say("few") }))],
      rows: days.map(({ day }, index) => [day, ...series.map((each) => each.told[index])]).reverse(),
    },
    draw: (box) => {
      if (!days.length) {
        box.append(whyNot(page, "stage", "few_in_groups"));
        return;
      }
      if (days.length === 1) {
        drawRanks(box, { title: language.say("chart_of", { title }), entries: series.map((each) => ({ label: each.label, value: each.values[0], text: language.people(each.told[0]), colour: each.colour })) });
        return;
      }
      drawArea(box, {
        title: language.say("chart_of", { title }),
        labels: days.map(({ day }) => language.day(day)),
        series,
        show: (value) => language.number(value),
        read: (index) => [language.day(days[index].day, { dateStyle: "medium" }), ...series.map((each) => [each.label, language.people(each.told[index])]).reverse()],
      });
    },
  });
}

export function best(page) {
  const { customers: told, language, length } = page;
  const title = language.say("best_fifth");
  const found = told.best;
  const model = told.models.find((each) => each.id === "value");
  const share = (value) => language.share(value, 1);
  return card(page, {
    id: "best",
    title,
    size: "narrow",
    sub: language.say("best_fifth_sub"),
    formula: language.say("best_fifth_formula"),
    table: {
      columns: [{ label: language.say("figure") }, { label: language.say("share"), show: share }],
      rows: [[language.say("best_share"), found?.share ?? null], [language.say("best_kept"), found?.kept ?? null], [language.say("best_captured_name"), found?.captured ?? null]],
    },
    draw: (box) => {
      if (!found) {
        box.append(whyNot(page, "value", "few_in_groups"));
        return;
      }
      const plot = element("div", {});
      const words = [
        found.kept === null ? language.say("best_too_young") : language.say("best_words", { kept: share(found.kept), captured: share(found.captured) }),
        model?.chosen ? language.say("best_counted", { method: language.name(model.chosen) }) : "",
      ];
      const history = found.history.slice(-length);
      const trend = history.filter((value) => value !== null).length > 1 ? element("div", { class: "told" }, element("h3", {}, language.say("trend_of", { title: language.say("best_share") })), sparkline(history, language.say("trend_of", { title: language.say("best_share") }), { zoomed: true })) : null;
      box.append(plot, ...(trend ? [trend] : []), ...words.filter(Boolean).map((text) => element("p", { class: "muted told" }, text)));
      drawParts(plot, {
        title: language.say("chart_of", { title }),
        series: [{ label: language.say("best_fifth"), colour: 1 }, { label: language.say("all_others"), colour: 6 }],
        entries: [
          { label: language.say("of_buyers"), text: share(0.2), values: [20, 80] },
          { label: language.say("of_revenue"), text: share(found.share), values: [100 * found.share, 100 * (1 - found.share)] },
        ],
      });
    },
  });
}

/** The reason of the model that would fill the card, else the words of `otherwise`. */
function whyNot(page, id, otherwise) {
  const { customers: told, language } = page;
  const reason = told.models.find((model) => model.id === id)?.blank;
  return element("p", { class: "blank" }, reason ? language.say("blank_because", { reason: language.name(reason) }) : language.say(otherwise));
}
