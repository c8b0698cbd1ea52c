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
  let timer = 0, under = null, dirty = false, stopped = false;

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
    } catch {
      dirty = true;
      said("[data-saved]", "Not kept yet: the server cannot be reached. What you typed stays here.");
    }
  };
  const soon = () => {
    dirty = true;
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(() => { under = save().finally(() => { under = null; }); }, 600);
  };
  form.addEventListener("input", (e) => {
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
