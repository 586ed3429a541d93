// The overview page: reads the address, fetches the numbers, lays out the panels.

import { PERIODS, read, write } from "./address.js";
import { load, NoNumbers } from "./data.js";
import { drawWaiting, element } from "./dom.js";
import { speak } from "./language.js";
import { definitions } from "./panels/definitions.js";
import { kpis } from "./panels/kpis.js";
import { lift } from "./panels/lift.js";
import { reasons, reasonsByFlow } from "./panels/reasons.js";
import { refusals } from "./panels/refusals.js";
import { revenue } from "./panels/revenue.js";
import { stages } from "./panels/stages.js";

const OLD = 2 * 3600 * 1000;
const main = document.getElementById("main");
const state = read();
let numbers = null;
let fault = null;

async function start() {
  applyTheme();
  try {
    numbers = await load(state.sample);
  } catch (failed) {
    fault = failed;
  }
  listen();
  await show();
}

function listen() {
  document.getElementById("language").addEventListener("click", () => change({ lang: state.lang === "en" ? "zh-CN" : "en" }));
  const theme = document.getElementById("theme");
  theme.value = state.theme;
  theme.addEventListener("change", () => change({ theme: theme.value }));
  const periods = document.getElementById("periods");
  for (const days of PERIODS) periods.append(element("button", { type: "button", "data-days": days, onclick: () => change({ days }) }));
}

async function change(values) {
  Object.assign(state, values);
  write(state);
  applyTheme();
  await show();
}

function applyTheme() {
  if (state.theme === "system") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", state.theme);
}

async function show() {
  const language = await speak(state.lang, numbers?.overview.store);
  document.documentElement.lang = state.lang;
  showHeader(language);
  if (fault || !numbers) {
    main.replaceChildren(explainFault(language));
    return;
  }
  const { overview, manifest } = numbers;
  const hours = overview.attribution.window_hours;
  const page = {
    overview,
    language,
    state,
    length: Number(state.days),
    period: overview.periods[state.days],
    window: { window: hours % 24 === 0 ? language.say("in_days", { number: hours / 24 }) : language.say("in_hours", { number: hours }) },
    asOfDay: manifest.data_as_of.slice(0, 10),
    remember: () => write(state),
  };
  const grid = element("div", { class: "grid" }, ...[revenue, stages, definitions, reasons, reasonsByFlow, refusals, lift].map((panel) => panel(page)));
  main.replaceChildren(...[...notes(page, manifest), kpis(page), grid, element("p", { class: "foot" }, language.say("privacy", { fewest: 10 }))]);
  drawWaiting();
}

function showHeader(language) {
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = language.say(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", language.say(node.dataset.label));
  for (const button of document.querySelectorAll("[data-days]")) {
    button.textContent = language.say("last_days", { days: button.dataset.days });
    button.setAttribute("aria-pressed", String(button.dataset.days === state.days));
  }
  const toggle = document.getElementById("language");
  toggle.textContent = state.lang === "en" ? "简体中文" : "English";
  toggle.lang = state.lang === "en" ? "zh-CN" : "en";
  document.getElementById("theme").setAttribute("aria-label", language.say("theme"));
  const store = numbers?.overview.store.name;
  document.getElementById("title").textContent = language.say("overview_title", { days: state.days });
  document.title = [store, language.say("overview"), "Dripline"].filter(Boolean).join(" · ");
  const asOf = numbers ? language.say("data_as_of", { time: language.instant(numbers.manifest.data_as_of), zone: numbers.overview.store.timezone }) : "";
  document.getElementById("asof").textContent = [store, asOf].filter(Boolean).join(" · ");
}

function notes(page, manifest) {
  const { overview, language } = page;
  const found = [];
  const age = Date.now() - Date.parse(manifest.data_as_of);
  if (overview.sample) found.push(element("p", { class: "note", role: "note" }, language.say("sample_note")));
  else if (age > OLD) found.push(element("p", { class: "note", role: "alert" }, language.say("old_note", { hours: language.number(Math.floor(age / 3600000)) })));
  const empty = ["sent", "orders", "joined"].every((name) => overview.series[name].every((value) => value === 0));
  if (empty) {
    found.push(element("section", { class: "welcome" }, element("h2", {}, language.say("empty_title")), element("p", {}, language.say("empty_text")), element("p", {}, sampleLink(language))));
  }
  return found;
}

function explainFault(language) {
  const known = fault instanceof NoNumbers;
  return element("section", { class: "welcome" }, element("h2", {}, language.say(known ? "no_numbers_title" : "unreachable_title")), element("p", {}, language.say(known ? "no_numbers_text" : "unreachable_text")), element("p", {}, sampleLink(language)));
}

function sampleLink(language) {
  return element("a", { href: `?days=${state.days}&lang=${state.lang}&data=sample` }, language.say("see_sample"));
}

start();
