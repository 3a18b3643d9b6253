// [data-seconds] counts down in its [data-left] and goes away at the end: a .toast is removed, anything else hidden.
// A toast's count stands still under the pointer, with the focus inside, and in a tab nobody sees; any other is a clock.
// [data-dismiss] closes at once; Z clicks the newest [data-undo] of the page. A toast that comes with the page is said in
// #live once the page rests, for what is there from the beginning is not read out.
"use strict";
{
  const REST = 600, counting = new WeakSet();

  const end = el => {
    const hadFocus = el.contains(document.activeElement);
    if (el.matches(".toast")) el.remove();
    else el.hidden = true;
    if (hadFocus) document.querySelector("main")?.focus();
  };

  const count = el => {
    if (counting.has(el)) return;
    counting.add(el);
    const all = Number(el.dataset.seconds), began = Date.now(), isToast = el.matches(".toast");
    let left = all;
    if (!(left > 0)) return;
    const timer = setInterval(() => {
      if (!el.isConnected) return clearInterval(timer);
      if (isToast && (document.hidden || el.matches(":hover, :focus-within"))) return;
      left = isToast ? left - 1 : all - Math.floor((Date.now() - began) / 1000);
      const number = el.querySelector("[data-left]");
      if (number) number.textContent = Math.max(0, left);
      if (left > 0) return;
      clearInterval(timer);
      end(el);
    }, 1000);
  };

  const start = () => { for (const el of document.querySelectorAll("[data-seconds]")) count(el); };

  document.addEventListener("click", event => {
    const button = event.target.closest("[data-dismiss]");
    if (button) end(button.closest(".toast, [data-seconds]") ?? button);
  });
  document.addEventListener("puente:key", event => {
    const undo = [...document.querySelectorAll("[data-undo]")].filter(el => !el.closest("[hidden]")).pop();
    if (event.detail.key !== "z" || !undo) return;
    event.preventDefault();
    undo.click();
  });
  const words = document.querySelector(".toast .grow")?.textContent.trim(), live = document.getElementById("live");
  if (words && live) setTimeout(() => { live.textContent ||= words; }, REST);
  start();
  for (const moment of ["htmx:load", "puente:shown"]) document.addEventListener(moment, start);
}
