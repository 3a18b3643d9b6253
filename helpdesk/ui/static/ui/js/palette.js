// dialog#palette: every command (commands.js) and what the server knows (lookup.js), found by typing. A combobox: the
// focus stays in its field. [data-palette-open] opens it.
"use strict";
{
  const dialog = document.getElementById("palette"), field = dialog?.querySelector("input"), list = dialog?.querySelector("[role=listbox]");
  const PAUSE = 150, MOST = 8;
  let commands = [], found = [], shown = [], chosen = 0, timer = 0;

  const fold = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const make = (tag, values) => Object.assign(document.createElement(tag), values);
  const options = () => [...list.querySelectorAll("div")];

  const marked = (label, typed) => {
    const at = fold(label).length === label.length ? fold(label).indexOf(typed) : -1, [from, to] = at < 0 ? [0, 0] : [at, at + typed.length];
    const text = make("span", { className: "grow trunc" });
    text.append(label.slice(0, from), make("mark", { textContent: label.slice(from, to) }), label.slice(to));
    return text;
  };

  const line = (item, index, typed) => {
    const row = make("div", { role: "option", id: `palette-${index}` }), keys = (item.keys ?? []).map(key => make("kbd", { textContent: key }));
    row.append(item.icon ?? "", marked(item.label, typed), make("span", { className: "meta trunc", textContent: item.detail ?? "" }), ...keys);
    return row;
  };

  const mark = () => {
    options().forEach((row, index) => { row.ariaSelected = String(index === chosen); });
    field.setAttribute("aria-activedescendant", shown.length ? `palette-${chosen}` : "");
    options()[chosen]?.scrollIntoView({ block: "nearest" });
  };

  const draw = () => {
    const typed = fold(field.value.trim()), groups = new Map();
    const fits = commands.filter(({ label }) => typed.split(/\s+/).every(word => fold(label).includes(word)));
    for (const item of [...fits, ...found]) groups.set(item.group, [...(groups.get(item.group) ?? []), item]);
    const rows = [];
    shown = [];
    for (const [name, items] of groups) {
      rows.push(make("h3", { role: "presentation", textContent: name || dialog.dataset.here }));
      for (const item of items.slice(0, typed ? MOST : 99)) rows.push(line(item, shown.push(item) - 1, typed));
    }
    chosen = Math.max(0, Math.min(chosen, shown.length - 1));
    list.replaceChildren(...rows);
    dialog.querySelector("[data-palette-none]").hidden = shown.length > 0;
    mark();
  };

  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
  const take = items => { found = items; draw(); };

  const open = () => {
    commands = [];
    tell("puente:commands", { commands });
    commands.sort((a, b) => (a.group === dialog.dataset.last) - (b.group === dialog.dataset.last));
    [field.value, found, chosen] = ["", [], 0];
    dialog.showModal();
    draw();
    field.focus();
  };

  const run = item => { dialog.close(); item?.run(); };
  field?.addEventListener("input", () => {
    chosen = 0;
    draw();
    clearTimeout(timer);
    timer = setTimeout(tell, PAUSE, "puente:typed", { text: field.value.trim(), found: take });
  });
  field?.addEventListener("keydown", event => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], isAgain = event.key === "k" && (event.ctrlKey || event.metaKey);
    if (!isAgain && !step && (event.key !== "Enter" || event.isComposing)) return;
    event.preventDefault();
    if (!step) return isAgain ? dialog.close() : run(shown[chosen]);
    chosen = (chosen + step + shown.length) % Math.max(1, shown.length);
    mark();
  });
  list?.addEventListener("click", event => {
    const at = options().indexOf(event.target.closest("div"));
    if (at >= 0) run(shown[at]);
  });
  dialog?.addEventListener("click", event => event.target === dialog && dialog.close());
  document.addEventListener("click", event => {
    if (!dialog || !event.target.closest("[data-palette-open]")) return;
    event.preventDefault();
    open();
  });
}
