// Enrolling by keyboard, and the time zone of whoever books a call.
(() => {
  "use strict";
  const typing = (el) => el && (el.isContentEditable || /^(input|textarea|select)$/i.test(el.tagName));

  // e enrolls the person whose row has the focus, or whose page it is.
  document.addEventListener("keydown", (e) => {
    if (e.key !== "e" || e.ctrlKey || e.metaKey || e.altKey || typing(e.target) || document.querySelector("dialog[open]")) return;
    const from = document.activeElement && document.activeElement.closest("a[href^='/prospects/']");
    const path = from ? from.getAttribute("href") : location.pathname;
    const person = /^\/prospects\/(\d+)\/?$/.exec(path.split("?")[0]);
    if (person) {
      e.preventDefault();
      location.assign(`/prospects/${person[1]}/enroll`);
    }
  });

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
