// "puente:insert" puts detail.text where the cursor is in a textarea, as a paragraph of its own. A button with
// [data-insert-text] does so with its words in the reply, or in the note where that is what somebody writes.
"use strict";
{
  const visited = new WeakSet(); // a field that nobody has been in has its cursor at the beginning
  document.addEventListener("focusin", event => visited.add(event.target));
  if (document.activeElement) visited.add(document.activeElement); // this came after the focus

  document.addEventListener("puente:insert", ({ target: area, detail: { text } }) => {
    if (!visited.has(area)) area.setSelectionRange(area.value.length, area.value.length);
    const { selectionStart: from, selectionEnd: to, value } = area;
    const gap = from > 0 && !/\n\s*$/.test(value.slice(0, from)) ? "\n\n" : "";
    area.setRangeText(gap + text, from, to, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
    area.dispatchEvent(new CustomEvent("puente:inserted", { bubbles: true, detail: { from, text: gap + text } }));
  });

  document.addEventListener("click", event => {
    const button = event.target.closest("[data-insert-text]");
    const area = button && document.querySelector("[data-composer] [data-panel]:not([hidden]) textarea[data-draft-url]");
    area?.dispatchEvent(new CustomEvent("puente:insert", { bubbles: true, detail: { text: button.dataset.insertText } }));
  });
}
