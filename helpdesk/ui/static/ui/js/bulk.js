// [data-bulk]: a menu that opens takes the focus to its [data-menu-first], else to its first control, so that keys go on
// from there; Enter in a field presses the menu's own .primary, not the form's first button. Shift+J and Shift+K tick the
// row in hand and the next or previous one, and untick on the way back.
"use strict";
{
  const box = row => row?.querySelector("input[type=checkbox]");

  // "toggle" does not bubble, so it is heard on the way down.
  document.addEventListener("toggle", event => {
    const menu = event.target;
    if (!menu.matches?.("[data-bulk] details[open]")) return;
    const panel = menu.querySelector(".menu-panel"), seen = el => el.getClientRects().length;
    const first = [...panel.querySelectorAll("[data-menu-first]"), ...panel.querySelectorAll("button, select, input")];
    if (!panel.contains(document.activeElement)) first.find(seen)?.focus();
  }, true);

  document.addEventListener("keydown", event => {
    const panel = event.key === "Enter" && event.target.matches("input") && event.target.closest("[data-bulk] .menu-panel");
    const go = panel && panel.querySelector(".primary");
    if (!go) return;
    event.preventDefault();
    go.click();
  });

  const tick = (row, on) => { if (box(row) && box(row).checked !== on) box(row).click(); };

  document.addEventListener("puente:key", event => {
    const step = { "shift+j": 1, "shift+k": -1 }[event.detail.key];
    const rows = [...document.querySelectorAll("[data-rows] [data-row]")];
    if (!step || !rows.some(box)) return;
    event.preventDefault();
    const here = rows.find(row => row.matches(".cur")), next = rows[rows.indexOf(here) + step];
    if (box(here)?.checked && box(next)?.checked) tick(here, false);
    else for (const row of [here, next]) tick(row, true);
    next?.querySelector("[data-row-link]")?.focus();
  });
}
