// [data-tag-keys]: while this <details> with the form of a tag is open, 1 to 4 choose the gap and 0 none, + is better
// than expected, the arrows go along the stages, and Enter saves. The rules between the fields are the server's.
"use strict";
{
  const open = () => document.querySelector("[data-tag-keys][open]");
  const said = form => form.querySelector("[data-tag-said]");
  const isFree = () => !document.activeElement?.closest("a, button, input, select, textarea");

  const choose = (select, value) => {
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const direct = (form, slug) => { for (const radio of form.querySelectorAll("[name=direction]")) radio.checked = radio.value === slug; };
  const isBetter = form => form.querySelector("[name=direction]:checked")?.value === "exceeded";

  const gap = (form, key) => {
    const select = form.querySelector("[name=gap_primary]"), gaps = [...select.options].filter(each => each.value && each.value !== "none");
    choose(select, key === "0" ? "none" : gaps[key - 1].value);
    direct(form, key === "0" ? "met" : isBetter(form) ? "exceeded" : "below");
  };

  const better = form => {
    const select = form.querySelector("[name=gap_primary]");
    if (select.value === "none") choose(select, "");
    direct(form, "exceeded");
  };

  const stage = (form, step) => {
    const select = form.querySelector("[name=journey_stage]"), stages = [...select.options].filter(each => each.value);
    const at = stages.findIndex(each => each.selected);
    choose(select, stages[Math.max(0, Math.min(stages.length - 1, at + step))].value);
  };

  const tell = form => {
    const chosen = ["journey_stage", "gap_primary"].map(name => form.querySelector(`[name=${name}]`)?.selectedOptions[0]);
    const direction = form.querySelector("[name=direction]:checked")?.closest("label")?.textContent.trim();
    said(form).textContent = [...chosen.map(each => each?.value && each.textContent.trim()), direction].filter(Boolean).join(", ");
  };

  document.addEventListener("puente:key", event => {
    const { key } = event.detail, form = open()?.querySelector("form"), step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (!form || !isFree() || !/^([0-4+]|Enter)$/.test(key) && !step) return;
    event.preventDefault();
    if (key === "Enter") return form.requestSubmit();
    if (step) stage(form, step);
    else if (key === "+") better(form);
    else gap(form, key);
    tell(form);
  });

  // Once open the form itself has the focus, for in a field the keys would be the field's.
  document.addEventListener("toggle", event => {
    if (event.target.matches?.("[data-tag-keys][open]")) event.target.querySelector("form")?.focus({ preventScroll: true });
  }, true);
}
