"""The common chat-completions protocol, as far as one short question needs it: messages -> the text of the reply.

Whatever the service says about an error stays there: it may repeat our key or our text. Errors are in our own words.
"""

from __future__ import annotations

import email.utils
import http.client
import ipaddress
import json
import socket
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

TIMEOUT: Final = 20.0
MOST_SENT: Final = 100_000  # bytes
MOST_READ: Final = 200_000
CHUNK: Final = 16_384
LONGEST_REST: Final = timedelta(hours=1)
USUAL_REST: Final = timedelta(minutes=1)
MOST_TOKENS: Final = 1_000

#: Not every service knows every option. One that refuses is asked again with fewer: the question is the same.
_OPTIONS: Final[tuple[dict[str, Any], ...]] = (
    {"temperature": 0, "max_tokens": MOST_TOKENS, "response_format": {"type": "json_object"}},
    {"temperature": 0, "max_tokens": MOST_TOKENS},
    {},
)
_DISLIKED: Final = (400, 422)


class ServiceError(Exception):
    """No reply; the text says why. `again`: whether asking once more may help; `rest`: how long it wants to be left."""

    def __init__(self, why: str, *, again: bool = True, rest: timedelta | None = None, status: int = 0) -> None:
        super().__init__(why)
        self.again, self.rest, self.status = again, rest, status


@dataclass(frozen=True)
class Service:
    """Where it is (`url` up to and without /chat/completions), the key it wants, if any, and the model's name."""

    url: str
    model: str
    key: str = ""

    def __repr__(self) -> str:  # a key in a traceback is a key in a log
        return f"Service({self.url!r}, {self.model!r})"

    def reply_to(self, messages: list[dict[str, str]]) -> str:
        """What the model answers; raises ServiceError. A service that is silent is left after 20 s, one whose reply
        drips within 20 s more, and the time limit of the task ends whatever else may be thought of."""
        _refuse_plain_text_to_strangers(self.url)
        until = time.monotonic() + TIMEOUT
        for options in _OPTIONS:
            body = json.dumps({"model": self.model, "messages": messages, **options}, ensure_ascii=False)
            try:
                return _content(self._post(body.encode("utf-8", "replace"), until=until))
            except ServiceError as error:
                if error.status not in _DISLIKED or options == _OPTIONS[-1]:
                    raise
        raise AssertionError("the last options end the loop")

    def _post(self, body: bytes, *, until: float) -> bytes:
        if len(body) > MOST_SENT:
            raise ServiceError("the question is too large", again=False)
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "Puente"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(f"{self.url}/chat/completions", body, headers)  # noqa: S310  the settings'
        try:
            with _OPENER.open(request, timeout=max(until - time.monotonic(), 0.01)) as answer:
                return _read(answer, until=until)
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ServiceError(_what_broke(error)) from None


def _refuse_plain_text_to_strangers(url: str) -> None:
    """Without TLS only to this machine or a private network: there such services usually stand."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
    except OSError:
        raise ServiceError("its address was not found") from None
    if any(ipaddress.ip_address(str(address[4][0]).partition("%")[0]).is_global for address in found):
        raise ServiceError("a public address needs https", again=False)


def _read(answer: http.client.HTTPResponse, *, until: float) -> bytes:
    """The body, piece by piece: neither endless nor for ever."""
    pieces, size = [], 0
    while piece := answer.read1(CHUNK):
        size += len(piece)
        if size > MOST_READ:
            raise ServiceError("the reply is too large", again=False)
        if time.monotonic() > until:
            raise TimeoutError
        pieces.append(piece)
    return b"".join(pieces)


def _content(body: bytes) -> str:
    """The text of the first choice."""
    try:
        said = json.loads(body)
        content = said["choices"][0]["message"]["content"]
        if isinstance(content, list):  # in parts, as some services do
            content = "".join(part["text"] for part in content if part.get("type") == "text")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise ServiceError("the reply is no chat completion", again=False) from None
    if not isinstance(content, str) or not content.strip():
        raise ServiceError("the reply is empty", again=False)
    return content


def _refusal(error: urllib.error.HTTPError) -> ServiceError:
    status = error.code
    if status == 429:
        return ServiceError("it is asked too often", rest=_retry_after(error.headers.get("Retry-After")), status=status)
    if status in (401, 403):
        return ServiceError("it does not accept the key", rest=timedelta(minutes=10), status=status)
    if 300 <= status < 400:
        return ServiceError("it points elsewhere, and redirects are not followed", again=False, status=status)
    if status >= 500 or status == 408:
        given = error.headers.get("Retry-After")
        return ServiceError(f"it failed (HTTP {status})", rest=_retry_after(given) if given else None, status=status)
    return ServiceError(f"it refused the question (HTTP {status})", again=False, status=status)


def _retry_after(given: str | None) -> timedelta:
    """Seconds or a date; what is missing or makes no sense is a minute, and an hour is the most."""
    try:
        wanted = timedelta(seconds=int(given or ""))
    except (ValueError, OverflowError):
        try:
            at = email.utils.parsedate_to_datetime(given or "")
            wanted = at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)
        except (ValueError, TypeError, OverflowError):
            return USUAL_REST
    return min(max(wanted, timedelta(seconds=1)), LONGEST_REST)


def _what_broke(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return "its certificate is not trusted"
    if isinstance(reason, TimeoutError):
        return "it took too long"
    if isinstance(reason, ConnectionRefusedError):
        return "nothing listens at its address"
    if isinstance(reason, socket.gaierror):
        return "its address was not found"
    return "the connection broke"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Key and text go to the address that is meant and to no other."""

    def redirect_request(self, *_args: object, **_options: object) -> None:
        return None


_OPENER: Final = urllib.request.build_opener(_NoRedirects())
