// [data-news-src]: asked which of the tickets that changed concern the list [data-live-list] (or none), at once and then
// every few seconds at most. Rows never move under the pointer: [data-live-count] counts, [data-live-new] is shown, rows
// in view are marked in its data-changed words, and the numbers of the left column follow.
"use strict";
{
  const SOON = 400, PAUSE = 5000, MOST = 100;
  const list = () => document.querySelector("[data-live-list]");
  const link = () => document.querySelector("[data-live-new]");
  const source = () => document.querySelector("[data-live-list][data-news-src]") ?? document.querySelector("[data-news-src]");
  const rowOf = number => list()?.querySelector(`[data-row][data-number="${CSS.escape(number)}"]`);
  const since = new URLSearchParams(document.body.dataset.liveUrl?.split("?")[1]).get("since") ?? "";
  const rung = new Set(), changed = new Set();
  let timer = 0, askedAt = -Infinity, isLost = false;

  const mark = number => {
    const row = rowOf(number), words = link()?.dataset.changed;
    if (!row || !words || row.querySelector("[data-row-changed]") || row.getAttribute("aria-current")) return;
    const chip = Object.assign(document.createElement("span"), { className: "chip acc", textContent: words });
    chip.dataset.rowChanged = "";
    row.querySelector("[data-row-link]").after(chip);
  };

  const count = () => {
    for (const number of changed) mark(number);
    for (const el of document.querySelectorAll("[data-live-count]")) el.textContent = changed.size || "";
    if (link()) link().hidden = !changed.size && !isLost;
  };

  const number = (address, words) => {
    const place = document.querySelector(`.nav a[href="${CSS.escape(address)}"] .n`)?.firstChild;
    if (place?.nodeType === Node.TEXT_NODE && place.data !== words) place.data = words;
  };

  const ask = async () => {
    timer = 0;
    const at = source(), numbers = [...rung].slice(0, MOST);
    if (!at || document.hidden || !numbers.length) return;
    askedAt = performance.now();
    const address = new URL(at.dataset.newsSrc, location.href);
    address.searchParams.set("changed", numbers.join());
    address.searchParams.set("shown", numbers.filter(rowOf).join());
    address.searchParams.set("since", since);
    for (const each of numbers) rung.delete(each);
    try {
      const answer = await fetch(address, { cache: "no-store" });
      if (!answer.ok || answer.redirected) return;
      const news = await answer.json();
      for (const [href, words] of Object.entries(news.counts)) number(href, words);
      if (list()) for (const each of news.changed) changed.add(each);
      count();
    } catch { for (const each of numbers) rung.add(each); }
    if (rung.size) soon();
  };

  // Not all pages in the same moment, and none of them for every single ring.
  const soon = () => {
    const wait = Math.max(SOON, askedAt + PAUSE - performance.now());
    timer ||= setTimeout(ask, wait * (0.9 + 0.2 * Math.random()));
  };

  document.addEventListener("puente:ticket", ({ detail }) => {
    if (document.querySelector(`[data-live-ticket="${CSS.escape(detail.number)}"]`)) return; // it shows itself anew
    rung.add(detail.number);
    soon();
  });
  document.addEventListener("visibilitychange", () => document.hidden || rung.size && soon());

  // What was missed is not known: a list nobody is at shows itself anew (fresh.js), another one says that it is old.
  document.addEventListener("puente:reload", () => {
    if (!list()) return;
    const isBusy = list().querySelector(":checked, :focus, :hover") ||
      document.querySelector("dialog[open], :is(input, textarea):focus");
    isLost = true;
    count();
    if (!isBusy) link()?.click();
  });

  document.addEventListener("puente:listed", () => {
    changed.clear();
    rung.clear();
    isLost = false;
    count();
  });
}
