// [data-offline] is shown while there is no connection. Writing stays possible; sending is refused and keeps the text.
"use strict";
{
  const BANNER = '[data-offline=""]'; // with a value it is the wording of a draft's status, see draft.js
  const show = () => {
    for (const el of document.querySelectorAll(BANNER)) el.hidden = navigator.onLine;
  };

  document.addEventListener("submit", event => {
    if (navigator.onLine || event.target.method !== "post") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    show();
    document.querySelector(BANNER)?.scrollIntoView({ block: "nearest" });
  }, true);

  addEventListener("online", show);
  addEventListener("offline", show);
  show();
}
