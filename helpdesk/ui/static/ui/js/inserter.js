// textarea[data-insert-macros|-articles|-people]: "::", "??" or "@" at the beginning of a word asks the address in the
// attribute what fits the words that follow, <li role="option" data-insert>; insert_list.js shows them ("puente:options")
// and says which was chosen ("puente:choice"). Whoever types on is left alone. "puente:taken": that one was put in.
"use strict";
{
  const PAUSE = 120, LINE = 120;
  const SOURCES = {
    "::": area => area.dataset.insertMacros, "??": area => area.dataset.insertArticles, "@": area => area.dataset.insertPeople,
  };
  const TYPED = /(^|[\s(¿¡«“"])(::|\?\?|@)((?:\S{1,40} ?){0,3})$/;
  let start = -1, left = -1, timer = 0, asked = null; // `left`: there somebody chose or closed, and it stays so

  const tell = (area, name, detail) => area.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  const stop = () => {
    clearTimeout(timer);
    asked?.abort();
  };

  const ask = async (area, address, q) => {
    asked = new AbortController();
    try {
      const url = new URL(address, location.href);
      url.searchParams.set("find", q);
      const answer = await fetch(url, { signal: asked.signal });
      const found = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : document.createElement("i");
      if (document.activeElement === area) tell(area, "puente:options", { options: [...found.querySelectorAll("[role=option]")] });
    } catch { /* offline, or something else was typed meanwhile */ }
  };

  document.addEventListener("input", ({ target: area, isTrusted, isComposing }) => {
    if (!isTrusted || isComposing || !area.matches("textarea")) return;
    stop();
    const end = area.selectionStart, from = Math.max(area.value.lastIndexOf("\n", end - 1) + 1, end - LINE);
    const found = TYPED.exec(area.value.slice(from, end)), address = found && SOURCES[found[2]](area);
    if (!address || found[3].startsWith(" ")) {
      left = -1;
      return tell(area, "puente:options", { options: [] });
    }
    start = from + found.index + found[1].length;
    if (start !== left) timer = setTimeout(ask, PAUSE, area, address, found[3]);
  });

  document.addEventListener("puente:choice", ({ target: area, detail: { option } }) => {
    stop();
    left = start;
    if (!option) return;
    const insert = option.dataset.insert, end = area.selectionStart;
    const gap = area.value[start] === "@" && area.value[end] !== " " ? " " : "";
    area.setRangeText(insert + gap, start, end, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    tell(area, "puente:inserted", { from: start, text: insert });
    tell(area, "puente:taken", { option });
  });
  document.addEventListener("focusout", stop);
}
