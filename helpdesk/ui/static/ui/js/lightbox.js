// a[data-lightbox="name of the file"]: shows the picture it leads to in #lightbox, with the others of the thread before
// and after it: the arrow keys, Home and End. Its file is at data-original. Without #lightbox it is a link.
"use strict";
{
  const box = document.getElementById("lightbox");
  const part = name => box.querySelector(`[data-box="${name}"]`);
  let links = [], at = 0;

  const show = place => {
    at = (place + links.length) % links.length;
    const { href, dataset } = links[at], name = dataset.lightbox;
    const picture = part("picture"), isMany = links.length > 1;
    part("failed").hidden = true;
    picture.hidden = false;
    picture.alt = name;
    picture.src = href;
    part("name").textContent = name;
    part("place").textContent = isMany ? `${at + 1} / ${links.length}` : "";
    part("original").href = dataset.original;
    for (const each of ["before", "after"]) part(each).hidden = !isMany;
  };

  if (box) {
    document.addEventListener("click", event => {
      const link = event.target.closest?.("a[data-lightbox]");
      if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      links = [...(link.closest(".thread") ?? link.closest("ul")).querySelectorAll("a[data-lightbox]")];
      show(links.indexOf(link));
      box.showModal();
    });
    box.addEventListener("click", event => {
      const way = event.target.closest("[data-box]")?.dataset.box;
      if (way === "before" || way === "after") show(at + (way === "after" ? 1 : -1));
      else if (way === "close" || event.target === box) box.close();
    });
    box.addEventListener("keydown", event => {
      const places = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
      if (!(event.key in places) || links.length < 2) return;
      event.preventDefault();
      show(places[event.key]);
    });
    box.addEventListener("close", () => {
      part("picture").removeAttribute("src");
      if (links[at]?.isConnected) links[at].focus(); // where they are now, which may not be where they began
    });
    part("picture").addEventListener("error", () => {
      if (!part("picture").hasAttribute("src")) return;
      part("picture").hidden = true;
      part("failed").hidden = false;
    });
  }
}
