"""Server-sent events: "ticket 10042 changed", "Marta is at ticket 10042", to those who may see it.

One small ASGI process that serves nothing else. Messages are doorbells: they carry a number and nothing of the
ticket, may repeat, and are never missed inside the window; beyond it the page is told to reload its list. Each
message's id is a moment; a browser that comes back gives it, and hears everything since, with an overlap.

Before anything is told, who listens is looked at anew: a stream ends when its person signed out, was switched off or
has a new password, and tells less from the moment on in which they may see less.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import redis.asyncio as redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from helpdesk.live import bell, changes
from helpdesk.live.changes import Here, News, Pass, Viewer

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
T = TypeVar("T")

POLL_SECONDS = 0.25  # SQLite: one PRAGMA a poll
POLL_SECONDS_ELSEWHERE = 1.0  # also how long a stream outlives its right
LEAST_SECONDS = 0.2  # between two looks: many bells within that time are one look
HEARTBEAT_SECONDS = 10.0  # pages believe that they are cut off when they hear nothing for longer than twice that
MOST_WAITING = 100


def _stay_connected() -> None:
    """SQLite counts for each connection anew: were it opened for every look, no look would differ from the last."""
    connection.settings_dict["CONN_MAX_AGE"] = None


# One thread: one database connection, whose data_version counts.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rows", initializer=_stay_connected)


async def _in_thread(call: Callable[..., T], *arguments: Any, **named: Any) -> T:
    def run() -> T:
        close_old_connections()
        return call(*arguments, **named)

    return await asyncio.get_running_loop().run_in_executor(_thread, run)


def _now_ms() -> int:
    return int(time.time() * 1000)


@dataclass(eq=False)
class Listener:
    """One open page: by which right it listens, and what its person may see."""

    right: Pass
    viewer: Viewer
    queue: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    def tell(self, text: str) -> None:
        try:
            self.queue.put_nowait(text)
        except asyncio.QueueFull:  # a page that reads too slowly: one "reload" says it all
            self._empty()
            self.queue.put_nowait(_message("reload", {}))

    def end(self) -> None:
        """Nothing that waits is told any more."""
        self._empty()
        self.queue.put_nowait(None)

    def _empty(self) -> None:
        while not self.queue.empty():
            self.queue.get_nowait()


class Exchange:
    """Looks for changes, once for everybody, and tells each listener what it may know."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.rung = asyncio.Event()
        self.looks = changes.Looks()
        self.version: int | None = None
        self.checked_at = 0.0

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
                await self.look()
            except DatabaseError as error:
                log.warning("The database does not answer: %s", error)
                await asyncio.sleep(1)
            await asyncio.sleep(LEAST_SECONDS)

    def _pause(self) -> float:
        return POLL_SECONDS if self.version is not None else POLL_SECONDS_ELSEWHERE

    async def look(self) -> None:
        """One look, and its news to everybody who may know them."""
        version = await _in_thread(changes.data_version)
        is_quiet = version is not None and version == self.version
        # Where nothing was written, a session may still have run out.
        if is_quiet and time.monotonic() - self.checked_at < HEARTBEAT_SECONDS:
            return
        asked = list(self.listeners)  # whoever comes meanwhile was looked at just now
        news, viewers = await _in_thread(self.looks.look, {listener.right for listener in asked})
        self.version, self.checked_at = version, time.monotonic()
        for listener in asked:
            self._narrow(listener, viewers.get(listener.right))
        if news:
            self._tell(news)

    def _narrow(self, listener: Listener, viewer: Viewer | None) -> None:
        if viewer:
            listener.viewer = viewer
        else:
            self.listeners.discard(listener)
            listener.end()

    def _tell(self, news: News) -> None:
        rings = [(ticket, _message("ticket", {"number": ticket.number})) for ticket in news.tickets]
        for listener in self.listeners:
            viewer = listener.viewer
            told = [ring for ticket, ring in rings if viewer.may_see(ticket)]
            told += _about_people(news.here, viewer)
            if viewer.user_id in news.unread:
                told.append(_message("notices", {"unread": news.unread[viewer.user_id]}))
            if told:
                listener.tell("".join(told))


def _about_people(here: list[Here], viewer: Viewer) -> list[str]:
    """Who is where, without the person who is told."""
    return [
        _message(
            "presence",
            {
                "number": ticket.number,
                "people": [person for user_id, person in people.items() if user_id != viewer.user_id],
            },
            moment=False,
        )
        for ticket, people in here
        if viewer.may_see(ticket)
    ]


def _message(event: str, data: dict[str, Any], *, moment: bool = True) -> str:
    """One message; with its moment, a browser that comes back takes everything until then for heard."""
    said = f"event: {event}\ndata: {json.dumps(data)}\n\n"
    return f"id: {_now_ms()}\n{said}" if moment else said


_exchange: Exchange | None = None
_exchange_task: asyncio.Task[None] | None = None


def _end_with(task: asyncio.Task[None]) -> None:
    """A process that looks no more must not keep its streams open and say nothing: its keeper starts another one."""
    if not task.cancelled() and (error := task.exception()):
        log.critical("Live updates ended and are started again.", exc_info=error)
        os.kill(os.getpid(), signal.SIGTERM)


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
            _exchange_task.add_done_callback(_end_with)
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
    try:
        listener = await _admitted(headers.get("cookie", ""))
    except DatabaseError:
        return await _answer(send, 503, b"{}", origin=origin)
    if listener is None:
        return await _answer(send, 401, b"{}", origin=origin)
    await _stream(scope, receive, send, listener=listener, headers=headers, origin=origin)


async def _admitted(cookies: str) -> Listener | None:
    right = await _in_thread(changes.pass_of, cookies)
    viewers = await _in_thread(changes.viewers, [right] if right else [])
    return Listener(right, viewers[right]) if right in viewers else None


def _is_ours(origin: str, host: str) -> bool:
    """A page of ours: the public address, or the same host on the port of the pages."""
    if origin == settings.PUBLIC_URL:
        return True
    return urlsplit(origin).hostname == urlsplit(f"//{host}").hostname and urlsplit(origin).port == settings.PORT


async def _stream(
    scope: Scope, receive: Receive, send: Send, *, listener: Listener, headers: dict[str, str], origin: str
) -> None:
    assert _exchange is not None
    _exchange.listeners.add(listener)
    gone = asyncio.create_task(_until_gone(receive))
    gone.add_done_callback(lambda _task: listener.end())
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
        await _write(send, "retry: 2000\n\n")  # and no moment before what was missed until then is told
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        last_id = _moment(headers.get("last-event-id", "")) or _moment(asked.get("last", [""])[0])
        await _catch_up(listener, last_id=last_id, since=_moment(asked.get("since", [""])[0]))
        while (text := await _next(listener)) is not None:
            await _write(send, text)
    except DatabaseError as error:
        log.warning("The database does not answer: %s", error)  # the stream ends; the browser comes back
    finally:
        gone.cancel()
        _exchange.listeners.discard(listener)
        with contextlib.suppress(Exception):
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _next(listener: Listener) -> str | None:
    """What to write next, a heartbeat when there is nothing to tell; None when it is over."""
    try:
        return await asyncio.wait_for(listener.queue.get(), HEARTBEAT_SECONDS)
    except TimeoutError:
        return _message("beat", {})


def _moment(given: str) -> str:
    return given if given.isdecimal() and len(given) < 16 else ""


async def _catch_up(listener: Listener, *, last_id: str, since: str) -> None:
    """Tell a page that comes back what it missed, and a new one what happened while its stream was being opened; and
    both, who is where.

    `last_id` is what it heard last, as the browser says it or, where it opens a stream anew, the page itself; `since`
    is when the page was written.

    One that was away too long is told to reload. A new page has just read the rows, so it looks back a moment only:
    what it shows already is no news.
    """
    moment, overlap = (last_id, changes.OVERLAP) if last_id else (since, changes.JUST_WRITTEN)
    viewer, told = listener.viewer, []
    if moment and _now_ms() - int(moment) > changes.WINDOW.total_seconds() * 1000:
        told.append(_message("reload", {}, moment=False))
    elif moment:
        told += await _in_thread(_missed, viewer, int(moment), overlap)
    told += _about_people(await _in_thread(changes.everybody_here), viewer)
    told.append(_message("notices", {"unread": await _in_thread(changes.unread_of, viewer.user_id)}))
    listener.tell("".join(told))


def _missed(viewer: Viewer, moment_ms: int, overlap: timedelta) -> list[str]:
    assert _exchange is not None
    missed = changes.since(moment_ms, overlap) | _exchange.looks.heard_since(changes.moment_of(moment_ms) - overlap)
    tickets = changes.facts_of(missed).values()
    return [_message("ticket", {"number": each.number}, moment=False) for each in tickets if viewer.may_see(each)]


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
