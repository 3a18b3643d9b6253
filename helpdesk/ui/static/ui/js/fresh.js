// a[data-live-new]: shows the list of this address anew in its place: [data-live-list], and every [data-live-part] by its
// id. Ticks, the row in hand and the focus stay with their rows, and what is in sight stays where it is. Where the link
// leads elsewhere, or anything is unlike what was expected, it is an ordinary link.
"use strict";
{
  const list = (root = document) => root.querySelector("[data-live-list]");
  const body = of => of.tBodies?.[0] ?? of;
  const rows = of => [...of.querySelectorAll("[data-row]")];
  const isHere = link => link.href.split("#")[0] === location.href.split("#")[0];
  const within = row => row && [...row.querySelectorAll("a[href], input, button")].indexOf(document.activeElement);

  // The row under the pointer, else the one with the focus, else the first in sight.
  const anchor = all =>
    all.find(row => row.matches(":hover")) ?? all.find(row => row.contains(document.activeElement)) ??
    all.find(row => row.getBoundingClientRect().bottom > 0);

  const scroller = el => {
    for (let box = el.parentElement; box; box = box.parentElement)
      if (box.scrollHeight > box.clientHeight && /auto|scroll/.test(getComputedStyle(box).overflowY)) return box;
    return document.scrollingElement;
  };

  const swap = (from, to) => {
    const old = rows(from), held = anchor(old), top = held?.getBoundingClientRect().top;
    const at = old.findIndex(row => row.contains(document.activeElement)), spot = within(old[at]);
    const ids = test => new Set(old.filter(test).map(row => row.id));
    const ticked = ids(row => row.querySelector("input:checked")), current = ids(row => row.matches(".cur"));
    body(from).replaceChildren(...body(to).childNodes);
    const now = rows(from), same = held && now.find(row => row.id === held.id);
    for (const row of now) {
      const box = ticked.has(row.id) && row.querySelector("input[type=checkbox]");
      if (box) box.checked = true;
      row.classList.toggle("cur", current.has(row.id));
    }
    if (at >= 0) { // a row that is gone leaves its place to the one that stands there now
      const row = now.find(each => each.id === old[at].id) ?? now[Math.min(at, now.length - 1)];
      const all = [...(row?.querySelectorAll("a[href], input, button") ?? [])];
      (all[spot] ?? all[0])?.focus({ preventScroll: true });
    }
    if (same) scroller(from).scrollTop += same.getBoundingClientRect().top - top;
  };

  const show = async link => {
    link.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(link.href, { cache: "no-store" });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok || answer.redirected || list(fresh)?.tagName !== list().tagName) return location.assign(link.href);
      swap(list(), list(fresh));
      for (const part of document.querySelectorAll("[data-live-part][id]")) {
        const other = fresh.getElementById(part.id);
        if (other) part.replaceChildren(...other.childNodes);
      }
      window.htmx?.process(list());
      for (const name of ["shown", "listed"])
        list().dispatchEvent(new CustomEvent(`puente:${name}`, { bubbles: true }));
      const words = document.getElementById("live");
      if (words) words.textContent = link.dataset.shown ?? "";
    } catch { location.assign(link.href); } finally { link.removeAttribute("aria-busy"); }
  };

  document.addEventListener("click", event => {
    const link = event.target.closest("a[data-live-new]");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!list() || !isHere(link)) return;
    event.preventDefault();
    if (!link.hasAttribute("aria-busy")) show(link);
  });
}
