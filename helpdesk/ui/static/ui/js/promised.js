// [data-promised]: a promise found in the draft. Enter in its date or time tracks it, and never sends the reply.
// What is selected in the reply stands in the form that records a promise by hand (P).
"use strict";
{
  document.addEventListener("keydown", event => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches?.("[data-promised] input")) return;
    event.preventDefault();
    event.target.closest("[data-promised]").querySelector("[data-promised-track]")?.click();
  });

  const chosen = () => {
    const area = document.getElementById("reply-text");
    return area ? area.value.slice(area.selectionStart, area.selectionEnd).trim().replace(/\s+/g, " ") : "";
  };

  document.addEventListener("toggle", event => {
    const what = event.target.open && event.target.querySelector?.("#promise-what");
    if (what && !what.value) what.value = chosen().slice(0, what.maxLength > 0 ? what.maxLength : 200);
  }, true);
}
