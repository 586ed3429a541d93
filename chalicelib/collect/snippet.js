// Dripline in the browser: what a visitor looks at, searches for, puts into the cart and onto the wish-list.
//
// Nothing is sent or stored before consent; Global Privacy Control is a no that no call can overrule. What was
// noted lies in localStorage until the API took it, so a lost connection loses nothing; each message has an id
// of its own, so what is sent twice counts once. Must never break or slow the page that it is on.
(() => {
  const name = "dripline";
  const stub = window[name] || {};
  if (stub.on) return;
  const script = document.currentScript;
  const idle = 18e5; // half an hour without a sign of life ends a visit
  let key, to, consent, memory, failed, busy, timer, path, product;
  let dl_click; // the token of a click in a mail; in memory only, and told once
  let held = []; // calls that wait for the start or for consent; in memory only
  let since = 0, spent = 0; // since when the page can be seen, and the milliseconds before

  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => (byte + 256).toString(16).slice(1)).join("");
  const visible = () => document.visibilityState != "hidden";
  const attempt = (act) => {
    try {
      return act();
    } catch (_) {}
  };

  // One item of localStorage, read anew each time because other tabs write it too. Without storage: this page only.
  const read = () => attempt(() => JSON.parse(localStorage.getItem(name) || "{}")) || memory || {};
  const write = (state) => {
    memory = state;
    attempt(() => localStorage.setItem(name, JSON.stringify(state)));
  };

  function decide(yes) {
    consent = !!yes && !navigator.globalPrivacyControl;
    if (consent) {
      if (!read().queue) write({ id: random(), queue: [] });
      return resume();
    }
    held = [];
    memory = dl_click = undefined;
    attempt(() => localStorage.removeItem(name));
  }

  function resume() {
    const calls = held;
    held = [];
    calls.forEach((call) => dripline(...call));
  }

  function push(state, type, fields) {
    const message = { type, messageId: random(), anonymousId: state.id, timestamp: new Date(), ...fields };
    if (fields.properties) message.properties = { visit_id: state.visit, ...fields.properties };
    if (JSON.stringify(message).length < 8e3) state.queue = state.queue.concat(message).slice(-100);
  }

  function note(type, fields, leaving) {
    const state = read();
    if (!state.queue) return;
    const now = Date.now();
    const campaign = (location.search.match(/utm_\w+=[^&]*/g) || []).join("&");
    if (!leaving && (dl_click || !(now - state.seen < idle) || (campaign && campaign != state.campaign))) {
      state.visit = random();
      state.campaign = campaign;
      const properties = {
        referrer: document.referrer.split("?")[0],
        device: /Mobi/.test(navigator.userAgent) ? "phone" : "desktop",
        dl_click,
      };
      dl_click = undefined;
      new URLSearchParams(campaign).forEach((value, field) => (properties[field] = value));
      push(state, "track", { event: "Visit Started", properties });
    }
    state.seen = now;
    push(state, type, fields);
    write(state);
    later(1e3);
  }

  const track = (event, properties = {}) => note("track", { event, properties });

  function leave() {
    const now = performance.now();
    if (since) spent += now - since;
    since = visible() ? now : 0;
    const seconds = Math.round(spent / 1e3);
    if (!seconds || !path) return;
    spent = 0;
    const { product_id, category } = product;
    note("track", { event: "Page Left", properties: { seconds: Math.min(seconds, 1800), path, product_id, category } }, 1);
  }

  const events = {
    list: "Product List Viewed",
    add: "Product Added",
    remove: "Product Removed",
    wish: "Product Added to Wishlist",
    unwish: "Product Removed from Wishlist",
  };

  const calls = {
    page(about) {
      leave();
      path = location.pathname;
      product = about || {};
      note("page", { properties: { path, title: document.title, ...about } });
    },
    product(about) {
      product = about || {};
      track("Product Viewed", about);
    },
    search: (query) => track("Products Searched", { query }),
    track,
    // Another person on the same device is another visitor. Of the address only a checksum is kept.
    identify(email, traits) {
      const user = [...email.toLowerCase()].reduce((sum, letter) => (sum * 31 + letter.charCodeAt()) | 0, 7);
      const state = read();
      if (state.user && state.user != user) state.id = random();
      write({ ...state, user });
      note("identify", { traits: { ...traits, email } });
    },
    reset: () => write({ id: random(), queue: read().queue }),
  };

  function later(delay) {
    clearTimeout(timer);
    timer = setTimeout(flush, delay);
  }

  // A string is posted as text/plain, which browsers send to another host without asking it first.
  function flush(leaving) {
    const batch = (read().queue || []).slice(0, 20);
    if (!key || !batch.length) return;
    const url = to + "/v1/batch";
    const context = { timezone: Intl.DateTimeFormat().resolvedOptions().timeZone, locale: navigator.language };
    const body = JSON.stringify({ writeKey: key, sentAt: new Date(), context, batch });
    const done = () => {
      const state = read();
      if (!state.queue) return;
      state.queue = state.queue.filter((each) => !batch.some((sent) => sent.messageId == each.messageId));
      write(state);
      if (state.queue[0]) later(1e3);
    };
    if (leaving === 1) return !failed && navigator.onLine && navigator.sendBeacon(url, body) && done();
    if (busy) return;
    busy = 1;
    fetch(url, { method: "POST", body, credentials: "omit" })
      .then((answer) => answer.status > 499 || answer.status == 429, () => 1)
      .then((again) => {
        busy = 0;
        failed = again;
        again ? later(3e4) : done();
      });
  }

  function start(writeKey, options = {}) {
    key = writeKey;
    to = options.to || script.src.replace(/\/[^/]*$/, "");
    if (visible()) since = performance.now();
    if ("consent" in options || navigator.globalPrivacyControl) decide(options.consent);
    resume();
    dripline("page", options.page);
  }

  function dripline(call, ...given) {
    attempt(() => {
      if (call == "start") start(...given);
      else if (call == "consent") decide(given[0]);
      else if (key && read().queue) events[call] ? track(events[call], ...given) : calls[call](...given);
      else if (consent !== false && held.length < 50) held.push([call, ...given]);
    });
  }

  // Out of the address at once, so that it is neither copied nor told to others; it is sent with the visit, if at all.
  attempt(() => {
    const parts = location.href.split(/&?dl_click=([\w-]+)/);
    dl_click = parts[1];
    if (dl_click) history.replaceState(history.state, "", parts[0] + parts[2]);
  });

  const away = () => {
    attempt(leave);
    flush(1);
  };
  addEventListener("visibilitychange", () => (visible() ? (since = performance.now()) : away()), true);
  addEventListener("pagehide", away);
  addEventListener("pageshow", (shown) => shown.persisted && dripline("page"));
  addEventListener("online", flush);
  dripline.on = 1;
  window[name] = dripline;
  (stub.q || []).forEach((call) => dripline(...call));
})();
