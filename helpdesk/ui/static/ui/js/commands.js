// What can be done on this page, for palette.js: it asks with "puente:commands" and each command is pushed into
// detail.commands. Commands are [data-key], and the links and buttons inside [data-commands="Group"].
"use strict";
{
  const mod = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";
  const ALL = ":is([data-key]:not([data-key-quiet]), [data-commands] :is(a[href], button)):not([data-palette-open])";
  const usable = el => !el.disabled && !el.closest("[hidden], [inert], dialog");

  const words = el => {
    if (el.dataset.keyLabel || el.ariaLabel) return el.dataset.keyLabel || el.ariaLabel;
    const copy = (el.labels?.[0] ?? el).cloneNode(true);
    for (const part of copy.querySelectorAll("kbd, svg, .count, .n")) part.remove();
    return copy.textContent.trim().replace(/\s+/g, " ");
  };

  const keys = el => (el.dataset.key ?? "").split("|")[0].split(/[ +]/).filter(Boolean)
    .map(key => ({ shift: "⇧", mod }[key] ?? (key.length === 1 ? key.toUpperCase() : key)));

  // What stands in a closed menu does its work from there; a field opens what it stands in.
  const run = el => {
    if (!el.hasAttribute("data-key-focus")) return el.click();
    for (let box = el.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    el.focus();
  };

  document.addEventListener("puente:commands", ({ detail: { commands } }) => {
    const seen = new Set();
    for (const el of document.querySelectorAll(ALL)) {
      const label = usable(el) && words(el), group = el.closest("[data-commands]")?.dataset.commands ?? "";
      if (!label || seen.has(`${group} ${label}`)) continue;
      seen.add(`${group} ${label}`);
      commands.push({ group, label, keys: keys(el), icon: el.querySelector("svg")?.cloneNode(true), run: () => run(el) });
    }
  });
}
