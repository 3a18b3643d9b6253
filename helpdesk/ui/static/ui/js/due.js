// <time data-due datetime data-started>: each minute the words and the state again, as the server says them
// (templatetags/ui.py, due_text and due_state). Dates further away than tomorrow keep the server's text.
"use strict";
{
  const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
  const SOON = 2 * HOUR, COUNTED_DOWN = 6 * HOUR, RISK_SHARE = 0.25;

  const say = (pattern, values) => pattern.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
  const clock = (minutes, words) =>
    minutes < 60
      ? say(words.minutes, { minutes })
      : say(words.hours, { hours: Math.floor(minutes / 60), minutes: String(minutes % 60).padStart(2, "0") });
  const date = (moment, zone) => Date.parse(new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(moment));

  const text = (due, now, words) => {
    const left = due - now;
    if (left <= -DAY) return say(words.days, { days: Math.floor(-left / DAY) });
    if (left <= 0) return `−${clock(Math.max(1, Math.floor(-left / MINUTE)), words)}`;
    const days = Math.round((date(due, words.zone) - date(now, words.zone)) / DAY);
    if (days === 0 || left < COUNTED_DOWN) return clock(Math.ceil(left / MINUTE), words);
    return days === 1 ? words.tomorrow : null;
  };

  const state = (due, now, started) => {
    if (due <= now) return "late";
    const whole = due - started; // NaN where nobody knows
    return due - now < (whole > 0 ? whole * RISK_SHARE : SOON) ? "risk" : "ok";
  };

  const wordsOf = el => {
    try { return JSON.parse(el.closest("[data-words]").dataset.words); } catch { return null; }
  };

  const paint = () => {
    const now = Date.now();
    for (const el of document.querySelectorAll("time[data-due][datetime]")) {
      const due = Date.parse(el.dateTime), words = wordsOf(el);
      if (!words || Number.isNaN(due)) continue;
      const said = text(due, now, words), is = state(due, now, Date.parse(el.dataset.started));
      const target = el.querySelector("[data-due-text]") ?? (el.childElementCount ? null : el);
      if (said && target && target.textContent.trim() !== said) target.textContent = said;
      const chip = el.closest(".due") ?? el;
      for (const each of ["late", "risk"]) chip.classList.toggle(each, each === is);
    }
  };

  paint();
  setInterval(paint, MINUTE);
  document.addEventListener("visibilitychange", () => document.hidden || paint());
  for (const moment of ["htmx:load", "puente:shown"]) document.addEventListener(moment, paint);
}
