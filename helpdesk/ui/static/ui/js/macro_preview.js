// [data-macros]: #macro-preview shows in full what the focus or the pointer is on: the words as they would be sent, and
// what changes. Where nothing can point, the first tap shows and the second one uses.
"use strict";
{
  const MACRO = "[data-macro], [data-macro-now]";

  const show = button => {
    const box = button.closest("[data-macros]")?.querySelector("#macro-preview");
    if (!box) return;
    for (const other of box.closest("[data-macros]").querySelectorAll(MACRO)) other.classList.toggle("is-shown", other === button);
    const text = box.querySelector("[data-macro-text]"), changes = button.querySelector("template[data-macro-changes]");
    text.textContent = button.querySelector("template").content.textContent;
    text.hidden = !text.textContent;
    box.querySelector("[data-macro-lines]").replaceChildren(...(changes ? [document.importNode(changes.content, true)] : []));
    box.querySelector("[data-macro-tap]").hidden = !matchMedia("(hover: none)").matches;
    box.hidden = false;
    box.scrollTop = 0;
  };

  const shown = event => {
    const button = event.target.closest?.(MACRO);
    if (button) show(button);
  };
  document.addEventListener("focusin", shown);
  document.addEventListener("pointerover", event => event.pointerType !== "touch" && shown(event));

  document.addEventListener("input", event => {
    if (!event.target.matches("[data-macro-find]")) return;
    const first = [...event.target.closest("[data-macros]").querySelectorAll(MACRO)].find(button => !button.closest("li").hidden);
    if (first) show(first);
  });

  let tapped = null;
  document.addEventListener("pointerdown", event => {
    const button = event.target.closest?.(MACRO);
    tapped = event.pointerType === "touch" && button && !button.classList.contains("is-shown") ? button : null;
  }, true);
  document.addEventListener("click", event => {
    const button = event.target.closest?.(MACRO);
    if (!button || button !== tapped) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    tapped = null;
    show(button);
  }, true);
}
