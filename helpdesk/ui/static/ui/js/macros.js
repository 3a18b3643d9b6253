// [data-macros]: the menu of saved replies. [data-macro-find] narrows it, the arrows go along it, and a [data-macro] puts
// the words of its <template> into the reply (insert.js); its value is how the ticket stands once that is sent, and
// its template[data-macro-using] stands below the text: what happens besides. [data-macro-now] is done at once.
"use strict";
{
  const fold = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const all = menu => [...menu.querySelectorAll("[data-macro], [data-macro-now]")];
  const seen = menu => all(menu).filter(button => !button.closest("li").hidden);

  const use = (form, from, then) => {
    const how = form.querySelector("[data-macro-then]"), using = from.querySelector("template[data-macro-using]");
    if (how) how.value = then;
    for (const line of form.querySelectorAll("[data-macro-says]")) line.hidden = line.dataset.macroSays !== then;
    const line = using && document.importNode(using.content, true), box = line?.querySelector("input");
    if (!box) return;
    form.querySelector(`[data-macros-used] input[value="${CSS.escape(box.value)}"]`)?.closest("label").remove();
    form.querySelector("[data-macros-used]")?.append(line);
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
    const text = button.querySelector("template").content.textContent;
    area.dispatchEvent(new CustomEvent("puente:insert", { bubbles: true, detail: { text } }));
    use(form, button, button.dataset.macro);
    button.closest("details").open = false;
  });

  document.addEventListener("puente:taken", ({ target, detail: { option } }) => {
    if (option?.dataset.then !== undefined) use(target.form, option, option.dataset.then);
  });

  document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
    const menu = detail.successful && target.matches("[data-macro-now]") && target.closest("details");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  document.addEventListener("htmx:load", ({ target }) => {
    if (target.closest?.("[data-macros][open]")) target.querySelector("[data-macro-find], a[href]")?.focus();
  });
}
