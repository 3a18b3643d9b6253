// [data-live-ticket="N"]: what an open ticket does when the doorbell (live.js) rings for it: fetches data-live-src in
// place, or shows [data-live-changed] where that would take something away from whoever is writing.
"use strict";
{
  const isWriting = root => root.querySelector("[data-composer]") || root.querySelector(":is(input, textarea, select):focus, [data-tag-keys][open]");

  const notice = el => {
    for (const each of el.querySelectorAll("[data-live-changed]")) each.hidden = false;
    if (el.matches("[data-live-changed]")) el.hidden = false;
  };

  const LATER = 1000, waiting = new Map(); // several rings within a moment are one look

  const refresh = async el => {
    if (!el.dataset.liveSrc) return notice(el);
    try {
      const answer = await fetch(el.dataset.liveSrc, { headers: { "HX-Request": "true", "HX-Current-URL": location.href }, cache: "no-store" });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
      const words = root => { // without who is here: that changes by itself
        const copy = root.cloneNode(true);
        for (const each of copy.querySelectorAll("[data-presence]")) each.remove();
        return copy.textContent.replace(/\s+/g, " ").trim();
      };
      if (words(fresh) === words(el)) return; // our own change, or one already here
      // Not from under somebody who is choosing: once the menu is closed.
      if (el.querySelector("details[data-menu][open]")) return waiting.set(el, setTimeout(refresh, LATER, el));
      if (el.closest("[data-composer]") || isWriting(el)) return notice(el);
      const open = [...el.querySelectorAll("details[id][open]")].map(each => each.id);
      el.dispatchEvent(new CustomEvent("puente:hides", { bubbles: true })); // held.js keeps the focus
      el.replaceChildren(...fresh.childNodes);
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      window.htmx?.process(el);
      el.dispatchEvent(new CustomEvent("puente:shown", { bubbles: true }));
    } catch { /* live.js says that the connection is lost */ }
  };

  const soon = el => {
    clearTimeout(waiting.get(el));
    waiting.set(el, setTimeout(refresh, 150, el));
  };

  document.addEventListener("puente:ticket", ({ detail: { number } }) =>
    document.querySelectorAll(`[data-live-ticket="${CSS.escape(number)}"]`).forEach(soon));
  // What colleagues write is shown where they begin and where they pause, once it was kept; not with each key.
  document.addEventListener("puente:presence", ({ detail: { number } }) => {
    for (const el of document.querySelectorAll(`[data-live-presence][data-live-ticket="${CSS.escape(number)}"]`)) {
      clearTimeout(waiting.get(el));
      waiting.set(el, setTimeout(refresh, LATER, el));
    }
  });
  document.addEventListener("puente:reload", () => document.querySelectorAll("[data-live-ticket]").forEach(soon));
}
