// [data-density-toggle]: a button that makes rows closer, or as before, on this device. The server writes
// html[data-density] from the cookie; without this script the button stays hidden.
"use strict";
{
  const root = document.documentElement;
  const isCompact = () => root.dataset.density === "compact";

  const show = () => {
    for (const button of document.querySelectorAll("[data-density-toggle]")) {
      button.hidden = false;
      button.setAttribute("aria-pressed", isCompact());
    }
  };

  document.addEventListener("click", event => {
    if (!event.target.closest("[data-density-toggle]")) return;
    if (isCompact()) delete root.dataset.density;
    else root.dataset.density = "compact";
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `density=${isCompact() ? "compact" : ""}; path=/; max-age=${isCompact() ? 31536000 : 0}; samesite=lax${secure}`;
    show();
  });
  show();
}
