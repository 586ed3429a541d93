// The page's state is its address, so that a view can be sent to a colleague or kept as a bookmark:
// ?view=customers&days=30&lang=zh-CN&theme=dark&table=revenue,funnel&flow=flow:welcome&segment=vip&sort=growth&find=rfm&data=sample

export const VIEWS = ["overview", "customers"];
export const SORTS = ["size", "growth", "name"];
export const PERIODS = ["7", "30", "90"];
export const LANGUAGES = ["en", "zh-CN"];
export const THEMES = ["system", "light", "dark"];

export function read(query = location.search, languages = navigator.languages) {
  const given = new URLSearchParams(query);
  const among = (name, allowed, otherwise) => (allowed.includes(given.get(name)) ? given.get(name) : otherwise);
  const preferred = (languages.find((each) => /^(zh|en)\b/i.test(each)) || "en").toLowerCase().startsWith("zh");
  return {
    view: among("view", VIEWS, "overview"),
    days: among("days", PERIODS, "30"),
    lang: among("lang", LANGUAGES, preferred ? "zh-CN" : "en"),
    theme: among("theme", THEMES, "system"),
    tables: new Set((given.get("table") || "").split(",").filter(Boolean)),
    flow: given.get("flow") || "",
    segment: given.get("segment") || "",
    sort: among("sort", SORTS, "size"),
    find: given.get("find") || "",
    sample: given.get("data") === "sample",
  };
}

export function write(state) {
  history.replaceState(null, "", address(state));
}

/** The address of the state, or of one that differs from it in `other`. */
export function address(state, other = {}) {
  const { view, days, lang, theme, tables, flow, segment, sort, find, sample } = { ...state, ...other };
  const query = new URLSearchParams(view === "overview" ? { days, lang } : { view, days, lang });
  if (theme !== "system") query.set("theme", theme);
  if (tables.size) query.set("table", [...tables].sort().join(","));
  if (flow) query.set("flow", flow);
  if (segment) query.set("segment", segment);
  if (sort !== "size") query.set("sort", sort);
  if (find) query.set("find", find);
  if (sample) query.set("data", "sample");
  return `?${query}`;
}
