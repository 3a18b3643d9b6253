// form[data-builder] stands in place: Escape and [data-builder-close] take it away, and the link that brought it has
// the focus again.
"use strict";
{
  const close = place => {
    place.replaceChildren();
    document.querySelector(`[hx-target="#${place.id}"]`)?.focus();
  };

  document.addEventListener("click", event => {
    const place = event.target.closest("[data-builder-close]")?.closest("#builder");
    if (!place || !document.querySelector(`[hx-target="#${place.id}"]`)) return;
    event.preventDefault();
    close(place);
  });

  document.addEventListener("keydown", event => {
    const place = event.key === "Escape" && !event.defaultPrevented && event.target.closest?.("#builder");
    if (!place || !document.querySelector(`[hx-target="#${place.id}"]`)) return;
    event.preventDefault();
    close(place);
  });

  // What was brought in begins with its first field; after that the answers say themselves where to go on.
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (detail.target.id === "builder") detail.target.querySelector("select")?.focus();
  });
}
