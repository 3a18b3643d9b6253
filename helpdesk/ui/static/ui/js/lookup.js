// What the server knows about what is typed into palette.js: it tells of each pause with "puente:typed" (detail.text,
// detail.found to be called with a list). dialog[data-src] answers {"groups": [{"name", "items": [{"label", "detail",
// "url"}]}]}; below stands the way to the page of all answers.
"use strict";
{
  const dialog = document.getElementById("palette");
  let asked = null;

  const look = async (text, signal) => {
    const answer = await fetch(`${dialog.dataset.src}?q=${encodeURIComponent(text)}`, { signal, headers: { Accept: "application/json" } });
    const { groups = [] } = answer.ok && !answer.redirected ? await answer.json() : {};
    return groups.flatMap(({ name, items }) => items.filter(item => item.url).map(({ label, detail, url }) => ({
      group: name, label, detail, run: () => location.assign(url),
    })));
  };

  document.addEventListener("puente:typed", async ({ detail: { text, found } }) => {
    asked?.abort();
    asked = new AbortController();
    if (!text) return found([]);
    const address = `${dialog.dataset.search}?q=${encodeURIComponent(text)}`;
    const all = { group: dialog.dataset.searching, label: `${dialog.dataset.everywhere} ${text}`, run: () => location.assign(address) };
    try {
      found([...await look(text, asked.signal), all]);
    } catch (error) {
      if (error.name !== "AbortError") found([all]); // not there just now: the page itself says why
    }
  });
}
