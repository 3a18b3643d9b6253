"""A real browser on small pages that load the product's scripts, answered by a server of this process."""

from __future__ import annotations

import contextlib
import mimetypes
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from tests import services
from tests.ui.files import STATIC


@dataclass
class Site:
    """What the server shows and what it was told."""

    url: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    posted: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)  # path -> status, for whatever should fail
    streams: list[queue.Queue[str | None]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def show(self, path: str, body: str, *, scripts: str, attributes: str = "", html: str = "") -> str:
        """A page with these scripts, in the product's order: theme.js alone is not deferred."""
        loaded = "".join(f'<script src="/js/{name}.js" defer></script>' for name in scripts.split())
        self.pages[path] = (
            f'<!doctype html><html lang="en" {html}><head><meta charset="utf-8"><title>t</title>'
            '<link rel="icon" href="data:,">'  # so that nothing is asked for but what the page needs
            f'<script src="/js/theme.js"></script>{loaded}</head><body {attributes}>{body}</body></html>'
        )
        return self.url + path

    def ring(self, event: str, data: str) -> None:
        for stream in self.streams:
            stream.put(f"event: {event}\ndata: {data}\n\n")

    def hang_up(self) -> None:
        with self.lock:
            for stream in self.streams:
                stream.put(None)
            self.streams.clear()


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            site.asked.append(path)
            if status := site.answers.get(path):
                self._answer(status, b"{}", "application/json")
            elif path == "/live/":
                self._stream()
            elif path.startswith("/js/"):
                self._answer(200, (STATIC / path[1:]).read_bytes(), mimetypes.guess_type(path)[0] or "")
            elif path in site.pages:
                self._answer(200, site.pages[path].encode(), "text/html; charset=utf-8")
            else:
                self._answer(404, b"", "text/plain")

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            path = urlsplit(self.path).path
            site.posted.append((path, parse_qs(raw, keep_blank_values=True)))
            if status := site.answers.get(path):
                self._answer(status, b"no", "text/plain")
            elif path.startswith("/drafts/"):
                self._answer(200, b"Draft saved 10:41", "text/plain")
            else:
                self.send_response(303)
                self.send_header("Location", "/after/")
                self.end_headers()

        def _stream(self) -> None:
            events: queue.Queue[str | None] = queue.Queue()
            with site.lock:
                site.streams.append(events)
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(b"retry: 200\nid: 1\n\n")
                self.wfile.flush()
                while (message := events.get()) is not None:
                    self.wfile.write(message.encode())
                    self.wfile.flush()

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            # The product's own policy: a script that needs more than this does not work there either.
            self.send_header(
                "Content-Security-Policy",
                "default-src 'self'; img-src 'self' data:; base-uri 'none'; object-src 'none'",
            )
            self.end_headers()
            self.wfile.write(body)

    return Handler


@contextlib.contextmanager
def serving() -> Iterator[Site]:
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.hang_up()
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def browsing() -> Iterator[Browser]:
    program = services.chromium()
    if program is None:
        raise services.ServiceMissing("No Chromium was found: install it, or say where it is with CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


def eventually(true: Callable[[], object], *, page: Page, within: float = 5.0) -> None:
    """Wait for what the server was told; what the page shows, playwright's own expect waits for."""
    until = time.monotonic() + within
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        page.wait_for_timeout(25)
