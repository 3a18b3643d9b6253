// input[type=file][data-most]: each file chosen stands below it with a way out, and "puente:files" (detail.files) adds
// more to them. With detail.isPasted a picture without a name of its own is called by [data-screenshot] and the time.
// recipients.js watches the limits.
"use strict";
{
  const INPUT = "input[type=file][data-most]", NAMELESS = /^image\.\w+$/i;
  const make = (name, className, values) => Object.assign(document.createElement(name), { className, ...values });
  const say = words => { const live = document.getElementById("live"); if (live) live.textContent = words; };
  const size = bytes => {
    const [unit, number] = bytes < 1e6 ? ["kilobyte", Math.ceil(bytes / 1024)] : ["megabyte", bytes / 1024 ** 2];
    return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, maximumFractionDigits: 1 }).format(number);
  };

  const give = (input, files) => {
    const all = new DataTransfer();
    for (const file of files) all.items.add(file);
    input.files = all.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const named = (file, taken, pattern) => {
    if (!NAMELESS.test(file.name)) return file;
    const now = new Date(), two = number => String(number).padStart(2, "0");
    const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
    const name = pattern.replace("%s", `${day} ${two(now.getHours())}.${two(now.getMinutes())}`), end = file.name.match(/\.\w+$/)[0];
    let called = name + end;
    for (let n = 2; taken.includes(called); n += 1) called = `${name} (${n})${end}`;
    return new File([file], called, { type: file.type, lastModified: now });
  };

  const add = (input, { files, isPasted }) => {
    const all = [...input.files], known = all.map(file => `${file.name} ${file.size} ${file.lastModified}`), added = [];
    for (const each of files) {
      if (known.includes(`${each.name} ${each.size} ${each.lastModified}`)) continue;
      added.push(isPasted ? named(each, all.map(file => file.name), input.dataset.screenshot) : each);
      all.push(added.at(-1));
    }
    input.closest("details")?.setAttribute("open", "");
    if (!added.length) return;
    give(input, all);
    say(input.validationMessage || input.dataset.added.replace("%s", () => added.map(file => file.name).join(", ")));
  };

  const chosen = input => input.parentElement.querySelector("[data-chosen]");
  const list = input => {
    const chips = make("ul", "c-kept", { role: "list" });
    chips.dataset.chosen = "";
    [...input.files].forEach((file, at) => {
      const chip = make("li", "chip"), out = make("button", "", { type: "button", textContent: "×", ariaLabel: input.dataset.remove.replace("%s", () => file.name) });
      out.addEventListener("click", () => {
        give(input, [...input.files].filter(each => each !== file));
        say(input.dataset.removed.replace("%s", () => file.name));
        (chosen(input)?.children[at]?.querySelector("button") ?? input).focus();
      });
      chip.append(make("span", "st", { textContent: file.name }), make("span", "", { textContent: size(file.size) }), out);
      chips.append(chip);
    });
    chosen(input)?.remove();
    if (input.files.length) input.after(chips);
  };

  document.addEventListener("puente:files", event => add(event.target, event.detail));
  document.addEventListener("change", event => event.target.matches?.(INPUT) && list(event.target));
  document.querySelectorAll(INPUT).forEach(input => input.files.length && list(input));
}
