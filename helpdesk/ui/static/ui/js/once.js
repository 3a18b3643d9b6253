// form[data-once]: the second submit of the same form is ignored, and its button says aria-busy. The button is not
// disabled: that would take its name and value out of what is sent.
"use strict";
{
  const ready = form => {
    delete form.dataset.sent;
    for (const busy of form.querySelectorAll("[aria-busy=true]")) busy.removeAttribute("aria-busy");
    for (const busy of document.querySelectorAll(`[aria-busy=true][form="${CSS.escape(form.id)}"]`)) busy.removeAttribute("aria-busy");
  };

  // On the way down, so that nothing else sees the second one.
  document.addEventListener("submit", event => {
    if (!event.target.matches("form[data-once][data-sent]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  document.addEventListener("submit", event => {
    const form = event.target;
    // htmx prevents the browser's own sending and sends itself; anything else that prevents it means "not now".
    if (!form.matches("form[data-once]") || event.defaultPrevented && !form.matches("[hx-post], [data-hx-post], [hx-boost=true] form")) return;
    form.dataset.sent = "";
    (event.submitter ?? form.querySelector("[type=submit]"))?.setAttribute("aria-busy", "true");
  });

  const again = () => { for (const form of document.querySelectorAll("form[data-sent]")) ready(form); };
  addEventListener("pageshow", again); // back from the next page, out of the browser's cache
  document.addEventListener("htmx:afterRequest", again);
}
