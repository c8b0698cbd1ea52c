// Today's keys: each acts on the row that has the focus, else on the first.
(() => {
  "use strict";
  const dialog = document.getElementById("later");
  const rows = () => [...document.querySelectorAll("[data-row]")].filter((r) => r.offsetParent !== null);
  const here = () => document.activeElement && document.activeElement.closest("[data-row]");
  const link = (row) => row.querySelector("a.row-main");

  // One dialog serves every row: the row says which task it is about.
  const later = (row, which) => {
    const id = row && row.dataset.task;
    if (!dialog || !id) return false;
    for (const form of dialog.querySelectorAll("[data-later]")) form.action = `/tasks/${id}/${form.dataset.later}`;
    dialog.querySelector("[data-later-who]").textContent = row.querySelector(".row-title").textContent.trim();
    const booked = row.dataset.booked;
    const snooze = dialog.querySelector("[data-later=snooze]");
    snooze.querySelector("[data-later-booked]").hidden = !booked;
    for (const el of snooze.querySelectorAll(".later-choices, .field, button[value=at]")) el.hidden = !!booked;
    dialog.showModal();
    const first = which === "hand-over" || booked ? "#f-to" : "[data-later-key]";
    dialog.querySelector(first).focus();
    dialog.addEventListener("close", () => link(row).focus(), { once: true });
    return true;
  };
  document.addEventListener("click", (e) => {
    const open = e.target.closest(".row-later");
    if (open && later(open.closest("[data-row]"), "snooze")) e.preventDefault();
  });

  const go = (row, hash) => {
    if (!row) return false;
    location.href = link(row).getAttribute("href").replace(/#.*/, "") + hash;
    return true;
  };
  const firstOf = (kind) => {
    const row = here();
    if (row && row.dataset.kind === kind) return row;
    return row ? null : rows().find((r) => r.dataset.kind === kind);
  };

  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return;
    const typing = e.target.closest("input, textarea, select, [contenteditable]");
    if (dialog && dialog.open) {
      const choice = !typing && dialog.querySelector(`[data-later-key="${CSS.escape(e.key)}"]`);
      if (choice && choice.offsetParent) { e.preventDefault(); choice.click(); }
      return;
    }
    if (typing || document.querySelector("dialog[open]")) return;
    const elsewhere = document.querySelector("[data-later-page]");
    const onQueue = document.getElementById("queue");
    let done = false;
    if (onQueue) {
      const row = here() || rows()[0];
      if (e.key === "d") done = go(firstOf("call"), "#dial");
      else if (e.key === "o") done = go(firstOf("call"), "#outcomes");
      else if (e.key === "r") done = go(firstOf("reply"), "#body");
      else if (e.key === "z") done = later(row, "snooze");
      else if (e.key === "h") done = later(row, "hand-over");
    } else if (e.key === "r" && here() && here().closest(".inbox-list")) {
      done = go(here(), "#body");
    } else if (elsewhere && (e.key === "z" || e.key === "h")) {
      location.href = elsewhere.getAttribute("href") + (e.key === "h" ? "#f-to" : "");
      done = true;
    } else {
      // The page for one task has its choices open.
      const choice = document.querySelector(`main [data-later-key="${CSS.escape(e.key)}"]`);
      if (choice) { choice.click(); done = true; }
    }
    if (done) e.preventDefault();
  });

  // From Today straight to what one came for.
  // The browser itself goes to the fragment when it has loaded, and takes the
  // focus with it: ours comes after.
  const to = { "#dial": "button.dial, .early summary", "#outcomes": "#outcomes .outcome", "#body": "#body" }[location.hash];
  const arrive = () => {
    const target = to && document.querySelector(to);
    if (!target) return;
    target.focus();
    target.scrollIntoView({ block: "nearest" });
  };
  if (document.readyState === "complete") arrive();
  else addEventListener("load", () => setTimeout(arrive));

  // A booked call that is near says so once, also to who does not look at the clock.
  const said = new Set();
  setInterval(() => {
    const at = document.querySelector("[data-now]");
    if (!at) return;
    for (const el of document.querySelectorAll("[data-alert]")) {
      const row = el.closest("[data-row]");
      const near = /^in (\d+):/.exec(el.textContent);
      const soon = (near && Number(near[1]) < 10) || el.textContent === "now";
      row.classList.toggle("soon", soon);
      if (soon && !said.has(el.dataset.countdown)) {
        said.add(el.dataset.countdown);
        el.setAttribute("role", "status");
      }
    }
  }, 1000);
})();
