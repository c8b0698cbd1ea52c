// The answer box: drafts kept while one writes, snippets by a slash, and the
// ten seconds in which an answer can be taken back.
(() => {
  "use strict";
  const $ = (sel, root = document) => root.querySelector(sel);

  document.addEventListener("change", (e) => {
    const form = e.target.closest("[data-autosubmit]");
    if (form) form.requestSubmit();
  });

  // The seconds left, counted from what the page said when it was made.
  setInterval(() => {
    for (const el of document.querySelectorAll("[data-leaves]")) {
      if (!el.dataset.from) el.dataset.from = `${Date.now()} ${parseInt(el.textContent.replace(/\D/g, ""), 10) || 0}`;
      const [from, seconds] = el.dataset.from.split(" ").map(Number);
      const left = Math.ceil(seconds - (Date.now() - from) / 1000);
      el.textContent = left > 0 ? `Sent in ${left} s` : "Leaving now";
      const undo = $("[data-undo]", el.parentElement);
      if (undo && left <= 0) undo.hidden = true;
      if (left === -2 && !el.dataset.asked) {
        el.dataset.asked = "1";
        document.body.dispatchEvent(new CustomEvent("timeline"));
      }
    }
  }, 250);

  const form = $("#answer[data-draft]");
  const body = form && $("#body", form);
  if (!body) return;
  const state = $("#draft-state");
  const say = (text, bad) => { state.textContent = text; state.classList.toggle("bad", !!bad); };
  let kept = body.value, timer = 0, sending = false, again = 0;
  const dirty = () => body.value !== kept;
  const data = () => {
    const all = new URLSearchParams();
    for (const [k, v] of new FormData(form)) if (typeof v === "string") all.set(k, v);
    return all;
  };
  const save = async () => {
    clearTimeout(timer);
    if (sending || !dirty()) return;
    const text = body.value;
    try {
      const res = await fetch(form.dataset.draft, { method: "POST", body: data(), headers: { "Draft-Revision": "1" }, keepalive: true });
      const revision = res.headers.get("Draft-Revision");
      const words = await res.text();
      if (revision === null) throw new Error("no answer of ours");
      form.elements.draft_revision.value = revision;
      if (res.ok) { kept = text; say(text ? words : ""); if (dirty()) later(); } else say(words, true);
      again = 0;
    } catch {
      again = Math.min(again + 1, 6);
      say("Not kept yet: the connection is lost. Your text stays here.", true);
      timer = setTimeout(save, again * 2500);
    }
  };
  const later = () => { clearTimeout(timer); timer = setTimeout(save, 700); };
  body.addEventListener("input", later);
  form.addEventListener("change", (e) => { if (e.target.name === "channel" || e.target.name === "subject") { if (body.value) { kept = null; later(); } } });
  form.addEventListener("submit", (e) => { if (!e.defaultPrevented) { sending = true; clearTimeout(timer); } });
  window.addEventListener("pagehide", () => { if (!sending && dirty()) navigator.sendBeacon(form.dataset.draft, data()); });
  window.addEventListener("beforeunload", (e) => { if (!sending && dirty() && again) e.preventDefault(); });

  const attach = $("[type=file]", form);
  if (attach) attach.addEventListener("change", () => {
    const label = attach.closest("label");
    const names = [...attach.files].map((f) => f.name).join(", ");
    [...label.childNodes].find((n) => n.nodeType === 3).textContent = names || "Attach";
  });

  // Snippets: a slash at the beginning of a word opens them.
  const select = $("#snippet", form), menu = $("#slash"), find = $("#find-snippet", form);
  // Enter behind the search looks; it is not the form's.
  if (find) for (const kind of ["keydown", "keypress"]) find.addEventListener(kind, (e) => { if (e.key === "Enter") e.preventDefault(); });
  if (!select || !menu) return;
  const fit = (options) => [...options].filter((o) => o.value && !o.disabled);
  const all = fit(select.options);
  const put = (text, from) => {
    const to = body.selectionEnd;
    body.setRangeText(text, from, to, "end");
    body.dispatchEvent(new Event("input", { bubbles: true }));
    body.focus();
  };
  select.addEventListener("change", () => {
    const o = select.selectedOptions[0];
    if (o && o.value) put(o.dataset.text, body.selectionStart);
    select.value = "";
  });
  // A shelf longer than the list is asked for what is typed.
  let asking = 0, asked = "";
  const ask = (typed) => {
    clearTimeout(asking);
    if (!select.dataset.more || !typed || typed === asked) return;
    asking = setTimeout(async () => {
      asked = typed;
      try {
        const res = await fetch(`${select.dataset.more}?find=${encodeURIComponent(typed)}`, { headers: { "HX-Request": "true" } });
        if (!res.ok) return;
        const found = document.createElement("select");
        found.innerHTML = await res.text();
        const known = new Set(all.map((o) => o.value));
        all.push(...fit(found.options).filter((o) => !known.has(o.value)));
        if (document.activeElement === body) open();
      } catch { /* what is listed stays */ }
    }, 150);
  };
  let start = -1, at = 0;
  const close = () => { menu.hidden = true; start = -1; body.removeAttribute("aria-activedescendant"); };
  const open = () => {
    const typed = body.value.slice(0, body.selectionStart).match(/(?:^|\s)\/([^\s/]*)$/);
    if (!typed) return close();
    start = body.selectionStart - typed[1].length - 1;
    ask(typed[1]);
    const found = all.filter((o) => o.textContent.toLowerCase().includes(typed[1].toLowerCase()));
    if (!found.length) return close();
    at = Math.min(at, found.length - 1);
    menu.replaceChildren(...found.map((o, i) => {
      const li = document.createElement("li"), more = document.createElement("small");
      li.id = `slash-${i}`;
      li.setAttribute("role", "option");
      li.setAttribute("aria-selected", String(i === at));
      li.textContent = o.textContent;
      more.textContent = o.dataset.text;
      li.append(more);
      li.addEventListener("mousedown", (e) => { e.preventDefault(); take(o); });
      return li;
    }));
    menu.found = found;
    menu.hidden = false;
    body.setAttribute("aria-activedescendant", `slash-${at}`);
  };
  const take = (o) => { const from = start; close(); put(o.dataset.text, from); };
  body.addEventListener("input", () => { at = 0; open(); });
  body.addEventListener("blur", close);
  body.addEventListener("keydown", (e) => {
    if (menu.hidden) return;
    if (e.key === "ArrowDown" || e.key === "ArrowUp") { at = (at + (e.key === "ArrowDown" ? 1 : menu.found.length - 1)) % menu.found.length; open(); }
    else if (e.key === "Enter" && !e.ctrlKey && !e.metaKey || e.key === "Tab") take(menu.found[at]);
    else if (e.key === "Escape") close();
    else return;
    e.preventDefault();
    e.stopPropagation();
  }, true);
})();
