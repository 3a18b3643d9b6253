// [data-rail-toggle]: shows or hides the details beside a ticket. On a wide screen they stand there and the choice is
// kept on this device; on a narrow one they are a drawer that the link's address opens.
"use strict";
{
  const root = document.documentElement, wide = matchMedia("(min-width: 80rem)");
  const keep = value => { try { localStorage.setItem("puente.rail", value); } catch { /* this page only */ } };
  const kept = () => { try { return localStorage.getItem("puente.rail"); } catch { return null; } };
  const isShown = () => wide.matches ? root.dataset.rail !== "off" : location.hash === "#rail";

  const tell = () => {
    for (const link of document.querySelectorAll("[data-rail-toggle]")) link.setAttribute("aria-expanded", isShown());
  };

  document.addEventListener("click", event => {
    if (!event.target.closest("[data-rail-toggle]")) return;
    if (wide.matches) {
      event.preventDefault();
      if (isShown()) root.dataset.rail = "off";
      else delete root.dataset.rail;
      keep(root.dataset.rail ?? "on");
    } else if (isShown()) {
      event.preventDefault();
      location.hash = "#main";
    }
    setTimeout(tell);
  });

  if (kept() === "off") root.dataset.rail = "off";
  for (const moment of ["hashchange", "htmx:load", "puente:shown"]) addEventListener(moment, tell);
  tell();
}
