// form[data-survey]: opening the page records nothing, since mail scanners follow every link. The first sign of a
// person posts the score that is chosen to data-provisional-url; the button sends it for good.
// [data-when="1-3"] belongs to those scores only; a <fieldset> that does not belong is not sent either.
"use strict";
{
  const SIGNS = ["pointerdown", "keydown", "touchstart", "scroll"], TOO_SOON = 800;
  const form = document.querySelector("form[data-survey]"), loaded = performance.now();
  const score = () => form.querySelector("[name=score]:checked")?.value;
  let isHuman = false, posted;

  const fits = range => {
    const [low, high = low] = range.split("-").map(Number);
    return score() !== undefined && low <= score() && score() <= high;
  };

  const sections = () => {
    for (const el of form.querySelectorAll("[data-when]")) {
      el.hidden = !el.dataset.when.split(",").some(fits);
      if (el.matches("fieldset")) el.disabled = el.hidden;
    }
  };

  const post = async () => {
    if (!isHuman || score() === undefined || score() === posted || !form.dataset.provisionalUrl) return;
    posted = score();
    try {
      const answer = await fetch(form.dataset.provisionalUrl, { method: "POST", body: new FormData(form), keepalive: true });
      const status = document.querySelector("[data-survey-status]");
      if (answer.ok && status) status.textContent = status.dataset.saved ?? "";
    } catch { posted = undefined; }
  };

  const sign = event => {
    if (!event.isTrusted || performance.now() - loaded < TOO_SOON) return;
    isHuman = true;
    for (const each of SIGNS) removeEventListener(each, sign);
    post();
  };

  if (form) {
    for (const each of SIGNS) addEventListener(each, sign, { passive: true });
    form.addEventListener("change", () => { sections(); post(); });
    addEventListener("pageshow", sections);
    sections();
  }
}
