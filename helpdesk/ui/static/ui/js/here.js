// [data-here-url]: tells the server that a ticket is before somebody, every fifteen seconds while the page is in sight,
// and at once when they come, begin or stop writing in [data-composer], or leave.
"use strict";
{
  const BEAT = 15_000, PAUSE = 20_000; // whoever touched no key for that long thinks, or went for a coffee
  const page = document.querySelector("[data-here-url]");
  let state = "left", timer = 0, pausing = 0;

  const send = (now, isBeat = false) => {
    const token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value;
    if (!token || now === state && !isBeat) return;
    // With what this page said before: another tab in which they write speaks louder than one in which they only look.
    const body = new URLSearchParams({ csrfmiddlewaretoken: token, state: now, was: state, ...(isBeat && { beat: "1" }) });
    state = now;
    clearInterval(timer);
    if (now !== "left") timer = setInterval(() => send(state, true), BEAT);
    navigator.sendBeacon(page.dataset.hereUrl, body); // outlives the page, and nobody waits for an answer
  };

  const stop = () => {
    clearTimeout(pausing);
    if (state === "writing") send("looking");
  };

  const isText = el => el.matches?.("[data-composer] textarea");

  if (page) {
    document.addEventListener("input", ({ target, isTrusted }) => {
      if (!isTrusted || !isText(target)) return; // a draft that is put back is nobody writing
      if (!target.value.trim()) return stop();
      send("writing");
      clearTimeout(pausing);
      pausing = setTimeout(stop, PAUSE);
    });
    document.addEventListener("focusout", event => {
      if (isText(event.target) && !event.relatedTarget?.closest("[data-composer]")) stop();
    });
    document.addEventListener("visibilitychange", () => {
      clearTimeout(pausing);
      send(document.hidden ? "left" : "looking");
    });
    addEventListener("pagehide", () => send("left"));
    addEventListener("pageshow", () => document.hidden || send("looking"));
    addEventListener("online", () => state !== "left" && send(state, true));
    if (!document.hidden) send("looking");
  }
}
