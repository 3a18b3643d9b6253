"""Server-sent events: "ticket 10042 changed", to those who may see it.

One small ASGI process that serves nothing else. Messages are doorbells: they carry a number and nothing of the
ticket, may repeat, and are never missed inside the window; beyond it the page is told to reload its list. Each
message's id is a moment; a browser that comes back gives it, and hears everything since, with an overlap.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import redis.asyncio as redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from helpdesk.live import bell, changes

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
T = TypeVar("T")

POLL_SECONDS = 0.25  # SQLite: one PRAGMA a poll
POLL_SECONDS_WITHOUT_BELL = 1.0  # PostgreSQL without Redis
POLL_SECONDS_WITH_BELL = 5.0
HEARTBEAT_SECONDS = 15.0
MOST_WAITING = 100


def _stay_connected() -> None:
    """SQLite counts for each connection anew: were it opened for every look, no look would differ from the last."""
    connection.settings_dict["CONN_MAX_AGE"] = None


# One thread: one database connection, whose data_version counts.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rows", initializer=_stay_connected)


async def _in_thread(call: Callable[..., T], *arguments: Any) -> T:
    def run() -> T:
        close_old_connections()
        return call(*arguments)

    return await asyncio.get_running_loop().run_in_executor(_thread, run)


def _now_ms() -> int:
    return int(time.time() * 1000)


@dataclass(eq=False)
class Listener:
    """One open page."""

    user_id: int
    queue: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    def tell(self, message: str) -> None:
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:  # a page that reads too slowly: one "reload" says it all
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(_message("reload", {}))


class Exchange:
    """Looks for changes, once for everybody, and tells each listener what it may know."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.rung = asyncio.Event()
        self.told: dict[int, float] = {}  # event id -> when it was told, for as long as the overlap finds it again
        self.version: int | None = None

    async def run(self) -> None:
        tasks = [asyncio.create_task(self._look())]
        if settings.REDIS_URL:
            tasks.append(asyncio.create_task(self._hear()))
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _hear(self) -> None:
        while True:
            try:
                # No time-out: a quiet evening is no lost connection.
                server = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=None, socket_connect_timeout=5)
                async with server.pubsub() as channel:
                    await channel.subscribe(bell.CHANNEL)
                    async for _message in channel.listen():
                        self.rung.set()
            except redis.RedisError as error:
                log.warning("Redis does not answer, looking by ourselves: %s", error)
            await asyncio.sleep(2)

    async def _look(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.rung.wait(), self._pause())
            self.rung.clear()
            try:
                await self._tell_changes()
            except DatabaseError as error:
                log.warning("The database does not answer: %s", error)
                await asyncio.sleep(1)

    def _pause(self) -> float:
        if settings.REDIS_URL:
            return POLL_SECONDS_WITH_BELL
        return POLL_SECONDS if self.version is not None else POLL_SECONDS_WITHOUT_BELL

    async def _tell_changes(self) -> None:
        version = await _in_thread(changes.data_version)
        if version is not None and version == self.version:
            return
        self.version = version
        found = await _in_thread(changes.since, _now_ms())
        fresh = {ticket for event, ticket in found.items() if event not in self.told}
        now = time.monotonic()
        self.told = {event: self.told.get(event, now) for event in found}
        if fresh:
            await self._tell(fresh)

    async def _tell(self, ticket_ids: set[int]) -> None:
        for user_id in {listener.user_id for listener in self.listeners}:
            numbers = await _in_thread(changes.visible_numbers, user_id, ticket_ids)
            for listener in [each for each in self.listeners if each.user_id == user_id]:
                for number in numbers:
                    listener.tell(_message("ticket", {"number": number}))


def _message(event: str, data: dict[str, Any]) -> str:
    return f"id: {_now_ms()}\nevent: {event}\ndata: {json.dumps(data)}\n\n"


_exchange: Exchange | None = None
_exchange_task: asyncio.Task[None] | None = None


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI app: /live/ streams, /health/ answers, nothing else is here."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        await _http(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    global _exchange, _exchange_task
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            _exchange = Exchange()
            _exchange_task = asyncio.create_task(_exchange.run())
            await send({"type": "lifespan.startup.complete"})
        else:
            if _exchange_task:
                _exchange_task.cancel()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _http(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/health/":
        alive = _exchange_task is not None and not _exchange_task.done()
        return await _answer(send, 200 if alive else 503, b'{"live": %s}' % (b"true" if alive else b"false"))
    if scope["path"] != "/live/" or scope["method"] != "GET":
        return await _answer(send, 404, b"{}")
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    origin = headers.get("origin", "")
    if origin and not _is_ours(origin, headers.get("host", "")):
        return await _answer(send, 403, b"{}")
    user_id = await _in_thread(changes.user_of, headers.get("cookie", ""))
    if user_id is None:
        return await _answer(send, 401, b"{}", origin=origin)
    await _stream(scope, receive, send, user_id=user_id, headers=headers, origin=origin)


def _is_ours(origin: str, host: str) -> bool:
    """A page of ours: the public address, or the same host on the port of the pages."""
    if origin == settings.PUBLIC_URL:
        return True
    return urlsplit(origin).hostname == urlsplit(f"//{host}").hostname and urlsplit(origin).port == settings.PORT


async def _stream(
    scope: Scope, receive: Receive, send: Send, *, user_id: int, headers: dict[str, str], origin: str
) -> None:
    assert _exchange is not None
    listener = Listener(user_id)
    _exchange.listeners.add(listener)
    gone = asyncio.create_task(_until_gone(receive))
    try:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream; charset=utf-8"),
                    (b"cache-control", b"no-store"),
                    (b"x-accel-buffering", b"no"),
                    *_cors(origin),
                ],
            }
        )
        await _write(send, f"retry: 2000\nid: {_now_ms()}\n\n")
        await _catch_up(listener, last_id=headers.get("last-event-id", ""), since=_since(scope))
        checked_at = time.monotonic()
        while not gone.done():
            try:
                message = await asyncio.wait_for(listener.queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                message = f"id: {_now_ms()}\n: still here\n\n"
            if time.monotonic() - checked_at >= HEARTBEAT_SECONDS:
                # Whoever was signed out or switched off hears nothing more, on a busy day neither.
                if await _in_thread(changes.user_of, headers.get("cookie", "")) != user_id:
                    break
                checked_at = time.monotonic()
            await _write(send, message)
    finally:
        gone.cancel()
        _exchange.listeners.discard(listener)
        with contextlib.suppress(Exception):
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def _since(scope: Scope) -> str:
    """The moment the page was written, for its first connection; later ones say what they heard last."""
    given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("since", [""])[0]
    return given if given.isdecimal() and len(given) < 16 else ""


async def _catch_up(listener: Listener, *, last_id: str, since: str) -> None:
    """Tell a page that comes back what it missed, and a new one what happened while its stream was being opened.

    One that was away too long is told to reload. A new page has just read the rows, so it looks back a moment only:
    what it shows already is no news.
    """
    moment, overlap = (last_id, changes.OVERLAP) if last_id.isdecimal() else (since, changes.JUST_WRITTEN)
    if not moment:
        return
    if _now_ms() - int(moment) > changes.WINDOW.total_seconds() * 1000:
        return listener.tell(_message("reload", {}))
    missed = await _in_thread(changes.since, int(moment), overlap)
    for number in await _in_thread(changes.visible_numbers, listener.user_id, set(missed.values())):
        listener.tell(_message("ticket", {"number": number}))


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


def _cors(origin: str) -> list[tuple[bytes, bytes]]:
    if not origin:
        return []
    return [
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]


async def _answer(send: Send, status: int, body: bytes, *, origin: str = "") -> None:
    headers = [(b"content-type", b"application/json"), *_cors(origin)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
