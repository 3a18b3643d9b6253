// [data-composer]: radios name="mode" show the [data-panel] of their value. Reply and note are two forms with two
// texts, so a note cannot reach a customer by a switch. Ctrl or ⌘ and Enter sends; Escape leaves; textareas grow.
"use strict";
{
  const show = (composer, mode) => {
    for (const panel of composer.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== mode;
    composer.classList.toggle("is-note", mode === "note");
  };

  const grow = area => {
    if (CSS.supports("field-sizing", "content")) return;
    area.style.blockSize = "auto";
    area.style.blockSize = `${area.scrollHeight + 2}px`;
  };

  const write = composer => {
    const area = composer.querySelector("[data-panel]:not([hidden]) textarea:not([data-addresses])");
    area?.focus();
    area?.setSelectionRange(area.value.length, area.value.length);
    area?.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("click", event => {
    const radio = event.target.closest("[data-composer] input[type=radio][name=mode]");
    if (!radio) return;
    const composer = radio.closest("[data-composer]");
    show(composer, radio.value);
    // A pointer or a shortcut goes on to the text; arrow keys stay in the group. Once more after the browser has put
    // the focus on the radio: on a phone the text is folded away until then.
    if (event.detail > 0 || !event.isTrusted) { write(composer); setTimeout(write, 0, composer); }
  });

  document.addEventListener("keydown", event => {
    const area = event.target;
    if (!area.matches?.("[data-composer] :is(textarea, .typed)")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) {
      event.preventDefault();
      const button = area.form?.querySelector("[data-primary]") ?? area.form?.querySelector("[type=submit]");
      area.form?.requestSubmit(button);
    }
    if (event.key === "Escape" && !event.defaultPrevented) area.blur();
  });

  document.addEventListener("input", event => {
    if (event.target.matches("[data-composer] textarea")) grow(event.target);
  });

  const start = () => {
    for (const composer of document.querySelectorAll("[data-composer]")) {
      const mode = composer.querySelector("input[type=radio][name=mode]:checked")?.value;
      if (mode) show(composer, mode);
      composer.querySelectorAll("textarea").forEach(grow);
    }
  };
  start();
  addEventListener("pageshow", start);
}
