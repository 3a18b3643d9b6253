// textarea[data-draft-url] is kept on the server 800 ms after the last key and when it is left. Until the server has
// it, a copy stays on this device for the next visit. [data-draft-field]s go along; [data-draft-status="<id>"] tells.
"use strict";
{
  const PAUSE = 800;
  const nameOf = area => `puente.draft:${area.dataset.draftUrl}`;
  const store = (change, box = localStorage) => { try { return change(box); } catch { return null; } };
  const copyOf = area => store(box => JSON.parse(box.getItem(nameOf(area))));
  const drop = name => store(box => box.removeItem(name));
  const timers = new WeakMap();

  // The page's own words: data-saving, data-offline, the server's answer.
  const say = (area, words) => {
    const status = document.querySelector(`[data-draft-status="${CSS.escape(area.id)}"]`);
    if (status) status.textContent = words(status) ?? "";
  };

  const secret = area =>
    area.form?.elements.csrfmiddlewaretoken?.value ?? document.querySelector("meta[name=csrf-token]")?.content ??
    /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";

  const save = async area => {
    if (!timers.has(area)) return;
    clearTimeout(timers.get(area));
    timers.delete(area);
    const text = area.value, body = new URLSearchParams({ text, mode: area.dataset.draftMode ?? "" });
    for (const field of area.form?.querySelectorAll("[data-draft-field]") ?? []) body.append(field.name, field.value);
    try {
      const answer = await fetch(area.dataset.draftUrl, {
        method: "POST", keepalive: text.length < 15_000, redirect: "error", body,
        headers: { "X-CSRFToken": secret(area) },
      });
      if (!answer.ok) throw new Error(answer.status);
      const answered = await answer.text();
      if (area.value !== text) return;
      drop(nameOf(area));
      say(area, () => answered);
    } catch { say(area, status => status.dataset.offline); }
  };

  const wait = area => {
    clearTimeout(timers.get(area));
    timers.set(area, setTimeout(save, PAUSE, area));
    store(box => box.setItem(nameOf(area), JSON.stringify({ text: area.value, at: Date.now() })));
    say(area, status => status.dataset.saving);
  };

  const restore = area => {
    const copy = copyOf(area), known = Date.parse(area.dataset.draftSavedAt);
    if (!copy || copy.at <= known) return drop(nameOf(area));
    if (copy.text !== area.value) area.value = copy.text;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const areas = (root = document) => [...root.querySelectorAll("textarea[data-draft-url]")];
  const isDraft = el => el.matches?.("textarea[data-draft-url]");
  document.addEventListener("input", event => isDraft(event.target) && wait(event.target));
  document.addEventListener("focusout", event => isDraft(event.target) && save(event.target));
  addEventListener("pagehide", () => areas().forEach(save));
  addEventListener("online", () => areas().filter(copyOf).forEach(wait));

  // What was sent is forgotten when the next page proves that it arrived: not an error, not a step back, and reached
  // from here.
  const here = location.href.split("#")[0];
  document.addEventListener("submit", event => {
    if (event.defaultPrevented) return;
    for (const area of areas(event.target)) {
      clearTimeout(timers.get(area));
      timers.delete(area);
      store(box => box.setItem("puente.sent", JSON.stringify([nameOf(area), here])), sessionStorage);
    }
  });
  document.addEventListener("htmx:afterRequest", event => {
    if (event.detail.successful && event.target.matches("form")) areas(event.target).map(nameOf).forEach(drop);
  });
  const visit = performance.getEntriesByType("navigation")[0];
  const [sent, from] = store(box => JSON.parse(box.getItem("puente.sent")), sessionStorage) ?? [];
  if (sent && from === document.referrer && visit?.type !== "back_forward" && !(visit?.responseStatus >= 400)) drop(sent);
  store(box => box.removeItem("puente.sent"), sessionStorage);
  areas().forEach(restore);
}
