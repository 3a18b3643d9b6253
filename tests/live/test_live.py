"""The live process, spoken to as a browser does."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from helpdesk.live import changes, server
from helpdesk.people.models import User
from tests import factories

pytestmark = pytest.mark.django_db


def session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.create()
    return f"sessionid={session.session_key}"


def test_only_those_who_may_see_tickets_have_a_stream(ana, gus, ben):
    assert changes.user_of(session_of(ana)) == ana.pk
    assert changes.user_of(session_of(gus)) is None
    assert changes.user_of("sessionid=made-up") is None
    assert changes.user_of("") is None


def test_switching_somebody_off_or_a_new_password_ends_the_stream(ana):
    cookie = session_of(ana)
    ana.set_password("another long password")
    ana.save()
    assert changes.user_of(cookie) is None
    cookie = session_of(ana)
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert changes.user_of(cookie) is None


def test_a_doorbell_names_only_what_the_listener_may_see(ticket, ana, ben, dora, olu, installations):
    hers = factories.a_ticket(dora, team=installations)
    ids = {ticket.pk, hers.pk}
    assert changes.visible_numbers(ana.pk, ids) == [ticket.number]
    assert changes.visible_numbers(ben.pk, ids) == [hers.number]
    assert set(changes.visible_numbers(olu.pk, ids)) == {ticket.number, hers.number}


def test_what_happened_since_is_found_with_an_overlap_and_no_further_than_the_window(ticket):
    now = int(timezone.now().timestamp() * 1000)
    assert set(changes.since(now).values()) == {ticket.pk}
    ticket.events.update(happened_at=timezone.now() - timedelta(minutes=3))
    assert changes.since(now) == {}
    assert changes.since(0) == {}


class Browser:
    """One request to the ASGI app, and what it has answered so far."""

    def __init__(self, path: str, **headers: str) -> None:
        self.scope = {
            "type": "http", "method": "GET", "path": path.partition("?")[0],
            "query_string": path.partition("?")[2].encode(),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        self.sent: list[dict] = []
        self.gone = asyncio.Event()

    async def receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)

    @property
    def status(self) -> int:
        return self.sent[0]["status"]

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent).decode()


def ask(path: str, **headers: str) -> Browser:
    async def run() -> Browser:
        browser = Browser(path, **headers)
        await server.application(browser.scope, browser.receive, browser.send)
        return browser

    return asyncio.run(run())


def test_strangers_and_other_sites_are_turned_away(company):
    assert ask("/live/").status == 401
    assert ask("/live/", origin="https://evil.example", host="127.0.0.1:8001").status == 403
    assert ask("/elsewhere/").status == 404


@pytest.mark.django_db(transaction=True)
def test_a_page_that_was_away_hears_what_it_missed_or_is_told_to_reload(ana, ticket, monkeypatch):
    cookie = session_of(ana)

    async def run(last_id: str) -> str:
        server._exchange = server.Exchange()
        browser = Browser(f"/live/?since={last_id}", cookie=cookie)
        listening = asyncio.create_task(server.application(browser.scope, browser.receive, browser.send))
        for _ in range(100):
            await asyncio.sleep(0.02)
            if "event:" in browser.text:
                break
        browser.gone.set()
        listening.cancel()
        return browser.text

    monkeypatch.setattr(server, "_in_thread", lambda call, *arguments: sync_to_async(call)(*arguments))
    now = int(timezone.now().timestamp() * 1000)
    heard = asyncio.run(run(str(now)))
    assert "event: ticket" in heard
    assert json.dumps({"number": ticket.number}) in heard
    assert "event: reload" in asyncio.run(run(str(now - 10 * 60 * 1000)))
