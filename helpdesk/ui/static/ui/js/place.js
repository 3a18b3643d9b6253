// puente:place {id, said}: gives the focus to what has this id, wherever it is folded away: opens the <details> around it
// and the drawer it stands in. What a refusal `said` stands in the form beside it, too.
"use strict";
{
  const isShown = el => el.checkVisibility?.() ?? el.offsetParent !== null;

  const go = ({ id, said }) => {
    const el = document.getElementById(id);
    if (!el) return;
    for (const menu of document.querySelectorAll("details[data-menu][open]")) if (!menu.contains(el)) menu.open = false;
    const own = el.matches("summary") ? el.parentElement.parentElement : el; // a heading stays as it is
    for (let around = own.closest("details"); around; around = around.parentElement?.closest("details")) around.open = true;
    delete document.documentElement.dataset.rail;
    const rail = el.closest("#rail");
    if (rail && !isShown(el)) location.hash = "rail";
    const told = said && el.closest("form")?.querySelector(".refusal");
    if (told) {
      const line = document.createElement("p");
      line.className = "err";
      line.textContent = said;
      told.replaceChildren(line);
    }
    if (el.tabIndex < 0) el.tabIndex = -1;
    el.focus();
    el.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("puente:place", event => setTimeout(go, 60, event.detail)); // after held.js

  // A page that was sent to a place in its address, as without scripts.
  const asked = new URLSearchParams(location.search).get("place");
  if (asked) go({ id: asked });
}
