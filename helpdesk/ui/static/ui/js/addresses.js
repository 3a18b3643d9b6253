// textarea[data-addresses]: its addresses become chips, each with a way out and a field for more. It is what is
// sent; "addresses:add" on it adds one. Its words: [data-recipients].
"use strict";
{
  const ADDRESS = /^[^\s@,;:<>()[\]\\"]+@[^\s@,;:<>()[\]\\"]+$/;
  const TAKEN = "aria-label aria-describedby aria-invalid inputmode autocomplete autocapitalize spellcheck".split(" ");
  const make = (name, className, more) => Object.assign(document.createElement(name), { className, ...more });

  // "Bob <bob@example.com>; carla@example.com" -> the addresses, and what is none.
  const read = text => {
    const found = [], rest = [];
    for (const piece of text.match(/(?:"[^"\n]*"|[^,;\n])+/g) ?? []) {
      const named = /<\s*([^<>\s]+)\s*>\s*$/.exec(piece);
      const some = named ? [named[1]] : piece.split(/\s+/).filter(Boolean);
      if (some.every(ADDRESS.test, ADDRESS)) found.push(...some.map(word => word.toLowerCase()));
      else rest.push(piece.trim());
    }
    return [found, rest];
  };

  const enhance = area => {
    const { dataset } = area.closest("[data-recipients]"), bounced = dataset.bounced.split(" ");
    const list = [], live = document.getElementById("live") ?? {};
    const chips = make("ul", "chips", { role: "list" }), box = make("div", "chip-box");
    const input = make("input", "typed", { id: area.id }), error = make("p", "err", { hidden: true });
    for (const name of TAKEN) if (area.hasAttribute(name)) input.setAttribute(name, area.getAttribute(name));

    let known; // the number of chips, all
    const keep = () => {
      const was = known;
      area.value = [...list, input.value.trim()].filter(Boolean).join(", ");
      known = list.length + area.value;
      if (was && known !== was) area.dispatchEvent(new Event("input", { bubbles: true }));
    };

    const remove = at => {
      const [address] = list.splice(at, 1);
      draw();
      (chips.children[at]?.querySelector("button") ?? input).focus();
      live.textContent = dataset.removed.replace("%s", address);
    };

    const draw = () => {
      chips.replaceChildren(...list.map((address, at) => {
        const chip = make("li", "chip");
        const out = make("button", "", { type: "button", textContent: "×", ariaLabel: dataset.remove.replace("%s", address) });
        out.addEventListener("click", () => remove(at));
        chip.append(make("span", "st", { textContent: address }), out);
        if (bounced.includes(address)) {
          chip.classList.add("bad");
          out.before(make("span", "", { textContent: dataset.cameBack }));
        }
        return chip;
      }));
      keep();
    };

    const add = text => {
      const [found, rest] = read(text);
      const others = [...area.form.querySelectorAll("[data-addresses]")].flatMap(one => one === area ? list : read(one.value)[0]);
      list.push(...new Set(found.filter(one => !others.includes(one))));
      input.value = rest.join(", ");
      error.hidden = !rest.length;
      error.textContent = dataset.noAddress.replace("%s", rest[0] ?? "");
      draw();
    };

    input.addEventListener("keydown", event => {
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) { event.preventDefault(); add(input.value); }
      if (event.key === "Backspace" && !input.value && list.length) remove(list.length - 1);
    });
    input.addEventListener("input", () => /[,;]/.test(input.value) ? add(input.value) : keep());
    input.addEventListener("change", () => add(input.value));
    area.addEventListener("addresses:add", ({ detail }) => { add(detail); input.focus(); live.textContent = dataset.added.replace("%s", detail); });

    box.append(chips, input);
    box.addEventListener("click", event => event.target === box && input.focus());
    area.removeAttribute("id");
    area.hidden = true;
    area.after(box, error);
    add(area.value);
    if (area.autofocus) input.focus();
  };

  document.querySelectorAll("textarea[data-addresses]").forEach(enhance);
}
