"""A small server that gives and checks access tokens, as Google's and Microsoft's do: OAuth 2 by its standard."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class PermissionServer:
    """Knows one application and one permission. What it was asked stands in `asked`."""

    client_id, client_secret = "puente-of-alborada", "s3cret/+"

    def __init__(self, *, user: str) -> None:
        self.user = user
        self.refresh_token = "refresh-0"
        self.access_tokens: set[str] = set()
        self.asked: list[dict[str, str]] = []
        self.rotates = False  # Microsoft gives another refresh token each time, and the old one ends
        self.lasts = 3600
        self.breaks = ""  # what it says instead of an answer
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> PermissionServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """RFC 6749, section 6."""
        self.asked.append(form)
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return 401, {"error": "invalid_client", "error_description": "No such application."}
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != self.refresh_token:
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        token = f"access-{len(self.asked)}"
        self.access_tokens.add(token)
        given: dict[str, Any] = {"access_token": token, "expires_in": self.lasts, "token_type": "Bearer"}
        if self.rotates:
            self.refresh_token = given["refresh_token"] = f"refresh-{len(self.asked)}"
        return 200, given

    def info(self, token: str) -> tuple[int, dict[str, Any]]:
        """What the IMAP server asks: whose token this is."""
        if token not in self.access_tokens:
            return 400, {"error": "invalid_token"}
        return 200, {"email": self.user, "active": True}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        permissions = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                self._answer(*permissions.token(form | {"path": self.path}))

            def do_GET(self) -> None:
                self._answer(*permissions.info(parse_qs(urlsplit(self.path).query).get("access_token", [""])[0]))

            def _answer(self, code: int, answer: dict[str, Any]) -> None:
                body = permissions.breaks.encode() or json.dumps(answer).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
