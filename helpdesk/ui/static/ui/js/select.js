// Ticking rows: shift-click ticks a range, [data-rows-all] all of them, Escape none. While something is ticked
// [data-bulk] is shown, [data-bulk-count] says how many, and ticked rows have the class "sel". A form's reset empties them.
"use strict";
{
  const BOX = "[data-row] input[type=checkbox]";
  const boxes = list => [...list.querySelectorAll(BOX)];
  let latest = null;

  const tick = (box, on) => {
    if (box.checked === on) return;
    box.checked = on;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const count = () => {
    const all = [...document.querySelectorAll(`[data-rows] ${BOX}`)], ticked = all.filter(box => box.checked).length;
    for (const box of all) box.closest("[data-row]").classList.toggle("sel", box.checked);
    for (const el of document.querySelectorAll("[data-bulk]")) el.hidden = !ticked;
    for (const el of document.querySelectorAll("[data-bulk-count]")) el.textContent = ticked;
    for (const every of document.querySelectorAll("[data-rows-all]")) {
      every.checked = !!ticked && ticked === all.length;
      every.indeterminate = !!ticked && ticked < all.length;
    }
  };

  document.addEventListener("click", event => {
    const list = event.target.matches(BOX) && event.target.closest("[data-rows]");
    if (!list) return;
    const all = boxes(list), ends = [all.indexOf(event.target), all.indexOf(latest)].sort((a, b) => a - b);
    if (event.shiftKey && ends[0] >= 0)
      for (const box of all.slice(ends[0], ends[1] + 1)) tick(box, event.target.checked);
    latest = event.target;
  });

  document.addEventListener("change", event => {
    const list = event.target.closest("[data-rows]") ?? document, on = event.target.checked;
    if (event.target.matches("[data-rows-all]")) for (const box of boxes(list)) tick(box, on);
    count();
  });

  document.addEventListener("reset", () => setTimeout(count)); // once the boxes are empty

  document.addEventListener("keydown", event => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    for (const list of document.querySelectorAll("[data-rows]")) for (const box of boxes(list)) tick(box, false);
  });

  for (const moment of ["htmx:load", "puente:shown"]) document.addEventListener(moment, count);
  addEventListener("pageshow", count); // a page from the browser's cache comes with its ticks
}
