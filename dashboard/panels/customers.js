// The view of the customers: key numbers, segments, groups, stages, the best fifth, what the predictions rest on.

import { tile } from "../card.js";
import { sparkline } from "../charts/sparkline.js";
import { element } from "../dom.js";
import { divide } from "../metrics.js";
import { change } from "./kpis.js";
import { best, groups, life } from "./groups.js";
import { models } from "./models.js";
import { explorer } from "./segments.js";

export function customers(page) {
  const { customers: told, language } = page;
  if (!told || (!told.counted && !told.models.length)) {
    return [element("section", { class: "welcome" }, element("h2", {}, language.say("uncounted_title")), element("p", {}, language.say("uncounted_text")))];
  }
  return [tiles(page), element("div", { class: "grid" }, ...explorer(page), groups(page), life(page), best(page), models(page))];
}

function tiles(page) {
  const { customers: told, language, length } = page;
  const last = told.days.length - 1;
  const sum = (stages, at) => told.stages.filter((stage) => stages.includes(stage.id)).reduce((total, stage) => total + (stage.history[at] ?? 0), 0);
  const staged = (at) => sum(["new", "active", "nurture", "at_risk", "churned"], at);
  const lost = told.days.map((_, at) => divide(sum(["at_risk", "churned"], at), staged(at)));
  const share = (value, digits = 1) => language.share(value, digits);
  const everybody = told.customers[last];
  const entries = [
    { key: "customers", value: language.people(everybody), values: told.customers, measure: { good: null, over: true } },
    { key: "reachable_email", value: share(ratio(told.reachable.email, everybody)), aside: language.say("people_of", { number: language.people(told.reachable.email) }) },
    { key: "reachable_sms", value: share(ratio(told.reachable.sms, everybody)), aside: language.say("people_of", { number: language.people(told.reachable.sms) }) },
    { key: "lost_share", value: share(lost[last]), values: lost, measure: { rate: true, good: "down", over: true } },
    { key: "best_share", value: share(told.best?.share ?? null), values: told.best?.history, measure: { rate: true, good: null, over: true } },
    { key: "best_kept", value: share(told.best?.kept ?? null), aside: told.best?.captured ? language.say("best_captured", { share: share(told.best.captured, 0) }) : "" },
  ];
  return element(
    "ul",
    { class: "kpis", "aria-label": language.say("key_numbers") },
    ...entries.map(({ key, value, values, measure, aside }) => {
      const title = language.say(key);
      const shown = values?.slice(-length);
      return tile(language, {
        title,
        formula: language.say(`${key}_formula`),
        value,
        delta: measure ? change(language, measure, values?.[last] ?? null, values?.[last - length] ?? null, page.state.days) : null,
        aside: aside ?? "",
        line: shown?.some((each) => each !== null) ? sparkline(shown, language.say("trend_of", { title }), { zoomed: true }) : null,
      });
    }),
  );
}

function ratio(part, whole) {
  return part === null || !whole ? null : Math.min(1, part / whole);
}
