// The library: proposals save themselves while they are written, and one mark
// marks all. Both work without: a button saves, every row has its own mark.
(() => {
  "use strict";
  const form = document.querySelector("form[data-autosave]");
  if (form) {
    const said = form.querySelector("[data-saved]");
    let waiting = 0, saving = null, again = false;
    const save = async () => {
      if (saving) { again = true; return; }
      const body = new URLSearchParams(new FormData(form));
      body.set("do", "autosave");
      saving = fetch(form.action, { method: "POST", body });
      try {
        const answer = await saving;
        if (answer.ok) {
          form.elements.revision.value = answer.headers.get("X-Revision") || form.elements.revision.value;
          const at = answer.headers.get("X-Address");
          if (at && new URL(form.action).pathname !== at) {
            form.action = at;
            history.replaceState(null, "", at);
          }
          said.textContent = answer.headers.get("X-Held") ? "Kept for you. Others see it when you press Save." : "Draft saved.";
        } else {
          said.textContent = answer.status < 500 ? `Not saved yet: ${await answer.text()}` : "Not saved yet: the server did not answer. What you typed is still here.";
        }
      } catch {
        said.textContent = "Not saved yet: there is no connection. What you typed is still here.";
      }
      saving = null;
      if (again) { again = false; save(); }
    };
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      said.textContent = "";
      waiting = setTimeout(() => { if (form.checkValidity()) save(); }, 1200);
    });
    // The button waits for a save on its way, or it would be refused as stale.
    form.addEventListener("submit", (event) => {
      clearTimeout(waiting);
      again = false;
      if (!saving) return;
      event.preventDefault();
      const by = event.submitter;
      saving.finally(() => setTimeout(() => form.requestSubmit(by), 0));
    });
  }
  // + and - say what to make of the newest reply.
  document.addEventListener("keydown", (event) => {
    const mark = { "+": "positive", "-": "negative" }[event.key];
    if (!mark || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
    const all = document.querySelectorAll(`[data-mark=${mark}]`);
    if (all.length) { event.preventDefault(); all[all.length - 1].click(); }
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-mark-all]")) return;
    for (const box of event.target.form.querySelectorAll("input[name=id]")) box.checked = event.target.checked;
  });
})();
