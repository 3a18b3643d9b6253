// body[data-unread]: the number of unread notices stands before the page's title and as a dot on its icon
// (data-icon-news), and in every [data-unread-count]. "puente:notices" (live.js) and other tabs change it.
"use strict";
{
  const body = document.body, icon = document.querySelector("link[rel=icon]"), plain = icon?.getAttribute("href");
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("puente.notices") : null;
  let unread = Number(body.dataset.unread);

  const paint = () => {
    const title = document.title.replace(/^\(\d+\) /, ""), said = unread ? `(${unread}) ${title}` : title;
    if (document.title !== said) document.title = said;
    const wanted = unread ? body.dataset.iconNews : plain;
    if (icon && wanted && icon.getAttribute("href") !== wanted) icon.setAttribute("href", wanted);
    for (const el of document.querySelectorAll("[data-unread-count]")) {
      el.hidden = !unread;
      const place = el.firstChild;
      if (place?.nodeType === Node.TEXT_NODE) place.data = unread;
      else el.prepend(unread);
    }
  };

  const set = number => {
    unread = number;
    paint();
  };

  if ("unread" in body.dataset) {
    paint();
    document.addEventListener("puente:notices", ({ detail }) => {
      if (detail.unread !== unread) tabs?.postMessage(detail.unread);
      set(detail.unread);
    });
    tabs?.addEventListener("message", ({ data }) => set(data));
    for (const moment of ["htmx:load", "puente:shown"]) document.addEventListener(moment, paint);
  }
}
