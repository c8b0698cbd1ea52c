// The card of a call and its review: kept while one types, and never sent
// beside a draft that is still under way.
(() => {
  "use strict";
  const $ = (sel, root = document) => root.querySelector(sel);
  const form = $("form[data-draft]");
  if (!form) {
    const link = $("a[data-call]");
    if (link) location.href = link.href;
    return;
  }
  const said = (sel, text) => { const el = $(sel, form); if (el) el.textContent = text || ""; };
  // Enter behind a search looks, it does not save the card.
  for (const kind of ["keydown", "keypress"]) form.addEventListener(kind, (e) => { if (e.key === "Enter" && e.target.type === "search") e.preventDefault(); });
  let timer = 0, under = null, dirty = false, stopped = false, lost = 0;

  const save = async () => {
    timer = 0;
    dirty = false;
    said("[data-saved]", "Saving …");
    try {
      const res = await fetch(form.dataset.draft, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(form)) });
      const told = await res.json();
      for (const name of ["card_revision", "discovery_revision", "revision"]) {
        const field = form.elements[name];
        if (field && told[name] !== undefined) field.value = told[name];
      }
      said("[data-hint=reason]", told.reason);
      said("[data-hint=question]", told.question);
      // Two windows: what stands here waits for a decision, it is not put over the other by itself.
      if (res.status === 409) stopped = true;
      said("[data-saved]", told.error || "Kept as a draft.");
      lost = 0;
    } catch {
      dirty = true;
      lost = Math.min(lost + 1, 6);
      said("[data-saved]", "Not kept yet: the server cannot be reached. What you typed stays here.");
      later(lost * 2500);
    }
  };
  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(() => { under = save().finally(() => { under = null; }); }, wait);
  };
  const soon = () => {
    dirty = true;
    if (!stopped) later(600);
  };
  form.addEventListener("input", (e) => {
    if (e.target.type === "search") return;
    if (e.target.id === "f-reason") { const own = $("[name=reason_from][value=fresh]", form); if (own) own.checked = true; }
    soon();
  });
  form.addEventListener("change", (e) => {
    if (e.target.name === "reason_from") {
      const line = $("#reason-line");
      if (line) line.textContent = e.target.value === "fresh" ? $("#f-reason").value : e.target.closest("label").querySelector("span").firstChild.textContent.trim();
      if (e.target.value === "fresh") $("#f-reason").focus();
    }
  });

  // "Call back" and "meeting agreed" ask for their time: one key for each that
  // is offered, or one types it.
  let waits = null;
  const when = () => $("#next-time", form);
  const chosen = () => $("#f-next_at", form)?.value || $("[name=next_in]:checked", form);
  const ask = (outcome) => {
    const box = when(), legend = $("[data-when]", box);
    waits = outcome;
    box.classList.toggle("waits", !!outcome);
    legend.textContent = outcome ? `${outcome.firstChild.textContent.trim()}: when?` : legend.dataset.when;
    if (outcome) ($("[name=next_in]", box) || $("#f-next_at", box)).focus();
  };
  form.addEventListener("click", (e) => {
    const outcome = e.target.closest("[data-next]");
    if (!outcome || !when() || chosen()) return;
    e.preventDefault();
    ask(outcome);
  });
  form.addEventListener("input", (e) => {
    if (e.target.name === "next_in") $("#f-next_at", form).value = "";
    else if (e.target.id === "f-next_at") for (const r of form.querySelectorAll("[name=next_in]")) r.checked = false;
  });
  form.addEventListener("keydown", (e) => {
    if (!waits || !when().contains(e.target) || e.ctrlKey || e.metaKey || e.altKey) return;
    const offered = e.target.type === "radio" && $(`[data-next-key="${CSS.escape(e.key)}"]`, when());
    if (offered) offered.checked = true;
    else if (e.key === "Escape") return ask(null);
    else if (e.key !== "Enter" || !chosen()) return;
    e.preventDefault();
    form.requestSubmit(waits);
  });

  // At a booked call's minute Dial opens where it stands: loading the page anew
  // would take what is being written out of the rep's hands.
  form.addEventListener("opens", (e) => {
    e.preventDefault();
    const open = async () => {
      try {
        const res = await fetch(e.target.dataset.open, { headers: { "HX-Request": "true" } });
        const doc = new DOMParser().parseFromString(await res.text(), "text/html");
        for (const part of ["#dial-box", ".desk-act"]) {
          const old = $(part), fresh = doc.querySelector(part);
          if (!old || !fresh || fresh.querySelector("#dial-locked") || (part === ".desk-act" && !fresh.querySelector("#outcomes"))) continue;
          if (old.contains(document.activeElement)) continue;
          old.replaceWith(fresh);
          if (window.htmx && window.htmx.process) window.htmx.process(fresh);
        }
      } catch { /* tried again */ }
      if (!$("#outcomes")) setTimeout(open, 2000);
    };
    setTimeout(open, 500);
  });

  // A button pressed while a draft is under way waits for it: both carry the revision.
  let pressed = null;
  form.addEventListener("submit", (e) => {
    clearTimeout(timer);
    if (under) {
      e.preventDefault();
      pressed = e.submitter;
      under.finally(() => { dirty = false; form.requestSubmit(pressed); });
      return;
    }
    if (form.dataset.sent) return e.preventDefault();
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, 4000);
    dirty = false;
  });
  addEventListener("pageshow", () => { delete form.dataset.sent; });
  addEventListener("pagehide", () => {
    if (dirty && !stopped) navigator.sendBeacon(form.dataset.draft, new URLSearchParams(new FormData(form)));
  });

  if ("finish" in form.dataset) {
    form.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) { e.preventDefault(); form.requestSubmit(); }
    });
    const wrong = $("[aria-invalid=true]", form);
    (wrong || $("#f-notes")).focus();
  }
  const link = $("a[data-call]");
  if (link) location.href = link.href;
})();
