// Files dropped on a form or a composer, or pasted into it, go to its input[type=file][data-most] as "puente:files"
// (files.js). What is dropped beside it would take the place of the page, and of what was written there: nothing happens.
"use strict";
{
  const INPUT = "input[type=file][data-most]";
  const inputOf = at => {
    const form = at.closest?.("form") ?? at.closest?.("[data-composer]")?.querySelector("form:not([hidden])");
    return form?.querySelector(INPUT);
  };

  const give = (input, files, isPasted = false) =>
    input.dispatchEvent(new CustomEvent("puente:files", { bubbles: true, detail: { files: [...files], isPasted } }));
  const over = at => {
    for (const el of document.querySelectorAll(".takes-drop")) if (el !== at) el.classList.remove("takes-drop");
    at?.classList.add("takes-drop");
  };
  const brings = event => event.dataTransfer?.types.includes("Files");

  document.addEventListener("dragover", event => {
    if (!brings(event) || !document.querySelector(INPUT)) return;
    event.preventDefault();
    const input = inputOf(event.target);
    event.dataTransfer.dropEffect = input ? "copy" : "none";
    over(input?.closest("[data-composer], form"));
  });
  document.addEventListener("dragleave", event => event.relatedTarget || over());
  document.addEventListener("drop", event => {
    if (!brings(event) || !document.querySelector(INPUT)) return;
    event.preventDefault();
    over();
    const input = inputOf(event.target);
    if (input && event.dataTransfer.files.length) give(input, event.dataTransfer.files);
  });
  document.addEventListener("paste", event => {
    const { files, types } = event.clipboardData, input = files.length && inputOf(event.target);
    if (!input || types.includes("text/html") && types.includes("text/plain")) return; // a table, say: its words are meant
    event.preventDefault();
    give(input, files, true);
  });
}
