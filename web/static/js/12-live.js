// Parts of a page that name what they are about (data-live) renew themselves
// when the server says that it changed. Without a stream they do so by the
// clock, and without a script by loading the page again.
(() => {
  "use strict";
  if (!window.EventSource || document.body.classList.contains("bare")) return;
  const $$ = (sel, root = document) => [...root.querySelectorAll(sel)];
  const opened = Date.now();
  const stale = new Set();
  let connected = false, running = false, again = 0;

  const hrefOf = (el) => el.dataset.liveHref || el.getAttribute("hx-get") || location.pathname + location.search;
  const topics = (el) => el.dataset.live.split(" ");

  // What somebody is writing in, or has opened, is left alone until they are done.
  const busy = (el) => {
    const typing = el.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
    return typing || el.querySelector("details.menu[open], dialog[open]");
  };

  const swap = (el, doc) => {
    const fresh = doc.getElementById(el.id);
    if (!fresh) return;
    const focus = el.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    document.dispatchEvent(new CustomEvent("htmx:before:swap"));
    el.replaceWith(fresh);
    if (window.htmx && window.htmx.process) window.htmx.process(fresh);
    const link = focus && $$("a", fresh).find((a) => a.getAttribute("href") === focus);
    if (link) link.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("htmx:after:swap"));
  };

  // One request for each address, and at most one round every two seconds.
  const renew = async () => {
    if (running || document.hidden || !stale.size) return;
    clearTimeout(again);
    running = true;
    const byHref = new Map();
    for (const id of [...stale]) {
      const el = document.getElementById(id);
      if (!el) { stale.delete(id); continue; }
      if (busy(el)) continue;
      stale.delete(id);
      byHref.set(hrefOf(el), [...(byHref.get(hrefOf(el)) || []), id]);
    }
    for (const [href, ids] of byHref) {
      try {
        const res = await fetch(href, { headers: { "HX-Request": "true" } });
        if (!res.ok || res.redirected) continue;
        const doc = new DOMParser().parseFromString(await res.text(), "text/html");
        for (const id of ids) {
          const el = document.getElementById(id);
          if (el && !busy(el)) swap(el, doc); else if (el) stale.add(id);
        }
      } catch { ids.forEach((id) => stale.add(id)); }
    }
    if (byHref.size) badges();
    running = false;
    again = setTimeout(renew, 2000);
  };

  const badges = async () => {
    try {
      const res = await fetch("/live/badges");
      if (!res.ok || res.redirected) return;
      const text = await res.json();
      for (const el of $$("[data-badge]")) {
        const n = text[el.dataset.badge] || "";
        el.textContent = n;
        el.hidden = !n;
      }
    } catch { /* the next change tries again */ }
  };

  const change = (c) => {
    let counted = c.all;
    for (const part of c.parts || []) counted = counted || part === "today" || part === "inbox";
    for (const el of $$("[data-live][id]")) {
      if (c.all || topics(el).some((t) => (c.parts || []).includes(t))) stale.add(el.id);
    }
    if (stale.size) renew();
    if (counted) badges();
  };

  // A notification: on the page that is looked at, and by the system where
  // none of ours is and the user allowed it.
  const notice = (n) => {
    const box = document.getElementById("toasts");
    if (!document.hidden && box) {
      const toast = document.createElement("div");
      toast.className = "toast notice-toast";
      const link = document.createElement("a");
      link.href = n.href;
      link.textContent = n.title;
      const text = document.createElement("p");
      text.append(link);
      if (n.text) text.append(document.createElement("br"), n.text);
      const close = document.createElement("button");
      close.className = "btn quiet small";
      close.textContent = "Close";
      close.addEventListener("click", () => toast.remove());
      toast.append(text, close);
      box.append(toast);
      setTimeout(() => { if (!toast.matches(":hover, :focus-within")) toast.remove(); }, 30000);
    }
  };
  const system = (n) => {
    if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
    const shown = new Notification(n.title, { body: n.text, tag: "followup-" + n.id });
    shown.onclick = () => { window.focus(); location.href = n.href; shown.close(); };
  };

  const hello = () => {
    connected = true;
    document.documentElement.classList.remove("offline");
    // What happened while nobody listened is not known: renew everything.
    if (Date.now() - opened > 3000) change({ all: true });
  };

  // One stream for all tabs where the browser can agree on one: a browser
  // keeps few connections to a site.
  const channel = window.BroadcastChannel ? new BroadcastChannel("followup-live") : null;
  const hear = (kind, data) => ({ hello, change, notice })[kind](data);
  if (channel) channel.onmessage = (e) => hear(e.data.kind, e.data.data);
  const listen = () => new Promise((done) => {
    let failed = 0;
    const open = () => {
      const es = new EventSource("/live");
      for (const kind of ["hello", "change", "notice"]) {
        es.addEventListener(kind, (e) => {
          const data = JSON.parse(e.data);
          failed = 0;
          if (kind === "notice") system(data);
          hear(kind, data);
          if (channel) channel.postMessage({ kind, data });
        });
      }
      es.onerror = () => {
        connected = false;
        failed++;
        if (failed > 3) document.documentElement.classList.add("offline");
        if (es.readyState === EventSource.CLOSED) setTimeout(open, Math.min(60000, 3000 * failed));
      };
      addEventListener("pagehide", () => { es.close(); done(); }, { once: true });
    };
    open();
  });
  // A page that comes back from the browser's cache may be old.
  addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });
  if (navigator.locks && channel) navigator.locks.request("followup-live", listen);
  else listen();

  document.addEventListener("visibilitychange", () => { if (!document.hidden) renew(); });
  document.addEventListener("focusout", () => setTimeout(renew, 100));
  // Relative times grow old without any change; and where no stream reaches
  // us, this is how the page follows at all.
  setInterval(() => {
    for (const el of $$("[data-live][id]")) {
      const every = Number(el.dataset.liveEvery || 60);
      el.liveAge = (el.liveAge || 0) + 10;
      if (el.liveAge >= (connected ? every : Math.min(every, 20))) { el.liveAge = 0; stale.add(el.id); }
    }
    renew();
  }, 10000);

  // The page on which one chooses how to be told asks the browser.
  const ask = document.querySelector("[data-allow-notifications]");
  if (ask) {
    const say = () => {
      const state = "Notification" in window ? Notification.permission : "denied";
      const words = { granted: "This browser may show them.", denied: "This browser refuses them; allow them in its settings for this site.", default: "" };
      document.querySelector("[data-notification-state]").textContent = words[state];
      ask.hidden = state !== "default";
    };
    ask.addEventListener("click", () => Notification.requestPermission().then(say));
    say();
  }
})();
