// [data-unfilled="names"]: a line below a reply that says which of these variables still stand in it in braces, as long
// as one does. What was just put in has its first one selected, so that the next key fills it in.
"use strict";
{
  const BRACES = /\{\s*([a-z_]+(?:\.[a-z_]+)?)\s*\}/g;
  const lineOf = area => area.form?.querySelector("[data-unfilled]");
  const unfilled = (text, line) => {
    const known = line.dataset.unfilled.split(" ");
    return [...text.matchAll(BRACES)].filter(([, name]) => known.includes(name) || known.includes(name.split(".")[0]));
  };

  document.addEventListener("input", ({ target }) => {
    const line = target.matches("textarea[name=text]") && lineOf(target);
    if (!line) return;
    const found = unfilled(target.value, line), names = [...new Set(found.map(([braces]) => braces))].join(", ");
    const words = line.querySelector("[data-unfilled-names]");
    if (words.textContent !== names) words.textContent = names;
    line.hidden = !found.length;
  });

  const choose = (area, from = 0) => {
    const line = lineOf(area), first = line && unfilled(area.value.slice(from), line)[0];
    if (!first) return false;
    area.setSelectionRange(from + first.index, from + first.index + first[0].length);
    area.focus();
    return true;
  };
  document.addEventListener("puente:inserted", ({ target, detail }) => choose(target, detail.from));
  // A reply that came back for it.
  for (const area of document.querySelectorAll("textarea[name=text][autofocus]")) choose(area);
}
