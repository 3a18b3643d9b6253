"""A service on this machine that speaks the chat-completions protocol, well or badly."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TAGS: dict[str, Any] = {
    "direction": "below",
    "gap_primary": "response_time",
    "gap_secondary": "quality",
    "journey_stage": "use",
    "severity": 2,
    "root_cause": "staffing",
    "sentiment": "negative",
    "churn_risk": True,
}


@dataclass
class Asked:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message(self) -> dict[str, str]:
        """The customer's message as it was sent."""
        found: dict[str, str] = json.loads(self.json["messages"][-1]["content"])["message"]
        return found


@dataclass
class Answer:
    """What it does with a request; `waits` holds the answer back until the server ends."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    waits: bool = False
    drips: bool = False


def completion(content: Any) -> Answer:
    """A good answer of the protocol around this content: text, or what is written as JSON."""
    text = content if isinstance(content, str) else json.dumps(content)
    said = {"id": "1", "object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant"}}]}
    said["choices"][0]["message"]["content"] = text  # type: ignore[index]
    return Answer(body=json.dumps(said).encode())


@dataclass
class LanguageModelServer:
    """`answer` says what is said to a request."""

    answer: Callable[[Asked], Answer] = lambda _asked: completion(TAGS)
    certificate: Path | None = None
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def says(self, content: Any) -> None:
        self.answer = lambda _asked: completion(content)

    def does(self, *answers: Answer) -> None:
        """Each in its turn; the last one goes on."""
        left = list(answers)
        self.answer = lambda _asked: left.pop(0) if len(left) > 1 else left[0]

    @property
    def everything(self) -> str:
        """All that it was ever sent, as one text: addresses, headers and bodies, the escapes of JSON undone."""
        pieces = []
        for asked in self.asked:
            pieces += [asked.path, json.dumps(asked.headers), asked.body.decode()]
            pieces += [message["content"] for message in asked.json["messages"]] + list(asked.message.values())
        return "\n".join(pieces)

    @contextmanager
    def running(self) -> Iterator[LanguageModelServer]:
        ours, over = self, threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                ours.asked.append(asked)
                answer = ours.answer(asked)
                if answer.waits:
                    over.wait(20)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                if answer.drips:
                    for byte in answer.body:
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        if over.wait(0.02):
                            return
                else:
                    self.wfile.write(answer.body)

            do_GET = do_POST  # where a redirect would lead

            def log_message(self, *_: object) -> None:
                pass

            def handle(self) -> None:
                with contextlib.suppress(OSError):  # who asked has gone: that is what some tests are about
                    super().handle()

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                pass

        server = Server(("127.0.0.1", 0), Handler)
        if self.certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(self.certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        self.url = f"http{'s' if self.certificate else ''}://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            over.set()
            server.shutdown()
            server.server_close()
