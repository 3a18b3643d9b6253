// <details data-opened>: when it opens, what is fetched by hx-trigger="opened" inside it hears "opened".
"use strict";
{
  document.addEventListener("toggle", event => { // it does not bubble, so it is heard on the way down
    if (!event.target.matches?.("details[data-opened][open]")) return;
    for (const el of event.target.querySelectorAll("[hx-trigger=opened]")) el.dispatchEvent(new Event("opened"));
  }, true);
}
