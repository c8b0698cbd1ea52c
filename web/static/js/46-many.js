// Enrolling by keyboard, and the time zone of whoever books a call.
(() => {
  "use strict";
  const typing = (el) => el && (el.isContentEditable || /^(input|textarea|select)$/i.test(el.tagName));

  // e enrolls the person whose row has the focus, or whose page it is.
  document.addEventListener("keydown", (e) => {
    if (e.key !== "e" || e.ctrlKey || e.metaKey || e.altKey || typing(e.target) || document.querySelector("dialog[open]")) return;
    const from = document.activeElement && document.activeElement.closest("a[href^='/prospects/']");
    const row = document.activeElement && document.activeElement.closest("[data-prospect]") || document.querySelector(".row.here[data-prospect]");
    const path = from ? from.getAttribute("href") : row ? `/prospects/${row.dataset.prospect}` : location.pathname;
    const person = /^\/prospects\/(\d+)\/?$/.exec(path.split("?")[0]);
    if (person) {
      e.preventDefault();
      location.assign(`/prospects/${person[1]}/enroll`);
    }
  });

  // m notes that the suggestion beside a late promise was given: of the row
  // that has the focus, else the first.
  document.addEventListener("keydown", (e) => {
    if (e.key !== "m" || e.ctrlKey || e.metaKey || e.altKey || typing(e.target) || document.querySelector("dialog[open]")) return;
    const row = document.activeElement && document.activeElement.closest("[data-row]");
    const given = (row || document).querySelector("[data-suggest]");
    if (given) {
      e.preventDefault();
      given.click();
    }
  });
  // Back on the board the promise has the focus again: after the browser has
  // gone to the fragment, for that takes the focus with it.
  const promise = /^#p-\d+$/.test(location.hash) && document.querySelector(location.hash + " a");
  if (promise) addEventListener("load", () => setTimeout(() => promise.focus()));

  // The times on a booking page are those of whoever looks, unless they chose.
  const zone = document.querySelector("[data-zone]");
  if (zone && !new URLSearchParams(location.search).has("zone")) {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (here && here !== zone.value) {
      if (![...zone.options].some((o) => o.value === here)) zone.add(new Option(here.replaceAll("_", " "), here));
      const to = new URL(location.href);
      to.searchParams.set("zone", here);
      location.replace(to);
    }
  }
})();
