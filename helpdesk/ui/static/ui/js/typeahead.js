// form[data-suggest]: shows below its search field what suggest.js offers. A combobox: the focus stays in the field,
// arrows choose, Enter takes, Escape closes. [data-suggest-status] says whether there is something.
"use strict";
{
  let counter = 0;
  const make = (tag, values, ...children) => {
    const made = Object.assign(document.createElement(tag), values);
    made.append(...children);
    return made;
  };

  const bind = form => {
    const field = form.querySelector("input[type=search]"), status = form.querySelector("[data-suggest-status]");
    const list = make("div", { className: "typeahead", id: `suggest-${++counter}`, role: "listbox", hidden: true, ariaLabel: field.labels[0]?.textContent.trim() ?? "" });
    const tell = (name, detail = {}) => form.dispatchEvent(new CustomEvent(name, { detail }));
    let items = [], chosen = -1;

    const say = attributes => { for (const [name, value] of Object.entries(attributes)) field.setAttribute(name, value); };
    say({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id });
    form.append(list);

    const mark = () => {
      items.forEach(({ row }, at) => row.setAttribute("aria-selected", String(at === chosen)));
      const row = items[chosen]?.row;
      if (row) field.setAttribute("aria-activedescendant", row.id);
      else field.removeAttribute("aria-activedescendant");
      row?.scrollIntoView({ block: "nearest" });
    };

    const line = item => {
      const row = make("div", { role: "option", id: `${list.id}-${items.length}` }, make("span", { className: "trunc", textContent: item.label }));
      if (item.detail) row.append(make("span", { className: "meta trunc", textContent: item.detail }));
      items.push({ ...item, row });
      return row;
    };

    const draw = groups => {
      [items, chosen] = [[], -1];
      const filled = groups.filter(group => group.items.length);
      list.replaceChildren(...filled.map(({ name, items: all }) =>
        make("div", { role: "group", ariaLabel: name }, make("div", { role: "presentation", textContent: name }), ...all.map(line))));
      list.hidden = !items.length;
      say({ "aria-expanded": String(items.length > 0) });
      mark();
    };

    const take = item => {
      draw([]);
      tell("puente:taken", { item });
    };

    field.addEventListener("keydown", event => {
      const step = event.altKey ? 0 : { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step > 0 && list.hidden) tell("puente:wanted");
      if (list.hidden || !step && event.key !== "Escape" && (event.key !== "Enter" || event.isComposing || !items[chosen])) return;
      event.preventDefault();
      if (event.key === "Escape") {
        event.stopPropagation();
        return draw([]);
      }
      if (!step) return take(items[chosen]);
      chosen = (chosen + step + (chosen < 0 && step < 0 ? 1 : 0) + items.length) % items.length;
      mark();
    });
    field.addEventListener("blur", () => draw([]));
    list.addEventListener("mousedown", event => event.preventDefault()); // the focus stays in the field
    list.addEventListener("click", event => {
      const item = items.find(({ row }) => row === event.target.closest("[role=option]"));
      if (item) take(item);
    });
    form.addEventListener("puente:offers", ({ detail: { groups } }) => {
      draw(groups);
      if (status) status.textContent = items.length ? status.dataset.some : field.value ? status.dataset.none : "";
    });
    form.addEventListener("submit", () => draw([]));
  };

  document.querySelectorAll("form[data-suggest]").forEach(bind);
}
