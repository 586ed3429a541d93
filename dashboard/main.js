// Reads the address, fetches the numbers, lays out the panels of the view.

import { address, PERIODS, read, VIEWS, write } from "./address.js";
import { load, loadCustomers, NoNumbers } from "./data.js";
import { drawWaiting, element } from "./dom.js";
import { speak } from "./language.js";
import { depths, places } from "./panels/attention.js";
import { customers } from "./panels/customers.js";
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
  for (const view of VIEWS) document.getElementById("views").append(element("a", { "data-view": view, onclick: (event) => follow(event, view) }));
  window.addEventListener("popstate", () => change(read(), false));
  for (const days of PERIODS) periods.append(element("button", { type: "button", "data-days": days, onclick: () => change({ days }) }));
}

async function change(values, remember = true) {
  Object.assign(state, values);
  if (remember) write(state);
  applyTheme();
  await show();
}

/** A view is a place of its own: the way back leads to the one before. */
function follow(event, view) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (view !== state.view) history.pushState(null, "", address(state, { view }));
  change({ view });
}

function applyTheme() {
  if (state.theme === "system") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", state.theme);
}

async function show() {
  if (numbers && state.view === "customers") await loadCustomers(numbers).catch((failed) => (fault = failed));
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
    customers: numbers.customers,
    language,
    state,
    length: Number(state.days),
    period: overview.periods[state.days],
    window: { window: hours % 24 === 0 ? language.say("in_days", { number: hours / 24 }) : language.say("in_hours", { number: hours }) },
    asOfDay: manifest.data_as_of.slice(0, 10),
    remember: () => {
      write(state);
      nameViews(language);
    },
  };
  const panels = state.view === "customers" ? customers(page) : [kpis(page), laidOut([revenue, stages, definitions, depths, places, reasons, reasonsByFlow, refusals, lift], page)];
  const foot = language.say(state.view === "customers" ? "privacy_customers" : "privacy", { fewest: 10 });
  main.replaceChildren(...notes(page, manifest), ...panels, element("p", { class: "foot" }, foot));
  drawWaiting();
}

function laidOut(panels, page) {
  return element("div", { class: "grid" }, ...panels.map((panel) => panel(page)));
}

function showHeader(language) {
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = language.say(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", language.say(node.dataset.label));
  for (const button of document.querySelectorAll("[data-days]")) {
    button.textContent = language.say("last_days", { days: button.dataset.days });
    button.setAttribute("aria-pressed", String(button.dataset.days === state.days));
  }
  nameViews(language);
  const toggle = document.getElementById("language");
  toggle.textContent = state.lang === "en" ? "简体中文" : "English";
  toggle.lang = state.lang === "en" ? "zh-CN" : "en";
  document.getElementById("theme").setAttribute("aria-label", language.say("theme"));
  const store = numbers?.overview.store.name;
  document.getElementById("title").textContent = language.say(`${state.view}_title`, { days: state.days });
  document.title = [store, language.say(state.view), "Dripline"].filter(Boolean).join(" · ");
  const asOf = numbers ? language.say("data_as_of", { time: language.instant(numbers.manifest.data_as_of), zone: numbers.overview.store.timezone }) : "";
  document.getElementById("asof").textContent = [store, asOf].filter(Boolean).join(" · ");
}

function nameViews(language) {
  for (const link of document.querySelectorAll("[data-view]")) {
    link.textContent = language.say(link.dataset.view);
    link.href = address(state, { view: link.dataset.view });
    if (link.dataset.view === state.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function notes(page, manifest) {
  const { overview, language } = page;
  const found = [];
  const age = Date.now() - Date.parse(manifest.data_as_of);
  if (overview.sample) found.push(element("p", { class: "note", role: "note" }, language.say("sample_note")));
  else if (age > OLD) found.push(element("p", { class: "note", role: "alert" }, language.say("old_note", { hours: language.number(Math.floor(age / 3600000)) })));
  const empty = state.view === "overview" && ["sent", "orders", "joined"].every((name) => overview.series[name].every((value) => value === 0));
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
