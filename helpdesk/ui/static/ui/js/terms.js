// input[data-terms] with a list: several terms can be typed one after the other, and each is suggested. A browser
// matches its suggestions with the whole field, so they are written anew behind what stands there already.
"use strict";
{
  const shipped = new WeakMap();
  const TERM = /(?:[^\s"“«]|"[^"]*(?:"|$)|“[^”]*(?:”|$)|«[^»]*(?:»|$))+/g;

  // Where the term begins that is being typed: behind the last blank that stands in no quotation marks.
  const start = text => {
    const latest = [...text.matchAll(TERM)].pop();
    return latest && latest.index + latest[0].length === text.length ? latest.index : text.length;
  };

  document.addEventListener("input", ({ target }) => {
    const field = target.closest("input[data-terms]"), list = field?.list;
    if (!list) return;
    if (!shipped.has(list)) shipped.set(list, [...list.options].map(each => each.value));
    const before = field.value.slice(0, start(field.value));
    [...list.options].forEach((each, at) => { each.value = before + shipped.get(list)[at]; });
  });
}
