// [data-offline] is shown while there is no connection. Writing stays possible; sending is refused, keeps the text, and
// says so in the words of data-refused: to a screen reader, and beside the button where a draft says how it is kept.
"use strict";
{
  const BANNER = '[data-offline=""]'; // with a value it is the wording of a draft's status, see draft.js
  const show = () => {
    for (const el of document.querySelectorAll(BANNER)) el.hidden = navigator.onLine;
  };

  const refuse = from => {
    const banner = document.querySelector(BANNER), words = banner?.dataset.refused ?? "";
    show();
    banner?.scrollIntoView({ block: "nearest" });
    const live = document.getElementById("live"), status = from.querySelector?.("[data-draft-status]");
    if (status) status.textContent = words;
    if (!live) return;
    live.textContent = ""; // the same words again are said again
    setTimeout(() => { live.textContent = words; });
  };

  document.addEventListener("submit", event => {
    if (navigator.onLine || event.target.method !== "post") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    refuse(event.target);
  }, true);
  document.addEventListener("htmx:sendError", event => refuse(event.target));

  addEventListener("online", show);
  addEventListener("offline", show);
  show();
}
