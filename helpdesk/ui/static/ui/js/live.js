// body[data-live-url]: listens to the doorbell and passes it on as "puente:ticket" (detail.number), "puente:presence",
// "puente:notices", and "puente:reload" (nobody knows what was missed). While nothing can be heard [data-live-lost] is
// shown, and [data-live-out] where the person was signed out.
"use strict";
{
  const url = document.body.dataset.liveUrl;
  const PATIENCE = 3000, AGAIN = 5000, UNSEEN = 60_000, SILENCE = 25_000; // the server speaks every ten seconds
  let source = null, mourning = 0, again = 0, silent = 0, leaving = 0, heardLast = "", mine = null;

  const tell = (name, detail = {}) => document.dispatchEvent(new CustomEvent(`puente:${name}`, { detail }));
  const show = (selector, is) => { for (const el of document.querySelectorAll(selector)) el.hidden = !is; };
  const mourn = () => { mourning ||= setTimeout(show, PATIENCE, "[data-live-lost]", true); };

  const calm = () => {
    if (!mourning) return;
    clearTimeout(mourning);
    mourning = 0;
    show("[data-live-lost]", false);
  };

  // A connection that was cut in silence says nothing, not even that it is gone.
  const heard = () => {
    calm();
    clearTimeout(silent);
    silent = setTimeout(() => { mourn(); open(); }, SILENCE);
  };

  const close = () => {
    source?.close();
    source = null;
    clearTimeout(again);
    clearTimeout(silent);
  };

  const open = () => {
    close();
    // What the browser itself takes up again, it knows to ask for; what is opened anew must say so.
    source = new EventSource(heardLast ? `${url}&last=${heardLast}` : url, { withCredentials: true });
    source.onopen = heard;
    for (const name of ["ticket", "presence", "notices", "reload", "beat"])
      source.addEventListener(name, event => {
        heard();
        if (event.lastEventId) heardLast = event.lastEventId;
        if (name !== "beat") tell(name, JSON.parse(event.data));
      });
    source.onerror = () => {
      mourn();
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
      if (status === 401 || status === 403) return calm(), show("[data-live-out]", status === 401);
    } catch { /* not there; later perhaps */ }
    again = setTimeout(open, AGAIN * (0.8 + 0.4 * Math.random())); // not all pages at once
  };

  // Browsers allow few streams to one server, so a tab nobody has looked at for a while gives its own back. One of them
  // keeps it for all, so that the number in the title goes on counting.
  const keep = () => new Promise(resolve => {
    if (!navigator.locks) return resolve(false);
    navigator.locks.request("puente.live", { ifAvailable: true }, lock => {
      resolve(!!lock);
      return lock && new Promise(release => { mine = release; });
    });
  });

  const leave = async () => {
    leaving = 0;
    if (await keep()) return;
    close();
    calm();
    leaving = -1;
  };

  const seen = () => {
    clearTimeout(leaving);
    mine = mine?.();
    if (document.hidden) leaving = setTimeout(leave, UNSEEN);
    else if (leaving === -1) open();
    if (!document.hidden) leaving = 0;
  };

  if (url) {
    open();
    document.addEventListener("visibilitychange", seen);
    addEventListener("offline", mourn);
    addEventListener("online", open);
    addEventListener("pagehide", close);
    addEventListener("pageshow", event => event.persisted && open());
  }
}
