// What is put in the place of the control with the focus hands the focus on: to the same control (by its id or its key),
// else to the menu or the part of the page it stood in. It is never left to the page, where a keyboard begins anew.
"use strict";
{
  const SETTLED = 40, FRESH = 2000; // a menu that closes moves the focus, too; one change may follow upon another
  const nameOf = el => el.id ? `#${CSS.escape(el.id)}` : el.dataset.key ? `[data-key="${CSS.escape(el.dataset.key)}"]` : "";
  const isLost = () => !document.activeElement || document.activeElement === document.body;
  let held = [], since = 0;

  const hold = () => {
    if (isLost()) return;
    [held, since] = [[], performance.now()];
    for (let el = document.activeElement; el && el !== document.body; el = el.parentElement) {
      const summary = el.matches("details") && el.querySelector("summary");
      held.push(...[el, summary].filter(Boolean).map(nameOf).filter(Boolean));
    }
  };

  const hand = () => {
    if (!isLost() || performance.now() - since > FRESH) return;
    for (const name of held) {
      const el = document.querySelector(name);
      if (!el?.checkVisibility()) continue;
      if (el.tabIndex < 0) el.tabIndex = -1;
      el.focus({ preventScroll: true });
      if (!isLost()) break;
    }
    held = [];
  };

  for (const moment of ["htmx:beforeSwap", "puente:hides"]) document.addEventListener(moment, hold);
  for (const moment of ["htmx:afterRequest", "puente:shown"]) document.addEventListener(moment, () => setTimeout(hand, SETTLED));
}
