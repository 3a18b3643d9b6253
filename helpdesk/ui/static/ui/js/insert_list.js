// Shows above a textarea what inserter.js found for it ("puente:options"). The focus stays in the text: arrows choose,
// Enter or Tab takes, Escape closes; "puente:choice" says which, or that it was closed.
"use strict";
{
  const list = Object.assign(document.createElement("ul"), { className: "inserter", id: "inserter", hidden: true });
  list.setAttribute("role", "listbox");
  let area = null, chosen = -1;

  const options = () => [...list.children];
  const mark = at => {
    chosen = at;
    options().forEach((option, each) => option.setAttribute("aria-selected", String(each === at)));
    area.setAttribute("aria-activedescendant", options()[at].id);
    options()[at].scrollIntoView({ block: "nearest" });
  };

  const close = () => {
    list.hidden = true;
    for (const name of ["aria-activedescendant", "aria-controls", "aria-autocomplete"]) area?.removeAttribute(name);
  };

  const choose = option => {
    close();
    area.dispatchEvent(new CustomEvent("puente:choice", { bubbles: true, detail: { option } }));
  };

  document.addEventListener("puente:options", ({ target, detail }) => {
    if (area !== target) close();
    area = target;
    if (!detail.options.length) return close();
    const isNew = list.hidden;
    list.replaceChildren(...detail.options);
    options().forEach((option, at) => { option.id = `inserter-${at}`; });
    area.after(list);
    list.setAttribute("aria-label", area.dataset.insertLabel ?? "");
    list.style.insetBlockEnd = `${area.offsetParent.clientHeight - area.offsetTop + 4}px`;
    list.hidden = false;
    area.setAttribute("aria-controls", list.id);
    area.setAttribute("aria-autocomplete", "list");
    mark(0);
    const live = document.getElementById("live");
    if (live && isNew) live.textContent = area.dataset.insertSays ?? "";
  });

  // Before the composer's own keys.
  document.addEventListener("keydown", event => {
    const { key } = event, step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (list.hidden || event.target !== area || event.isComposing) return;
    if (/^(Arrow[LR]|Home|End)/.test(key)) return close();
    if (!step && (!["Enter", "Tab", "Escape"].includes(key) || event.ctrlKey || event.metaKey || event.shiftKey)) return;
    event.preventDefault();
    event.stopPropagation();
    if (step) mark((chosen + step + options().length) % options().length);
    else choose(key === "Escape" ? null : options()[chosen]);
  }, true);
  document.addEventListener("focusout", event => event.target === area && close());
  list.addEventListener("mousedown", event => event.preventDefault()); // the focus stays in the text
  list.addEventListener("click", event => {
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
}
