// <details data-menu>: one open at a time; closes with Escape, a click outside, and a choice (not inside
// [data-menu-stay]).
"use strict";
{
  const OPEN = "details[data-menu][open]";
  const close = (menu, focus = false) => {
    menu.open = false;
    if (focus) menu.querySelector("summary")?.focus();
  };

  // "toggle" does not bubble, so it is heard on the way down.
  document.addEventListener("toggle", event => {
    const opened = event.target;
    if (!opened.matches?.(OPEN)) return;
    for (const menu of document.querySelectorAll(OPEN)) if (menu !== opened && !menu.contains(opened)) close(menu);
  }, true);

  document.addEventListener("keydown", event => {
    const menu = [...document.querySelectorAll(OPEN)].pop();
    if (event.key !== "Escape" || !menu) return;
    event.preventDefault();
    close(menu, menu.contains(document.activeElement));
  });

  document.addEventListener("click", event => {
    const at = event.target;
    for (const menu of document.querySelectorAll(OPEN)) {
      const chosen = at.closest("a, button, [role=menuitem]");
      if (!menu.contains(at)) close(menu);
      else if (chosen && !at.closest("[data-menu-stay], summary")) // once the choice has done its work
        setTimeout(() => close(menu, menu.contains(document.activeElement)));
    }
  });
}
