// [data-presence="N"]: who else has ticket N before them, as the server says it (templatetags/presence.py) and as
// "puente:presence" (live.js) tells it: { number, people: [{ name, initials, writing, until }] }. Whoever's `until` has
// passed is dropped without a word from anybody. With data-in-words it also says so, and tells a screen reader once.
"use strict";
{
  const words = JSON.parse(document.body.dataset.presenceWords ?? "{}");
  const known = new Map(), announced = new Map(); // by number
  const places = () => document.querySelectorAll("[data-presence]");
  const say = person => (person.writing ? words.writing : words.looking)?.replace("%(name)s", () => person.name) ?? person.name;
  const read = place => { try { return JSON.parse(place.dataset.people ?? "[]"); } catch { return []; } };
  const present = number => (known.get(number) ?? []).filter(person => person.until > Date.now());

  const span = (name, text, more = {}) => Object.assign(document.createElement("span"), { className: name, textContent: text, ...more });

  const avatar = person => {
    const el = span(`av ${person.writing ? "writing" : "looking"}`, "", { title: say(person) });
    const shown = span("", person.initials);
    shown.setAttribute("aria-hidden", "true");
    el.append(shown, span("vh", say(person)));
    return el;
  };

  const sentence = people => {
    const writing = people.find(person => person.writing), one = writing ?? (people.length === 1 && people[0]);
    const el = span("here-words", one ? say(one) : "");
    el.setAttribute("aria-hidden", "true");
    return el;
  };

  // Each person once for coming and once for writing, until they leave.
  const announce = (number, people) => {
    const told = announced.get(number) ?? new Set(), now = people.map(say);
    const fresh = now.filter(each => !told.has(each)), gone = each => !people.some(person => each.includes(person.name));
    announced.set(number, new Set([...told].filter(each => !gone(each)).concat(now)));
    const region = document.getElementById("live");
    if (fresh.length && region) region.textContent = fresh.join(". ");
  };

  const paint = () => {
    for (const place of places()) {
      const number = place.dataset.presence;
      if (!known.has(number)) known.set(number, read(place));
      const people = present(number), shown = JSON.stringify(people.map(say)), speaks = place.hasAttribute("data-in-words");
      if (speaks) announce(number, people);
      if (place.dataset.shown === shown) continue;
      place.dataset.shown = shown;
      place.replaceChildren(...people.map(avatar), ...(speaks && people.length ? [sentence(people)] : []));
    }
    wait();
  };

  let timer = 0;
  const wait = () => {
    clearTimeout(timer);
    const next = Math.min(...[...known.values()].flat().map(person => person.until).filter(until => until > Date.now()));
    if (next < Infinity) timer = setTimeout(paint, next - Date.now() + 50);
  };

  document.addEventListener("puente:presence", ({ detail }) => {
    known.set(String(detail.number), detail.people);
    paint();
  });
  for (const moment of ["htmx:load", "puente:shown"]) document.addEventListener(moment, paint);
  document.addEventListener("visibilitychange", () => document.hidden || paint());
  paint();
}
