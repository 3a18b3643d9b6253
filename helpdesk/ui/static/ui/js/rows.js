// [data-rows] with [data-row] children: J and K move the focus, Enter follows the row's link, X ticks its box.
// The row in hand has the class "cur". See select.js for what ticking does.
"use strict";
{
  const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")];
  const box = row => row?.querySelector("input[type=checkbox]");
  const link = row => row.querySelector("[data-row-link]") ?? row.querySelector("a[href]");
  let index = -1;

  const mark = row => {
    const all = rows();
    index = all.indexOf(row);
    for (const each of all) each.classList.toggle("cur", each === row);
  };

  const current = () => {
    const all = rows();
    for (const is of [
      row => row.contains(document.activeElement),
      row => row.classList.contains("cur"),
      row => row.getAttribute("aria-current") === "true",
    ]) {
      const found = all.findIndex(is);
      if (found >= 0) return found;
    }
    return -1;
  };

  const move = step => {
    const all = rows(), from = current(), ends = step > 0 ? 0 : all.length - 1;
    // After a swap took the row away, the one in its place is the next.
    const to = from >= 0 ? from + step : index >= 0 ? index : ends;
    const row = all[Math.max(0, Math.min(all.length - 1, to))];
    mark(row);
    (link(row) ?? row).focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("puente:key", event => {
    const step = { j: 1, k: -1 }[event.detail.key];
    if (!rows().length || !step && event.detail.key !== "x") return;
    event.preventDefault();
    if (step) move(step);
    else box(rows()[current()])?.click();
  });

  document.addEventListener("keydown", event => {
    const row = event.key === "Enter" && event.target.closest?.("[data-rows] [data-row]");
    if (!row || event.target !== row && event.target !== box(row)) return;
    event.preventDefault(); // on a box, Enter would send the form around it
    link(row)?.click();
  });

  document.addEventListener("focusin", event => {
    const row = event.target.closest("[data-rows] [data-row]");
    if (row) mark(row);
  });
}
