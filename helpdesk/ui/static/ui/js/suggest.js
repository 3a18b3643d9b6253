// form[data-suggest="address"]: asks what can be typed into its search field while somebody types, and what was searched
// for lately on this device. typeahead.js shows it ("puente:offers") and says what was taken ("puente:taken").
"use strict";
{
  const PAUSE = 150, MOST_RECENT = 6, KEPT = "searches";
  const recent = () => { try { return JSON.parse(localStorage.getItem(KEPT)) ?? []; } catch { return []; } };
  const remember = text => {
    const kept = [text, ...recent().filter(one => one !== text)].slice(0, MOST_RECENT);
    try { if (text) localStorage.setItem(KEPT, JSON.stringify(kept)); } catch { /* a device that keeps nothing */ }
  };

  // Where the term under the cursor begins: behind the last blank or bracket that stands in no quotation marks.
  const TERM = /(?:[^\s()"“«]|"[^"]*(?:"|$)|“[^”]*(?:”|$)|«[^»]*(?:»|$))+/g;
  const term = field => {
    const end = field.selectionStart ?? field.value.length;
    const latest = [...field.value.slice(0, end).matchAll(TERM)].pop();
    const start = latest && latest.index + latest[0].length === end ? latest.index : end;
    return { start: start + (/^-[^\s]/.test(field.value.slice(start, end)) ? 1 : 0), end };
  };

  const put = (field, item) => {
    const { start, end } = item.kind === "term" ? term(field) : { start: 0, end: field.value.length };
    const before = field.value.slice(0, start), after = field.value.slice(end), text = after.startsWith(" ") ? item.text : `${item.text} `;
    field.value = before + text + after;
    field.setSelectionRange(before.length + text.length, before.length + text.length);
    field.focus();
  };

  const bind = form => {
    const field = form.querySelector("input[type=search]");
    const offer = groups => form.dispatchEvent(new CustomEvent("puente:offers", { detail: { groups } }));
    let timer = 0, asked = null;

    const stop = () => {
      clearTimeout(timer);
      asked?.abort();
    };

    const ask = async () => {
      const typed = field.value.trim(), { start, end } = term(field);
      stop();
      if (!typed) return offer([]);
      asked = new AbortController();
      const address = `${form.dataset.suggest}?${new URLSearchParams({ q: typed, term: field.value.slice(start, end) })}`;
      try {
        const answer = await fetch(address, { signal: asked.signal, headers: { Accept: "application/json" } });
        if (answer.ok && document.activeElement === field) offer((await answer.json()).groups);
      } catch { /* offline, or something else was typed meanwhile */ }
    };

    field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, PAUSE); });
    field.addEventListener("blur", stop);
    form.addEventListener("puente:wanted", () => {
      if (!field.value) offer([{ name: form.dataset.suggestRecent ?? "", items: recent().map(text => ({ kind: "text", label: text, text })) }]);
    });
    form.addEventListener("puente:taken", ({ detail: { item } }) => {
      stop();
      if (item.kind === "link") location.assign(item.url);
      else put(field, item);
    });
    form.addEventListener("submit", () => { stop(); remember(field.value.trim()); });
  };

  document.querySelectorAll("form[data-suggest]").forEach(bind);
}
