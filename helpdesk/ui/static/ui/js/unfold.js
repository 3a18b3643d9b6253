// An address with #message-12 or #note-12 leads there, also where it is folded away: in the middle of a long thread
// ([data-earlier] leads to all of it) or in <details>. All of a long message is printed.
"use strict";
{
  const follow = () => {
    const id = location.hash.slice(1);
    if (!/^(message|note|side)-\d+$/.test(id)) return;
    if (document.getElementById(id)) return document.dispatchEvent(new CustomEvent("puente:place", { detail: { id } }));
    const earlier = document.querySelector("a[data-earlier]");
    if (!earlier) return;
    const all = new URL(earlier.href);
    all.hash = id;
    location.replace(all);
  };

  const shut = () => [...document.querySelectorAll("details.rest:not([open])")];
  let opened = [];
  addEventListener("beforeprint", () => { for (const each of opened = shut()) each.open = true; });
  addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
  addEventListener("hashchange", follow);
  follow();
}
