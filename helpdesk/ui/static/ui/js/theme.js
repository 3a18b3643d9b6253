// Loaded in <head>, before anything is painted. The server writes html[data-theme]; a page from the browser's cache
// may hold an older choice, so the cookie is read again. The form [data-theme-toggle] works without this, by posting.
"use strict";
{
  const root = document.documentElement;
  root.classList.add("js");

  const chosen = () => /(?:^|; )theme=(light|dark)(?:;|$)/.exec(document.cookie)?.[1] ?? "";
  const isDark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  const show = theme => {
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    for (const button of document.querySelectorAll("[data-theme-toggle] [name=theme][aria-pressed]"))
      button.setAttribute("aria-pressed", button.value === theme);
  };

  const remember = theme => {
    const age = theme ? 31536000 : 0;
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `theme=${theme}; path=/; max-age=${age}; samesite=lax${secure}`;
  };

  show(chosen());
  addEventListener("pageshow", () => show(chosen()));
  document.addEventListener("submit", event => {
    if (!event.target.matches("[data-theme-toggle]")) return;
    event.preventDefault();
    // Several buttons name the themes; a single one turns to the other, whatever was right when the page was made.
    const choices = event.target.querySelectorAll("[name=theme]"), by = event.submitter;
    const theme = choices.length > 1 && by?.name === "theme" ? by.value : isDark() ? "light" : "dark";
    remember(theme);
    show(theme);
  });
}
