// What a page does when the doorbell (live.js) rings. [data-live-list]: counts in [data-live-count] and shows
// [data-live-new]; rows never move under the pointer. [data-live-ticket="N"]: fetches data-live-src in place, or shows
// [data-live-changed] where that would take something away from whoever is writing.
"use strict";
{
  const changed = new Set();
  const isWriting = root => root.querySelector("[data-composer]") || root.querySelector(":is(input, textarea, select):focus");
  const show = (root, selector) => { for (const el of root.querySelectorAll(selector)) el.hidden = false; };

  const notice = el => {
    show(el, "[data-live-changed]");
    if (el.matches("[data-live-changed]")) el.hidden = false;
  };

  const count = () => {
    for (const el of document.querySelectorAll("[data-live-count]")) el.textContent = changed.size || "";
    show(document, "[data-live-new]");
  };

  const refresh = async el => {
    if (!el.dataset.liveSrc) return notice(el);
    try {
      const answer = await fetch(el.dataset.liveSrc, { headers: { "HX-Request": "true" }, cache: "no-store" });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
      const words = root => root.textContent.replace(/\s+/g, " ").trim();
      if (words(fresh) === words(el)) return; // our own change, or one already here
      if (el.closest("[data-composer]") || isWriting(el)) return notice(el);
      const focus = el.contains(document.activeElement) && document.activeElement.id;
      el.replaceChildren(...fresh.childNodes);
      if (focus) document.getElementById(focus)?.focus();
      window.htmx?.process(el);
      el.dispatchEvent(new CustomEvent("puente:shown", { bubbles: true }));
    } catch { /* live.js says that the connection is lost */ }
  };

  const waiting = new Map(); // several rings within a moment are one look
  const soon = el => {
    clearTimeout(waiting.get(el));
    waiting.set(el, setTimeout(refresh, 150, el));
  };

  document.addEventListener("puente:ticket", ({ detail: { number } }) => {
    if (document.querySelector("[data-live-list]")) {
      changed.add(number);
      count();
    }
    document.querySelectorAll(`[data-live-ticket="${CSS.escape(number)}"]`).forEach(soon);
  });

  document.addEventListener("puente:reload", () => {
    document.querySelectorAll("[data-live-ticket]").forEach(soon);
    const list = document.querySelector("[data-live-list]");
    if (!list) return;
    const busy = list.querySelector(":checked, :focus") || document.querySelector("dialog[open], :is(input, textarea):focus");
    if (busy) count();
    else location.reload();
  });
}
