// Ticking rows: shift-click ticks a range, [data-rows-all] all of them, [data-rows-whole] says "and the other pages",
// Escape none. While something is ticked [data-bulk] is shown, [data-bulk-count] says how many, [data-bulk-said] says it
// aloud once the choice rests, [data-bulk-two] is usable from two on, and ticked rows have the class "sel". Rows that are
// shown anew keep their ticks. A form's reset empties all.
"use strict";
{
  const BOX = "[data-row] input[type=checkbox]", REST = 600;
  const boxes = list => [...list.querySelectorAll(BOX)];
  const each = (selector, what) => document.querySelectorAll(selector).forEach(what);
  const number = box => box.value.split(".")[0]; // what stands behind the point is what was seen, and may change
  let latest = null, ticked = new Set(), saying = 0;

  const tick = (box, on) => {
    if (!box || box.checked === on) return;
    box.checked = on;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const say = text => {
    clearTimeout(saying);
    saying = setTimeout(() => each("[data-bulk-said]", el => { el.textContent = text; }), REST);
  };

  const count = () => {
    const all = boxes(document).filter(box => box.closest("[data-rows]")), chosen = all.filter(box => box.checked);
    const whole = document.querySelector("[data-rows-whole]");
    if (whole && chosen.length < all.length) whole.checked = false;
    const before = ticked.size, many = whole?.checked ? whole.dataset.count || `${all.length}+` : chosen.length;
    ticked = new Set(chosen.map(number));
    for (const box of all) box.closest("[data-row]").classList.toggle("sel", box.checked);
    each("[data-bulk]", el => { el.hidden = !chosen.length; });
    each("[data-bulk-count]", el => { el.textContent = many; });
    each("[data-bulk-two]", el => { el.disabled = chosen.length < 2; });
    each("[data-rows-all]", every => {
      every.checked = !!chosen.length && chosen.length === all.length;
      every.indeterminate = !!chosen.length && chosen.length < all.length;
    });
    each(".whole", el => { el.hidden = chosen.length < all.length; });
    if (before || chosen.length) say(document.querySelector("[data-bulk-count]")?.parentElement.textContent.trim());
  };

  const again = () => {
    for (const box of boxes(document)) if (ticked.has(number(box))) box.checked = true;
    count();
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
    if (event.target.matches(`${BOX}, [data-rows-all], [data-rows-whole]`)) count();
  });

  document.addEventListener("reset", () => setTimeout(count)); // once the boxes are empty

  document.addEventListener("keydown", event => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    for (const list of document.querySelectorAll("[data-rows]")) for (const box of boxes(list)) tick(box, false);
  });

  for (const moment of ["htmx:load", "puente:shown"]) document.addEventListener(moment, again);
  addEventListener("pageshow", count); // a page from the browser's cache comes with its ticks
}
