// A form whose sending failed, because the connection was lost or the session
// had ended, is there again with what was typed: on the way back, or after
// signing in. It is kept in this tab alone, and forgotten once it arrived.
(() => {
  "use strict";
  const key = "followup-unsent", hour = 3600e3;
  const bare = document.body.classList.contains("bare");
  const here = () => location.pathname + location.search;
  const keep = (unsent) => { try { sessionStorage.setItem(key, JSON.stringify(unsent)); } catch { /* no place for it: it is lost as without a script */ } };
  const kept = () => { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } };
  const forget = () => { try { sessionStorage.removeItem(key); } catch { /* nothing was kept */ } };

  const say = (text) => {
    const box = document.getElementById("toasts"), toast = document.createElement("div"), p = document.createElement("p");
    if (!box) return;
    toast.className = "toast";
    p.textContent = text;
    toast.append(p);
    box.append(toast);
    setTimeout(() => toast.remove(), 15000);
  };

  // What a person fills in, each with its place among those of its name.
  const filled = (form) => {
    const count = {};
    return [...form.elements].filter((el) => el.name && el.matches("input, textarea, select") && !/^(hidden|password|file|submit|button)$/.test(el.type)).map((el) => {
      count[el.name] = (count[el.name] || 0) + 1;
      return { el, name: el.name, nth: count[el.name], ticks: /^(checkbox|radio)$/.test(el.type) };
    });
  };

  const restore = (unsent) => {
    const form = [...document.forms].find((f) => f.getAttribute("action") === unsent.action);
    if (!form) return;
    let changed = null;
    for (const f of filled(form)) {
      const was = unsent.fields.find((x) => x.name === f.name && x.nth === f.nth);
      if (!was) continue;
      if (f.ticks) f.el.checked = was.checked;
      else if (f.el.value !== was.value) { f.el.value = was.value; changed = f.el; }
    }
    for (let p = changed && changed.closest("details"); p; p = p.parentElement.closest("details")) p.open = true;
    if (changed) changed.dispatchEvent(new Event("input", { bubbles: true }));
    say(unsent.lost ? "You had been signed out, so nothing was sent. What you typed stands here again." : "It did not arrive: nothing was sent. What you typed stands here again.");
  };

  const unsent = kept();
  if (unsent && bare) keep({ ...unsent, lost: true });
  else if (unsent) {
    forget();
    const back = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
    if (unsent.at === here() && (unsent.lost || back) && Date.now() - unsent.when < hour) {
      const put = () => setTimeout(() => restore(unsent)); // the browser's own restoring comes first
      if (document.readyState === "complete") put(); else addEventListener("load", put);
    }
  }

  // Without a connection a form stays where it is.
  document.addEventListener("submit", (e) => {
    if (navigator.onLine !== false || e.target.method !== "post") return;
    e.preventDefault();
    e.stopImmediatePropagation();
    say("There is no connection, so nothing was sent. What you typed stays here: send it again when the connection is back.");
  }, true);
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (e.defaultPrevented || form.method !== "post" || bare) return;
    const fields = filled(form).map(({ el, name, nth, ticks }) => ticks ? { name, nth, checked: el.checked } : { name, nth, value: el.value });
    if (fields.some((f) => f.value)) keep({ at: here(), action: form.getAttribute("action"), when: Date.now(), fields });
  });
})();
