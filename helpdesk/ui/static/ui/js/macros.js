// [data-macros]: the menu of saved replies. [data-macro-find] narrows it, the arrows go along it, and a [data-macro] puts
// the words of its <template> where the cursor is in the reply; its value is how the ticket stands once that is sent.
"use strict";
{
  const fold = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const all = menu => [...menu.querySelectorAll("[data-macro]")];
  const seen = menu => all(menu).filter(button => !button.closest("li").hidden);

  const visited = new WeakSet(); // a field that nobody has been in has its cursor at the beginning
  document.addEventListener("focusin", event => visited.add(event.target));

  const insert = (area, text) => {
    if (!visited.has(area)) area.setSelectionRange(area.value.length, area.value.length);
    const { selectionStart: from, selectionEnd: to, value } = area;
    const gap = from > 0 && !/\n\s*$/.test(value.slice(0, from)) ? "\n\n" : "";
    area.setRangeText(gap + text, from, to, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  };

  document.addEventListener("input", event => {
    if (!event.target.matches("[data-macro-find]")) return;
    const typed = fold(event.target.value.trim());
    for (const button of all(event.target.closest("[data-macros]"))) button.closest("li").hidden = !fold(button.textContent).includes(typed);
  });

  document.addEventListener("keydown", event => {
    const menu = event.target.closest?.("[data-macros]"), step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!menu || !step && !(event.key === "Enter" && event.target.matches("[data-macro-find]"))) return;
    event.preventDefault(); // Enter in the field would send the reply
    const buttons = seen(menu), at = buttons.indexOf(document.activeElement);
    if (!step) return buttons[0]?.click();
    (buttons[at + step] ?? (step > 0 ? buttons[0] : menu.querySelector("[data-macro-find]")))?.focus();
  });

  document.addEventListener("click", event => {
    const button = event.target.closest("[data-macro]"), form = button?.closest("form"), area = form?.querySelector("textarea[data-draft-url]");
    if (!area) return;
    insert(area, button.querySelector("template").content.textContent);
    const then = form.querySelector("[data-macro-then]");
    if (then) then.value = button.dataset.macro;
    for (const line of form.querySelectorAll("[data-macro-says]")) line.hidden = line.dataset.macroSays !== button.dataset.macro;
    button.closest("details").open = false;
  });

  document.addEventListener("htmx:load", ({ target }) => {
    if (target.closest?.("[data-macros][open]")) target.querySelector("[data-macro-find], a[href]")?.focus();
  });
}
