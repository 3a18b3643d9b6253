// [data-answers] shows what may answer what is typed into the field with the id in data-answers-for: at each pause the
// text goes to data-answers-src, and what comes back stands in it; [data-says] of that is announced. Nothing that somebody
// has opened or is in is taken away from them; without an answer what stands there stays.
"use strict";
{
  const PAUSE = 700, SHORTEST = 12;

  for (const box of document.querySelectorAll("[data-answers]")) {
    const field = document.getElementById(box.dataset.answersFor), live = document.getElementById("live");
    let timer = 0, asked = null, last = "";

    const isRead = () => box.contains(document.activeElement) || box.querySelector("details[open]");

    const show = page => {
      const says = page.querySelector("[data-says]")?.textContent ?? "";
      box.replaceChildren(...document.adoptNode(page.body).childNodes);
      box.hidden = !box.firstElementChild;
      if (live && live.textContent !== says) live.textContent = says;
    };

    const ask = async () => {
      const text = field.value.trim();
      if (text === last || isRead()) return;
      asked?.abort();
      asked = new AbortController();
      last = text;
      if (text.length < SHORTEST) return show(new DOMParser().parseFromString("", "text/html"));
      const body = new FormData();
      body.set("text", text);
      try {
        const answer = await fetch(box.dataset.answersSrc, { method: "POST", body, signal: asked.signal });
        if (answer.ok && !isRead()) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
      } catch { /* offline, or more was typed meanwhile */ }
    };

    field?.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE);
    });
    if (field) ask(); // a form that came back has its words
  }
}
