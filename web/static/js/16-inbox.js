// The inbox by keyboard: the open conversation's row keeps the focus, so that
// j and k go on from it, and r answers the row that has it.
(() => {
  "use strict";
  const list = document.querySelector(".inbox-list");
  if (!list) return;
  const here = () => list.querySelector(".row.here a.row-main");
  const show = () => {
    const row = here();
    if (!row || row.offsetParent === null) return;
    list.scrollTop = Math.max(0, row.closest(".row").offsetTop - list.clientHeight / 3);
    if (document.activeElement === document.body && !location.hash) row.focus({ preventScroll: true });
  };
  if (document.readyState === "complete") show();
  else addEventListener("load", () => setTimeout(show));
})();
