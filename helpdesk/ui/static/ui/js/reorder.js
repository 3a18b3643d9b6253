// [data-reorder="address"]: its [data-reorder-item]s can be dragged into another order, which is posted there. Whoever
// does not drag has buttons for the same on the page of queues and views.
"use strict";
{
  let dragged = null, before = "";
  const slugs = list => [...list.children].map(item => item.dataset.reorderItem).filter(Boolean).join(",");
  const listOf = item => item?.closest("[data-reorder]");

  const prepare = root => {
    for (const item of root.querySelectorAll("[data-reorder] > [data-reorder-item]")) {
      item.draggable = true;
      for (const link of item.querySelectorAll("a")) link.draggable = false;
    }
  };

  document.addEventListener("dragstart", event => {
    dragged = event.target.closest?.("[data-reorder-item]");
    if (!dragged) return;
    before = slugs(listOf(dragged));
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.textContent.trim());
    dragged.classList.add("dragged");
  });

  document.addEventListener("dragover", event => {
    const over = dragged && event.target.closest?.("[data-reorder-item]");
    if (!over || listOf(over) !== listOf(dragged)) return;
    event.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    over[event.clientY > box.top + box.height / 2 ? "after" : "before"](dragged);
  });

  document.addEventListener("drop", event => { if (dragged) event.preventDefault(); });

  document.addEventListener("dragend", () => {
    if (!dragged) return;
    const list = listOf(dragged), now = slugs(list);
    dragged.classList.remove("dragged");
    dragged = null;
    if (now !== before) htmx.ajax("POST", list.dataset.reorder, { values: { order: now }, swap: "none" });
  });

  prepare(document);
  document.addEventListener("htmx:afterSettle", ({ target }) => prepare(target));
}
