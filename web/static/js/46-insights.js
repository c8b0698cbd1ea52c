// Insights: choosing a filter shows its figures; without a script the button does.
(() => {
  "use strict";
  document.addEventListener("change", (event) => {
    const form = event.target.closest("#insight-filters");
    if (form && event.target.matches("select")) form.requestSubmit();
  });
})();
