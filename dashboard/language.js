// Words, numbers, money and dates in the reader's language. Numbers and dates by Intl; days are the store's.

export async function speak(lang, store) {
  const answer = await fetch(`i18n/${lang}.json`);
  const words = await answer.json();
  return new Language(lang, words, store);
}

export class Language {
  constructor(lang, words, store) {
    this.lang = lang;
    this.words = words;
    this.store = store || { currency: "USD", digits: 2, timezone: "UTC" };
  }

  /** The words of `key`, `{name}` filled in. */
  say(key, values = {}) {
    return (this.words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  /** A reason's words, or its own name while no words are known for it. */
  reason(kind, key) {
    return this.words[`${kind}_${key}`] ?? key.replaceAll("_", " ");
  }

  name(names) {
    return names[this.lang] || names.en;
  }

  country(code) {
    return new Intl.DisplayNames(this.lang, { type: "region" }).of(code) ?? code;
  }

  /** A number of people: null is fewer than ten. */
  people(value) {
    return value === null ? this.say("few") : this.number(value);
  }

  number(value) {
    return new Intl.NumberFormat(this.lang).format(value);
  }

  /** Minor units → money. */
  money(minor, { compact = false } = {}) {
    return this.moneyIn(this.store.currency, minor, compact);
  }

  moneyIn(currency, minor, compact = false) {
    const digits = currency === this.store.currency ? this.store.digits : new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
    const amount = minor / 10 ** digits;
    const options = compact
      ? { notation: "compact", maximumFractionDigits: 1 }
      : Math.abs(amount) >= 10000
        ? { minimumFractionDigits: 0, maximumFractionDigits: 0 }
        : { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return new Intl.NumberFormat(this.lang, { style: "currency", currency, currencyDisplay: "narrowSymbol", ...options }).format(amount);
  }

  share(value, digits = 1) {
    if (value === null) return "–";
    return new Intl.NumberFormat(this.lang, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  }

  day(text, style = { month: "short", day: "numeric" }) {
    return new Intl.DateTimeFormat(this.lang, { ...style, timeZone: "UTC" }).format(new Date(`${text}T00:00:00Z`));
  }

  instant(text) {
    return new Intl.DateTimeFormat(this.lang, { dateStyle: "medium", timeStyle: "short", timeZone: this.store.timezone }).format(new Date(text));
  }
}
