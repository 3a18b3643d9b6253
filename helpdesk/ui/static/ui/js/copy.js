// <button data-copy="text" data-copied="what is said then">: puts the text on the clipboard; with data-copy-address, all of the
// address that the text is the end of.
"use strict";
{
  const bySelection = text => { // where there is no clipboard to ask for, as on a plain http address
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "vh";
    document.body.append(field);
    field.select();
    const isDone = document.execCommand("copy");
    field.remove();
    return isDone;
  };

  const put = async text => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch { return bySelection(text); }
  };

  document.addEventListener("click", async event => {
    const button = event.target.closest?.("[data-copy]"), live = document.getElementById("live");
    if (!button) return;
    const isDone = await put(button.matches("[data-copy-address]") ? new URL(button.dataset.copy, location.href).href : button.dataset.copy);
    if (isDone && live) live.textContent = button.dataset.copied;
    const shown = isDone && button.closest("details")?.parentElement.querySelector("[data-copy-done]");
    if (!shown) return;
    shown.textContent = button.dataset.copied;
    shown.hidden = false;
    setTimeout(() => { shown.hidden = true; }, 3000);
  });
}
