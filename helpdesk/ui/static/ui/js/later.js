// <meta name="later" content="a script">: fetched at the first sign that somebody is there, so that a page can be read
// without it. In the order in which they stand.
"use strict";
{
  const SIGNS = ["pointermove", "pointerdown", "touchstart", "keydown", "focusin", "dragenter"];
  const fetchAll = () => {
    for (const sign of SIGNS) removeEventListener(sign, fetchAll, true);
    for (const { content } of document.querySelectorAll("meta[name=later]"))
      document.head.append(Object.assign(document.createElement("script"), { src: content, async: false }));
  };
  for (const sign of SIGNS) addEventListener(sign, fetchAll, { capture: true, passive: true });
}
