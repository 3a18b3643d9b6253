// body[data-live-url]: listens to the doorbell and passes it on as "puente:ticket" (detail.number) and
// "puente:reload" (nobody knows what was missed). [data-live-lost] is shown while nothing can be heard.
"use strict";
{
  const url = document.body.dataset.liveUrl;
  const PATIENCE = 3000, AGAIN = 15_000, UNSEEN = 60_000;
  let source = null, mourning = 0, again = 0, leaving = 0, wasHeard = false;

  const tell = (name, detail = {}) => document.dispatchEvent(new CustomEvent(name, { detail }));
  const lost = is => { for (const el of document.querySelectorAll("[data-live-lost]")) el.hidden = !is; };
  const parsed = text => { try { return JSON.parse(text); } catch { return {}; } };

  const heard = () => {
    clearTimeout(mourning);
    mourning = 0;
    lost(false);
  };

  const close = () => {
    source?.close();
    source = null;
    clearTimeout(again);
  };

  const open = () => {
    close();
    source = new EventSource(url, { withCredentials: true });
    let isFirst = true;
    source.onopen = () => {
      heard();
      // A stream begun anew has no memory of the old one, unlike one the browser itself took up again.
      if (isFirst && wasHeard) tell("puente:reload");
      isFirst = false;
      wasHeard = true;
    };
    source.addEventListener("ticket", event => {
      const { number } = parsed(event.data);
      if (number) tell("puente:ticket", { number });
    });
    source.addEventListener("reload", () => tell("puente:reload"));
    source.onerror = () => {
      mourning ||= setTimeout(lost, PATIENCE, true);
      if (source?.readyState === EventSource.CLOSED) ask();
    };
  };

  // An EventSource hides the status of a refusal, and does not try again after one.
  const ask = async () => {
    close();
    const stop = new AbortController();
    try {
      const { status } = await fetch(url, { credentials: "include", signal: stop.signal });
      stop.abort();
      if (status === 401 || status === 403) return clearTimeout(mourning), lost(false);
    } catch { /* not there; later perhaps */ }
    again = setTimeout(open, AGAIN);
  };

  // Browsers allow few streams to one server, so a tab nobody has looked at for a while gives its own back.
  const seen = () => {
    clearTimeout(leaving);
    if (document.hidden) leaving = setTimeout(() => { close(); heard(); leaving = -1; }, UNSEEN);
    else if (leaving === -1) open();
    if (!document.hidden) leaving = 0;
  };

  if (url) {
    open();
    document.addEventListener("visibilitychange", seen);
    addEventListener("pagehide", close);
    addEventListener("pageshow", event => event.persisted && open());
  }
}
