// [data-recipients]: a domain among its addresses that is not in data-known is pointed out at once, with a box to say
// yes to it; [data-add] puts somebody on Cc. Files beyond the limits of input[data-most] are pointed out before sending.
"use strict";
{
  const words = text => (text ?? "").split(/[\s,]+/).filter(Boolean);
  const addresses = root =>
    [...root.querySelectorAll("[data-addresses]")].flatMap(area => words(area.value)).filter(word => /^[^@]+@[^@]+\.[^@]+$/.test(word));

  // Where strangers share a domain, what is known there are whole addresses.
  const belonging = (address, known) => {
    const domain = address.split("@").pop().toLowerCase();
    return known.some(name => name.endsWith(`@${domain}`)) ? address.toLowerCase() : domain;
  };

  const pointOut = root => {
    const known = words(root.dataset.known), asked = words(root.dataset.asked);
    const found = addresses(root).map(address => belonging(address, known));
    const news = new Set(found.filter(name => !known.includes(name) && !asked.includes(name)));
    for (const line of root.querySelectorAll(".c-outside")) if (!news.delete(line.querySelector("input").value)) line.remove();
    for (const name of news) {
      const line = root.querySelector("template[data-outside]").content.firstElementChild.cloneNode(true);
      for (const place of line.querySelectorAll("[data-domain]")) place.textContent = name;
      line.querySelector("input").value = name;
      root.append(line);
      const live = document.getElementById("live");
      if (live) live.textContent = line.querySelector("span").textContent;
    }
  };

  document.addEventListener("change", event => {
    const { target } = event, root = target.closest?.("[data-recipients]");
    if (root) pointOut(root);
    if (!target.matches?.("input[type=file][data-most]")) return;
    const files = [...target.files], all = files.reduce((sum, file) => sum + file.size, 0);
    const large = files.filter(file => file.size > target.dataset.each).map(file => file.name);
    const isBeyond = files.length > target.dataset.most || large.length || all > target.dataset.total;
    const hint = document.getElementById(target.getAttribute("aria-describedby").split(" ")[0]);
    hint.dataset.limits ??= hint.textContent;
    hint.textContent = large.length ? `${large.join(", ")}: ${hint.dataset.limits}` : hint.dataset.limits;
    hint.classList.toggle("err", Boolean(isBeyond));
    target.ariaInvalid = isBeyond ? "true" : null;
    target.setCustomValidity(isBeyond ? hint.textContent : "");
    if (isBeyond) target.reportValidity();
  });

  // What is wrong is shown, also where it was folded away: a button that does nothing tells nobody why.
  document.addEventListener("invalid", event => {
    const folded = event.target.closest("details:not([open])");
    if (folded) folded.open = true;
  }, true);

  // A chip that is there is complete; what is still being typed is kept, and judged once it is left.
  document.addEventListener("input", event => {
    const root = event.target.matches?.("[data-addresses]") && event.target.closest("[data-recipients]");
    if (!root) return;
    event.target.form?.querySelector("[data-draft-url]")?.dispatchEvent(new Event("input", { bubbles: true }));
    if (![...root.querySelectorAll(".typed")].some(typed => typed.value)) pointOut(root);
  });

  document.addEventListener("click", event => {
    const button = event.target.closest("[data-recipients] [data-add]");
    if (!button) return;
    event.preventDefault();
    const cc = [...button.closest("[data-recipients]").querySelectorAll("[data-addresses]")].pop();
    cc.closest("details").open = true;
    cc.dispatchEvent(new CustomEvent("addresses:add", { detail: button.dataset.add }));
    button.remove();
  });
}
