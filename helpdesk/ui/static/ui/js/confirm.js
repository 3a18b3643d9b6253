// form[data-confirm]: what one suggestion is answered with. "No gap" is "as expected" and the reverse, as it is chosen;
// the arrows move along the stages in [data-stages] while the focus is on nothing that uses them itself, and Enter is
// the [data-confirm-button]. [data-summary] says in the words of data-answer what is chosen, for screens on which the
// choices and the button do not fit at once.
"use strict";
{
  const form = () => document.querySelector("form[data-confirm]");
  const choice = (name, value) => form().querySelector(`[name="${name}"][value="${value}"]`);
  const clear = name => { for (const each of form().querySelectorAll(`[name="${name}"]`)) each.checked = false; };
  const isChosen = (name, value) => choice(name, value)?.checked;

  document.addEventListener("change", ({ target }) => {
    if (!target.closest("form[data-confirm]")) return;
    if (target.name === "gap_primary") {
      if (target.value === "none") choice("direction", "met").checked = true;
      else if (!isChosen("direction", "exceeded")) choice("direction", "below").checked = true;
    }
    if (target.name === "direction") {
      if (target.value === "met") choice("gap_primary", "none").checked = true;
      else if (isChosen("gap_primary", "none")) clear("gap_primary");
    }
    summarise();
  });

  const summarise = () => {
    const line = document.querySelector("[data-summary]"), of = name => form()?.querySelector(`[name="${name}"]:checked`);
    const chosen = ["journey_stage", "gap_primary"].map(name => of(name)?.dataset.answer);
    if (line) line.textContent = chosen.every(Boolean) ? chosen.join(" × ") : line.dataset.summary;
  };

  const move = step => {
    const stages = [...form().querySelectorAll("[data-stages] input")], at = stages.findIndex(each => each.checked);
    const to = at < 0 ? (step > 0 ? 0 : stages.length - 1) : Math.max(0, Math.min(stages.length - 1, at + step));
    stages[to].click();
  };

  // Whatever has the focus and answers these keys itself keeps them.
  const isFree = () => !document.activeElement?.closest("a, button, summary, input, select, textarea");

  document.addEventListener("puente:key", event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.detail.key];
    if (!form() || !isFree() || !step && event.detail.key !== "Enter") return;
    event.preventDefault();
    if (step) move(step);
    else document.querySelector("[data-confirm-button]")?.click();
  });

  summarise();
  document.addEventListener("htmx:load", summarise);
}
