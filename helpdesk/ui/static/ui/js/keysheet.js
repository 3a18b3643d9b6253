// The list of shortcuts is the page's own: every [data-key], and [data-key-hint] for keys that have no element. Where
// one hint stands for several, their elements say data-key-quiet.
"use strict";
{
  const dialog = document.getElementById("keys"), list = dialog?.querySelector("[data-keys-list]");
  const mod = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl ";
  const shown = key => key.replace("mod+", mod).replace("shift+", "⇧").replace("ArrowLeft", "←").replace("ArrowRight", "→").replace(/(?<!\p{L})\p{L}$/u, letter => letter.toUpperCase());

  const name = el => {
    if (el.dataset.keyLabel || el.ariaLabel) return el.dataset.keyLabel || el.ariaLabel;
    const copy = (el.labels?.[0] ?? el).cloneNode(true);
    for (const each of copy.querySelectorAll("kbd, svg, .count")) each.remove();
    return copy.textContent.trim().replace(/\s+/g, " ");
  };

  const line = (keys, text) => {
    const row = document.createElement("div"), term = document.createElement("dt"), what = document.createElement("dd");
    for (const key of keys) {
      const cap = document.createElement("kbd");
      cap.textContent = shown(key);
      term.append(cap, " ");
    }
    what.textContent = text;
    row.append(term, what);
    return row;
  };

  const fill = () => {
    const lines = new Map();
    for (const el of document.querySelectorAll("[data-key]:not([data-key-quiet]), [data-key-hint]")) {
      const keys = (el.dataset.keyHint || el.dataset.key).split("|").join(" ");
      if (!lines.has(keys) && name(el)) lines.set(keys, line(keys.split(" "), name(el)));
    }
    list.replaceChildren(...lines.values());
  };

  // What assistive technology is told; sequences have no notation there.
  const tell = () => {
    for (const el of document.querySelectorAll("[data-key]:not([aria-keyshortcuts])")) {
      const keys = el.dataset.key.split("|").filter(key => !key.includes(" "));
      if (keys.length) el.setAttribute("aria-keyshortcuts", keys.map(key => key.replace("mod", "Control").replace("shift", "Shift")).join(" "));
    }
  };

  if (list) new MutationObserver(() => dialog.open && fill()).observe(dialog, { attributeFilter: ["open"] });
  tell();
  for (const moment of ["htmx:load", "puente:shown"]) document.addEventListener(moment, tell);
}
