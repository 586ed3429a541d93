// The message funnel: sent, delivered, opened by a person, clicked by a person, ordered.

import { card } from "../card.js";
import { drawFunnel } from "../charts/funnel.js";
import { divide, periodSums } from "../metrics.js";

const STAGES = ["sent", "delivered", "opened", "clicked", "ordered"];
const RAW = { opened: "opened_raw", clicked: "clicked_raw" };

export function stages(page) {
  const { overview, language } = page;
  const { current, previous } = periodSums(overview, page.length);
  const title = language.say("message_funnel");
  const step = (sum, index) => (index === 0 ? null : divide(sum[STAGES[index]], sum[STAGES[index - 1]]));
  const share = (value) => language.share(value, 1);
  const number = (value) => language.number(value);
  return card(page, {
    id: "funnel",
    title,
    size: "narrow",
    sub: language.say("funnel_sub"),
    formula: language.say("funnel_formula", page.window),
    table: {
      columns: [
        { label: language.say("stage") },
        { label: language.say("messages"), show: number },
        { label: language.say("of_stage_before"), show: share },
        { label: language.say("all_hits"), show: number },
        { label: language.say("previous_period"), show: number },
      ],
      rows: STAGES.map((stage, index) => [language.say(stage), current[stage], step(current, index), RAW[stage] ? current[RAW[stage]] : null, previous[stage]]),
    },
    draw: (box) =>
      drawFunnel(box, {
        title: language.say("chart_of", { title }),
        stages: STAGES.map((stage, index) => ({
          label: language.say(stage) + (RAW[stage] ? "*" : ""),
          value: current[stage],
          text: number(current[stage]),
          share: index === 0 ? "" : share(step(current, index)),
        })),
      }),
  });
}
