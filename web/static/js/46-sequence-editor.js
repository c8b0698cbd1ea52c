// The sequence editor: saves as one types, completes variables, moves steps by keyboard and mouse.
(() => {
  "use strict";
  const form = document.querySelector("[data-step-editor]");
  if (!form) return;
  const side = document.getElementById("editor-side");
  const saved = form.querySelector("[data-saved]");

  // One save at a time, so that a later one knows the revision of the one before.
  let timer = 0, busy = null, again = false;
  const save = () => {
    clearTimeout(timer);
    timer = 0;
    if (busy) { again = true; return busy; }
    const body = new URLSearchParams(new FormData(form));
    busy = fetch(form.dataset.keep, { method: "POST", body, headers: { "HX-Request": "true" } })
      .then((r) => { if (!r.ok) throw new Error(r.status); return r.text(); })
      .then((html) => {
        const keep = document.activeElement && document.activeElement.id;
        side.innerHTML = html;
        if (window.htmx) window.htmx.process(side);
        beside();
        const at = side.querySelector("[data-revision]");
        form.elements.revision.value = at.dataset.revision;
        const line = form.querySelector("[data-line-of]");
        if (line && at.dataset.line) line.textContent = at.dataset.line;
        saved.textContent = side.querySelector(".notice.warn") ? "Not saved: see the note." : "Saved. Nobody gets it before it is published.";
        if (keep && side.querySelector("#" + CSS.escape(keep))) document.getElementById(keep).focus();
      })
      .catch(() => { saved.textContent = "Not saved just now: the server does not answer. What you typed is still here."; })
      .finally(() => { busy = null; if (again) { again = false; return save(); } });
    return busy;
  };
  const soon = () => { saved.textContent = "Saving…"; clearTimeout(timer); timer = setTimeout(save, 600); };
  form.addEventListener("input", (e) => { if (!e.target.matches("[data-not-kept], #for")) soon(); });
  form.addEventListener("change", (e) => { if (e.target.id === "for") save(); else if (!e.target.matches("[data-not-kept], #add_channel")) soon(); });
  // Whoever is found first is looked at at once; Enter in the search sends nothing.
  document.addEventListener("htmx:afterSwap", (e) => { if (e.target.id === "people-found" && document.getElementById("for")) { clearTimeout(timer); save(); } });
  form.addEventListener("keydown", (e) => { if (e.key === "Enter" && e.target.id === "who") e.preventDefault(); });
  form.addEventListener("submit", (e) => {
    clearTimeout(timer);
    if (!busy || e.defaultPrevented) return;
    e.preventDefault(); // its revision is on its way
    const by = e.submitter;
    busy.then(() => form.requestSubmit(by));
  });

  // What was found about a text stands under it, with the words at fault
  // marked among those around them; a click on them selects them in the text.
  const beside = () => {
    for (const list of form.querySelectorAll(".findings-here")) list.replaceChildren();
    for (const li of side.querySelectorAll(".finding[data-in]")) {
      const el = li.dataset.in && form.elements[li.dataset.in];
      const box = el && el.closest && el.closest(".field");
      if (!box) continue;
      let list = box.querySelector(".findings-here");
      if (!list) {
        list = document.createElement("ul");
        list.className = "findings findings-here";
        list.setAttribute("aria-live", "polite");
        list.id = "found-" + el.name;
        box.append(list);
        el.setAttribute("aria-describedby", ((el.getAttribute("aria-describedby") || "") + " " + list.id).trim());
      }
      quote(li, el);
      list.append(li);
    }
  };
  const quote = (li, el) => {
    const mark = li.querySelector("[data-where] mark"), where = li.querySelector("[data-where]");
    const at = mark ? el.value.replace(/\s/g, " ").toLowerCase().indexOf(mark.textContent.replace(/\s/g, " ").toLowerCase()) : -1;
    if (at < 0) { if (!mark) where.remove(); return; }
    const end = at + mark.textContent.length, words = document.createElement("button");
    words.type = "button";
    words.className = "quoted";
    words.title = "Select it in the text";
    words.append(el.value.slice(Math.max(0, at - 28), at).replace(/^\S*\s/, at > 28 ? "… " : "$&"), mark, el.value.slice(end, end + 28).replace(/\s\S*$/, end + 28 < el.value.length ? " …" : "$&"));
    words.addEventListener("click", () => { el.focus(); el.setSelectionRange(at, end); });
    where.replaceChildren(words);
  };
  beside();

  // Put a suggested rewrite in the place of the words at fault.
  document.addEventListener("click", (e) => {
    const b = e.target.closest("[data-rewrite]");
    if (!b) return;
    const field = form.elements[b.dataset.in];
    if (!field) return;
    const words = b.dataset.old.split(/\s+/).map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s+");
    field.value = field.value.replace(new RegExp(words), () => b.dataset.new);
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // Steps move by Alt and the arrows, and by dragging.
  form.addEventListener("keydown", (e) => {
    if (!e.altKey || (e.key !== "ArrowUp" && e.key !== "ArrowDown") || !e.target.closest(".step-list")) return;
    const item = e.target.closest("[data-key]");
    if (!item) return;
    e.preventDefault();
    act((e.key === "ArrowUp" ? "up:" : "down:") + item.dataset.key);
  });
  // A step that moved keeps the focus, so that it can be moved on at once.
  const moved = /^(up|down|move):([^:]+)/;
  form.addEventListener("submit", (e) => {
    const m = e.submitter && e.submitter.name === "do" && moved.exec(e.submitter.value);
    if (m && !e.defaultPrevented) sessionStorage.setItem("moved-step", m[2]);
  });
  const was = sessionStorage.getItem("moved-step");
  sessionStorage.removeItem("moved-step");
  const place = was && form.querySelector(`[data-key="${CSS.escape(was)}"] .step-pick`);
  if (place) {
    place.focus();
    // The browser takes the focus away once it goes to the address's fragment.
    window.addEventListener("load", () => setTimeout(() => place.focus(), 0));
  }
  const act = (what) => {
    const b = document.createElement("button");
    b.name = "do"; b.value = what; b.formNoValidate = true; b.hidden = true;
    form.append(b);
    form.requestSubmit(b);
  };
  let dragged = null;
  const items = [...form.querySelectorAll(".step-item")];
  for (const item of items) {
    item.draggable = true;
    item.addEventListener("dragstart", (e) => { dragged = item; e.dataTransfer.effectAllowed = "move"; });
    item.addEventListener("dragover", (e) => { if (dragged && dragged !== item) { e.preventDefault(); item.classList.add("drop"); } });
    item.addEventListener("dragleave", () => item.classList.remove("drop"));
    item.addEventListener("drop", (e) => {
      e.preventDefault();
      item.classList.remove("drop");
      if (dragged && dragged !== item) act(`move:${dragged.dataset.key}:${items.indexOf(item)}`);
    });
  }

  // Typing {{ offers the variables.
  const names = [...document.querySelectorAll("#liquid-variables option")].map((o) => o.value);
  let list = null, field = null, chosen = 0;
  const close = () => { if (list) list.remove(); list = null; if (field) { field.removeAttribute("aria-activedescendant"); field.removeAttribute("aria-controls"); } };
  const typed = (el) => /\{\{\s*([\w.]*)$/.exec(el.value.slice(0, el.selectionStart));
  const show = (el) => {
    const m = typed(el);
    close();
    if (!m) return;
    const fits = names.filter((n) => n.includes(m[1].toLowerCase())).slice(0, 12);
    if (!fits.length || fits[0] === m[1]) return;
    field = el;
    chosen = 0;
    list = document.createElement("ul");
    list.className = "complete";
    list.id = "complete";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Variables");
    fits.forEach((n, i) => {
      const li = document.createElement("li");
      li.textContent = n;
      li.id = "complete-" + i;
      li.setAttribute("role", "option");
      li.addEventListener("mousedown", (e) => { e.preventDefault(); take(n); });
      list.append(li);
    });
    el.closest(".field").style.position = "relative";
    el.after(list);
    el.setAttribute("aria-controls", "complete");
    mark();
  };
  const mark = () => [...list.children].forEach((li, i) => {
    li.setAttribute("aria-selected", String(i === chosen));
    if (i === chosen) { field.setAttribute("aria-activedescendant", li.id); li.scrollIntoView({ block: "nearest" }); }
  });
  const take = (name) => {
    const at = field.selectionStart, before = field.value.slice(0, at).replace(/\{\{\s*[\w.]*$/, `{{ ${name} `);
    const after = field.value.slice(at).replace(/^\s*\}\}/, "");
    field.value = before + "}}" + after;
    field.setSelectionRange(before.length + 2, before.length + 2);
    const el = field;
    close();
    el.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  };
  form.addEventListener("input", (e) => { if (e.target.matches("[data-liquid]")) show(e.target); });
  form.addEventListener("keydown", (e) => {
    if (!list || e.target !== field) return;
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      chosen = (chosen + (e.key === "ArrowDown" ? 1 : list.children.length - 1)) % list.children.length;
      mark();
    } else if (e.key === "Enter" || e.key === "Tab") {
      e.preventDefault();
      take(list.children[chosen].textContent);
    } else if (e.key === "Escape") {
      e.preventDefault();
      close();
    }
  });
  form.addEventListener("focusout", () => setTimeout(close, 150));
})();

// The YAML is saved as one types, too: a button waits for a save on its way,
// for the revision that it brings.
(() => {
  "use strict";
  const form = document.querySelector("form[data-yaml-editor]");
  if (!form) return;
  let busy = false, waits = null;
  const over = () => {
    busy = false;
    if (waits) { const by = waits; waits = null; form.requestSubmit(by); }
  };
  form.addEventListener("htmx:beforeRequest", () => { busy = true; });
  for (const end of ["htmx:afterSettle", "htmx:responseError", "htmx:sendError"]) document.addEventListener(end, () => { if (busy) setTimeout(over, 0); });
  form.addEventListener("submit", (e) => { if (busy) { e.preventDefault(); waits = e.submitter; } });
})();
