// The page's state is its address, so that a view can be sent to a colleague or kept as a bookmark:
// ?days=30&lang=zh-CN&theme=dark&table=revenue,funnel&flow=flow:welcome&data=sample

export const PERIODS = ["7", "30", "90"];
export const LANGUAGES = ["en", "zh-CN"];
export const THEMES = ["system", "light", "dark"];

export function read(query = location.search, languages = navigator.languages) {
  const given = new URLSearchParams(query);
  const among = (name, allowed, otherwise) => (allowed.includes(given.get(name)) ? given.get(name) : otherwise);
  const preferred = (languages.find((each) => /^(zh|en)\b/i.test(each)) || "en").toLowerCase().startsWith("zh");
  return {
    days: among("days", PERIODS, "30"),
    lang: among("lang", LANGUAGES, preferred ? "zh-CN" : "en"),
    theme: among("theme", THEMES, "system"),
    tables: new Set((given.get("table") || "").split(",").filter(Boolean)),
    flow: given.get("flow") || "",
    sample: given.get("data") === "sample",
  };
}

export function write(state) {
  const query = new URLSearchParams({ days: state.days, lang: state.lang });
  if (state.theme !== "system") query.set("theme", state.theme);
  if (state.tables.size) query.set("table", [...state.tables].sort().join(","));
  if (state.flow) query.set("flow", state.flow);
  if (state.sample) query.set("data", "sample");
  history.replaceState(null, "", `?${query}`);
}
