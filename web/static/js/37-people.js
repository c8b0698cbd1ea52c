// Marking people in a list.
(() => {
  "use strict";
  const boxes = (form) => [...form.querySelectorAll("input[name=id]")];
  const tell = (form) => {
    const n = boxes(form).filter((b) => b.checked).length;
    const all = form.querySelector("[data-all]");
    if (all) { all.checked = n > 0 && n === boxes(form).length; all.indeterminate = n > 0 && !all.checked; }
    form.querySelector("[data-chosen]").textContent = n ? `${n} marked` : "";
  };
  document.addEventListener("change", (e) => {
    const form = e.target.closest("[data-many]");
    if (!form) return;
    if ("all" in e.target.dataset) for (const b of boxes(form)) b.checked = e.target.checked;
    tell(form);
  });
  // A list that renews itself keeps what is marked in it.
  let marked = new Set();
  document.addEventListener("htmx:before:swap", () => {
    marked = new Set([...document.querySelectorAll("[data-many] input[name=id]:checked")].map((b) => b.value));
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const form of document.querySelectorAll("[data-many]")) {
      for (const b of boxes(form)) if (marked.has(b.value)) b.checked = true;
      if (form.querySelector("[data-chosen]")) tell(form);
    }
  });
  document.addEventListener("submit", (e) => {
    const form = e.target.closest("[data-many]");
    if (!form || (e.submitter && e.submitter.name === "all") || boxes(form).some((b) => b.checked)) return;
    e.preventDefault();
    form.querySelector("[data-chosen]").textContent = "Mark somebody first.";
  });
})();
