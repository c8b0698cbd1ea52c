// What a script adds; every page works without it.
(() => {
  "use strict";
  const $ = (sel, root = document) => root.querySelector(sel);
  const $$ = (sel, root = document) => [...root.querySelectorAll(sel)];
  document.documentElement.classList.add("scripted");

  // Toasts stay long enough to be read, then leave; a pointer on them keeps them.
  for (const toast of $$(".toast")) {
    const leave = () => {
      if (toast.matches(":hover")) return setTimeout(leave, 1500);
      toast.classList.add("gone");
      setTimeout(() => toast.remove(), 200);
    };
    setTimeout(leave, 7000);
  }

  // Countdowns run on the server's clock: the page says what it was when it was made.
  let offset = 0;
  const sync = () => {
    const at = $("[data-now]");
    if (at) offset = Date.parse(at.dataset.now) - Date.now();
  };
  const two = (n) => String(n).padStart(2, "0");
  const tick = () => {
    for (const el of $$("[data-countdown]")) {
      const left = Math.ceil((Date.parse(el.dataset.countdown) - Date.now() - offset) / 1000);
      if (Number.isNaN(left)) continue;
      const h = Math.floor(left / 3600), m = Math.floor((left % 3600) / 60);
      el.textContent = left <= 0 ? "now" : h >= 24 ? "" : h ? `in ${h} h ${two(m)} min` : `in ${m}:${two(left % 60)}`;
      el.classList.toggle("soon", left < 600);
      if (left <= 0 && el.dataset.open && !el.dataset.asked) {
        el.dataset.asked = "1";
        if (el.dispatchEvent(new CustomEvent("opens", { bubbles: true, cancelable: true }))) setTimeout(() => location.reload(), 1500);
      }
    }
  };
  sync();
  tick();
  setInterval(tick, 1000);

  // A thread opens at its newest message and stays there unless one reads back.
  const bottom = (el) => { el.scrollTop = el.scrollHeight; };
  const scrolls = "#timeline, .device-screen";
  const reading = new Map();
  $$(scrolls).forEach(bottom);
  document.addEventListener("htmx:before:swap", () => {
    for (const el of $$(scrolls)) reading.set(el.id, el.scrollHeight - el.scrollTop - el.clientHeight > 60 ? el.scrollTop : -1);
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const el of $$(scrolls)) {
      const at = reading.get(el.id);
      if (at === undefined || at < 0) bottom(el); else el.scrollTop = at;
    }
    sync();
    tick();
    restoreRow();
  });

  // Texts are charged by segment: 160 of GSM's letters, 70 as soon as one is outside.
  const gsm = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;
  const double = /[\^{}\\[~\]|€]/g;
  const segments = (text) => {
    const plain = gsm.test(text);
    const n = plain ? text.length + (text.match(double) || []).length : text.length;
    const [one, more] = plain ? [160, 153] : [70, 67];
    return `${n} characters · ${n <= one ? 1 : Math.ceil(n / more)} segment${n <= one ? "" : "s"}`;
  };
  const answer = $("#answer");
  if (answer && $("#body")) {
    const show = () => {
      const by = $("[name=channel]:checked", answer);
      const texts = by && !("subject" in by.dataset) && !("call" in by.dataset);
      const adds = texts && by.dataset.adds ? "\n" + by.dataset.adds : "";
      $("[data-segments]", answer).textContent = texts && $("#body").value ? segments($("#body").value + adds) : "";
      const hour = $(".their-hour", answer);
      if (hour) hour.hidden = hour.disabled = !(by && by.dataset.hour === "ask");
      const send = $("[data-send]", answer);
      if (send) send.firstChild.textContent = by && "call" in by.dataset ? "Open a call task" : "Send";
    };
    answer.addEventListener("input", show);
    answer.addEventListener("change", show);
    show();
  }

  // Ask only before what cannot be undone.
  document.addEventListener("submit", (e) => {
    const ask = e.submitter && e.submitter.dataset.confirm;
    if (ask && !window.confirm(ask)) e.preventDefault();
  });

  // What takes a while says so, and is not sent twice.
  document.addEventListener("submit", (e) => {
    const b = e.submitter;
    if (e.defaultPrevented || !b || !b.dataset.busy) return;
    if (b.dataset.sent) return e.preventDefault();
    b.dataset.sent = "1";
    b.setAttribute("aria-busy", "true");
    b.textContent = b.dataset.busy;
  });

  // Line numbers for the editor, because the review speaks of lines.
  for (const code of $$("[data-code]")) {
    const gutter = document.createElement("div");
    gutter.className = "gutter";
    gutter.setAttribute("aria-hidden", "true");
    code.before(gutter);
    const number = () => {
      const n = code.value.split("\n").length;
      if (gutter.dataset.lines !== String(n)) { gutter.dataset.lines = n; gutter.textContent = Array.from({ length: n }, (_, i) => i + 1).join("\n"); }
      gutter.scrollTop = code.scrollTop;
    };
    code.addEventListener("input", number);
    code.addEventListener("scroll", () => { gutter.scrollTop = code.scrollTop; });
    number();
  }

  // A finding leads to its line in the editor.
  document.addEventListener("click", (e) => {
    const link = e.target.closest("[data-line]");
    const code = $("[data-code]");
    if (link && code) {
      e.preventDefault();
      const lines = code.value.split("\n");
      const n = Number(link.dataset.line) - 1;
      const from = lines.slice(0, n).join("\n").length + (n ? 1 : 0);
      code.focus();
      code.setSelectionRange(from, from + (lines[n] || "").length);
      code.scrollTop = Math.max(0, n * 20 - 120);
    }
    // The call leaves by the telephone's own program; that it began is told to the server.
    const dial = e.target.closest("[data-dial]");
    if (dial) navigator.sendBeacon(dial.dataset.dial);
    const help = e.target.closest("[data-help]");
    if (help && $("#help")) {
      e.preventDefault();
      $("#help").showModal();
    }
    for (const open of $$("details.menu[open], details.more[open]")) if (!open.contains(e.target)) open.open = false;
  });

  // Keys. Not while somebody types, and never with a modifier.
  let at = "";
  const rows = () => $$("[data-row] a:not(.row-later)").filter((a) => a.offsetParent !== null);
  const focusRow = (step) => {
    const all = rows();
    if (!all.length) return;
    const current = document.activeElement === document.body ? all.find((a) => a.matches("[aria-current]")) : document.activeElement;
    const here = all.indexOf(current);
    const next = all[Math.min(all.length - 1, Math.max(0, here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step))];
    next.focus();
    at = next.getAttribute("href");
  };
  const restoreRow = () => {
    if (!at || document.activeElement !== document.body) return;
    const again = rows().find((a) => a.getAttribute("href") === at);
    if (again) again.focus({ preventScroll: true });
  };
  let going = 0;
  const focusOn = (sel) => {
    const el = $(sel);
    if (!el) return false;
    el.scrollIntoView({ block: "nearest" });
    el.focus();
    return true;
  };
  const nextChannel = () => {
    const all = $$("#answer [name=channel]");
    if (all.length < 2) return false;
    all[(all.findIndex((r) => r.checked) + 1) % all.length].click();
    return true;
  };
  document.addEventListener("keydown", (e) => {
    const typing = e.target.closest("input, textarea, select, [contenteditable]");
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && e.target.id === "body") {
      e.preventDefault();
      return e.target.form.requestSubmit();
    }
    if (e.key === "Escape" && typing) return typing.blur();
    // The channel of an answer, also while it is being written.
    if (e.altKey && !e.ctrlKey && !e.metaKey && e.code === "KeyC" && nextChannel()) return e.preventDefault();
    if (typing || e.ctrlKey || e.metaKey || e.altKey || $("dialog[open]")) return;
    const to = going && Date.now() - going < 1200 && $(`.rail [data-go="${CSS.escape(e.key)}"]`);
    going = 0;
    if (to) { e.preventDefault(); e.stopImmediatePropagation(); return void (location.href = to.href); }
    let done = true;
    if (e.key === "/") focusOn("#search");
    else if (e.key === "?") { if ($("#help")) $("#help").showModal(); }
    else if (e.key === "j") focusRow(1);
    else if (e.key === "k") focusRow(-1);
    else if (e.key === "g") going = Date.now();
    else if (e.key === "r") done = !document.activeElement.closest(".inbox-list .row:not(.here)") && focusOn("#body");
    else if (e.key === "c") done = nextChannel();
    else if (e.key === "o") done = focusOn("#outcomes .outcome") || focusOn("#outcomes textarea");
    else {
      const outcome = $(`[data-key="${CSS.escape(e.key)}"]`);
      if (!outcome) done = false;
      else outcome.click();
    }
    if (done) e.preventDefault();
  });
})();
