// Single keys: data-key="e", "shift+c", "g o" (one after the other), "/|mod+k" (either) click their element, or focus
// it where it has data-key-focus; a menu opened so has the focus in it. Off while typing, in dialogs, with Ctrl, Meta or Alt, and when switched off.
// A key no element asks for goes out as "puente:key", for rows.js and toast.js.
"use strict";
{
  const PAUSE = 1200;
  const dialog = () => document.getElementById("keys");
  const read = () => { try { return localStorage.getItem("puente.keys"); } catch { return null; } };
  const write = on => { try { localStorage.setItem("puente.keys", on ? "on" : "off"); } catch { /* this page only */ } };
  const isTyping = at =>
    at?.closest?.("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select") ||
    at?.isContentEditable;
  const usable = el => !el.disabled && !el.closest("[hidden], [inert], dialog:not([open])");
  const wanted = el => el.dataset.key.split("|");

  const named = event => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey) return `mod+${key}`;
    return event.shiftKey && /^\p{L}$/u.test(key) ? `shift+${key}` : key;
  };

  const enter = menu => {
    const all = [...menu.querySelectorAll("[data-menu-first]"), ...menu.querySelectorAll(".menu-panel :is(a[href], button, input, select)")];
    all.find(el => el.getClientRects().length)?.focus();
  };

  const use = el => {
    if (!el.hasAttribute("data-key-focus")) {
      el.click();
      const menu = el.matches("summary") && el.closest("details[data-menu][open]");
      return menu && enter(menu);
    }
    for (let box = el.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    el.focus();
  };

  let before = "", at = 0;
  document.addEventListener("keydown", event => {
    const isCommand = event.ctrlKey || event.metaKey;
    if (event.defaultPrevented || event.repeat && !/^[jk]$/.test(event.key) || event.isComposing || event.altKey) return;
    if (event.getModifierState("AltGraph") || ["Shift", "Control", "Meta"].includes(event.key)) return;
    if (document.querySelector("dialog[open]") || !isCommand && (isTyping(event.target) || read() === "off")) return;
    const key = named(event), recent = event.timeStamp - at < PAUSE ? before : "";
    [before, at] = [key, event.timeStamp];
    const all = [...document.querySelectorAll("[data-key]")].filter(usable);
    const hit = recent && all.find(el => wanted(el).includes(`${recent} ${key}`)) || all.find(el => wanted(el).includes(key));
    if (hit) {
      event.preventDefault();
      use(hit);
    } else if (!isCommand && !document.dispatchEvent(new CustomEvent("puente:key", { detail: { key }, cancelable: true })))
      event.preventDefault();
  });

  document.addEventListener("puente:key", event => {
    if (event.detail.key !== "?" || !dialog()) return;
    event.preventDefault();
    dialog().showModal();
  });
  document.addEventListener("click", event => {
    if (event.target.closest("[data-keys-open]")) dialog()?.showModal();
  });
  document.addEventListener("change", event => {
    if (event.target.matches("[data-keys-switch]")) write(event.target.checked);
  });
  for (const box of document.querySelectorAll("[data-keys-switch]")) box.checked = read() !== "off";
}
