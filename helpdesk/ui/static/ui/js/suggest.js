// form[data-suggest="address"]: what can be typed into its search field, asked for while somebody types. A combobox:
// the focus stays in the field, arrows choose, Enter takes, Escape closes. Without an answer the form is what it was.
"use strict";
{
  const PAUSE = 150, MOST_RECENT = 6, KEPT = "searches";
  let counter = 0;

  const make = (tag, values, ...children) => {
    const made = Object.assign(document.createElement(tag), values);
    made.append(...children);
    return made;
  };
  const recent = () => {
    try { return JSON.parse(localStorage.getItem(KEPT)) ?? []; } catch { return []; }
  };
  const remember = text => {
    if (!text) return;
    try { localStorage.setItem(KEPT, JSON.stringify([text, ...recent().filter(each => each !== text)].slice(0, MOST_RECENT))); } catch { /* a device that keeps nothing */ }
  };

  // Where the term under the cursor begins: behind the last blank or bracket that stands in no quotation marks.
  const TERM = /(?:[^\s()"“«]|"[^"]*(?:"|$)|“[^”]*(?:”|$)|«[^»]*(?:»|$))+/g;
  const term = field => {
    const end = field.selectionStart ?? field.value.length;
    const latest = [...field.value.slice(0, end).matchAll(TERM)].pop();
    const start = latest && latest.index + latest[0].length === end ? latest.index : end;
    return { start: start + (/^-[^\s]/.test(field.value.slice(start, end)) ? 1 : 0), end };
  };

  const bind = form => {
    const field = form.querySelector("input[type=search]"), status = form.querySelector("[data-suggest-status]");
    const list = make("div", { className: "typeahead", id: `suggest-${++counter}`, role: "listbox", hidden: true, ariaLabel: field.labels[0]?.textContent.trim() ?? "" });
    let items = [], chosen = -1, timer = 0, asked = null;

    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) field.setAttribute(name, value);
    form.append(list);

    const mark = () => {
      items.forEach(({ row }, at) => row.setAttribute("aria-selected", String(at === chosen)));
      const row = items[chosen]?.row;
      if (row) field.setAttribute("aria-activedescendant", row.id);
      else field.removeAttribute("aria-activedescendant");
      row?.scrollIntoView({ block: "nearest" });
    };
    const close = () => {
      clearTimeout(timer);
      asked?.abort();
      list.hidden = true;
      items = [];
      chosen = -1;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    };

    const take = item => {
      if (item.kind === "link") { location.assign(item.url); return; }
      const { start, end } = item.kind === "term" ? term(field) : { start: 0, end: field.value.length };
      const before = field.value.slice(0, start), after = field.value.slice(end), text = after.startsWith(" ") ? item.text : `${item.text} `;
      field.value = before + text + after;
      field.setSelectionRange(before.length + text.length, before.length + text.length);
      close();
      field.focus();
    };

    const draw = groups => {
      items = [];
      chosen = -1;
      list.replaceChildren(...groups.filter(group => group.items.length).map(group => {
        const rows = group.items.map(item => {
          const row = make("div", { role: "option", id: `${list.id}-${items.length}`, ariaSelected: "false" }, make("span", { className: "trunc", textContent: item.label }));
          if (item.detail) row.append(make("span", { className: "meta trunc", textContent: item.detail }));
          items.push({ ...item, row });
          return row;
        });
        return make("div", { role: "group", ariaLabel: group.name }, make("div", { role: "presentation", textContent: group.name }), ...rows);
      }));
      list.hidden = items.length === 0;
      field.setAttribute("aria-expanded", String(items.length > 0));
      field.removeAttribute("aria-activedescendant");
      if (status) status.textContent = items.length ? status.dataset.some : field.value ? status.dataset.none : "";
    };

    const drawRecent = () => {
      const texts = recent();
      if (texts.length) draw([{ name: form.dataset.suggestRecent ?? "", items: texts.map(text => ({ kind: "text", label: text, text })) }]);
    };

    const ask = async () => {
      asked?.abort();
      const typed = field.value.trim(), { start, end } = term(field);
      if (!typed) { close(); return; }
      asked = new AbortController();
      try {
        const answer = await fetch(`${form.dataset.suggest}?${new URLSearchParams({ q: typed, term: field.value.slice(start, end) })}`, { signal: asked.signal, headers: { Accept: "application/json" } });
        if (answer.ok && document.activeElement === field) draw((await answer.json()).groups);
      } catch { /* offline, or something else was typed meanwhile */ }
    };

    field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, PAUSE); });
    field.addEventListener("keydown", event => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && !event.altKey) {
        if (list.hidden) { if (!field.value && step > 0) drawRecent(); if (list.hidden) return; }
        event.preventDefault();
        chosen = (chosen + step + (chosen < 0 && step < 0 ? 1 : 0) + items.length) % items.length;
        mark();
      } else if (event.key === "Enter" && !event.isComposing && items[chosen] && !list.hidden) {
        event.preventDefault();
        take(items[chosen]);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        event.stopPropagation();
        close();
      }
    });
    field.addEventListener("blur", close);
    list.addEventListener("mousedown", event => event.preventDefault());  // the focus stays in the field
    list.addEventListener("click", event => {
      const row = event.target.closest("[role=option]"), item = items.find(each => each.row === row);
      if (item) take(item);
    });
    form.addEventListener("submit", () => { remember(field.value.trim()); close(); });
  };

  document.querySelectorAll("form[data-suggest]").forEach(bind);
}
