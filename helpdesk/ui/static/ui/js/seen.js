// input[data-seen] holds the newest message its writer has had before them. Once they write and the thread brings what
// another person says ([data-said]), the [data-primary] button of its form asks them to look at that first, once, and
// sends only then. [data-seen-hint] says who it was, in the words of data-seen-says. Without any of this the server asks.
"use strict";
{
  const held = new Map(); // form -> what its button said
  const pk = el => Number(el.dataset.said);
  const newer = field => [...document.querySelectorAll("#thread [data-said]")].filter(el => pk(el) > Number(field.value));
  const hasSeen = (field, news) => { field.value = Math.max(...news.map(pk)); };

  const tell = (form, words) => {
    const hint = form.querySelector("[data-seen-hint]"), live = document.getElementById("live");
    hint.hidden = !words;
    hint.querySelector("span").textContent = words;
    if (words && live) live.textContent = words;
  };

  const look = () => {
    for (const field of document.querySelectorAll("input[data-seen]")) {
      const { form } = field, news = newer(field), button = form.querySelector("[data-primary]");
      if (!news.length) continue;
      if (!form.querySelector("textarea[data-draft-url]").value.trim()) hasSeen(field, news); // nothing to think over
      else {
        if (!held.has(form)) held.set(form, button.textContent);
        button.textContent = field.dataset.seen;
        tell(form, field.dataset.seenSays.replace("%s", () => news.at(-1).dataset.saidBy));
      }
    }
  };

  const review = form => {
    const field = form.querySelector("input[data-seen]"), news = newer(field);
    form.querySelector("[data-primary]").textContent = held.get(form);
    held.delete(form);
    tell(form, "");
    if (!news.length) return;
    hasSeen(field, news);
    news[0].tabIndex = -1;
    news[0].focus({ preventScroll: true });
    news[0].scrollIntoView({ block: "start" });
  };

  // On the way down, so that nothing else takes it for sent. A file or a colleague's eye is no sending.
  document.addEventListener("submit", event => {
    const { target: form, submitter } = event;
    if (!held.has(form) || submitter?.name === "remove" || submitter?.name === "add" || submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    review(form);
  }, true);
  for (const moment of ["puente:shown", "htmx:afterSettle"]) document.addEventListener(moment, look);
}
