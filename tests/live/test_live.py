"""The live process, spoken to as a browser does."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import Error as DatabaseError
from django.db import connections
from django.utils import timezone

from helpdesk.live import changes, server
from helpdesk.people.models import Membership, Role, User
from tests import factories
from tickets.models import Event, Notification, Presence, Ticket

pytestmark = pytest.mark.django_db


def session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.create()
    return f"sessionid={session.session_key}"


def is_admitted(cookies: str) -> bool:
    right = changes.pass_of(cookies)
    return right is not None and right in changes.viewers([right])


def now_ms() -> int:
    return int(timezone.now().timestamp() * 1000)


# --- Who may listen ---------------------------------------------------------------------------------------------------


def test_only_those_who_may_see_tickets_have_a_stream(ana, gus, ben):
    assert is_admitted(session_of(ana))
    assert not is_admitted(session_of(gus))
    assert not is_admitted("sessionid=made-up")
    assert not is_admitted("")


def switched_off(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def with_a_new_password(user: User) -> None:
    user.set_password("another long password")
    user.save()


def signed_out_elsewhere(user: User) -> None:
    Session.objects.all().delete()


def whose_session_ran_out(user: User) -> None:
    Session.objects.update(expire_date=timezone.now())


def made_a_guest(user: User) -> None:
    User.objects.filter(pk=user.pk).update(role=Role.GUEST)


def deleted(user: User) -> None:
    user.memberships.all().delete()
    user.delete()


REVOKED = [switched_off, with_a_new_password, signed_out_elsewhere, whose_session_ran_out, made_a_guest, deleted]


@pytest.mark.parametrize("revoke", REVOKED)
def test_a_right_to_listen_ends_with_what_it_rests_on(ana, ben, revoke):
    cookies = session_of(ana)
    assert is_admitted(cookies)
    revoke(ana)
    assert not is_admitted(cookies)


@pytest.mark.data_layer
def test_rights_of_two_hundred_pages_are_looked_at_in_three_queries(ana, olu, django_assert_num_queries):
    rights = [changes.pass_of(session_of(user)) for user in (ana, olu) for _ in range(100)]
    with django_assert_num_queries(3):
        assert len(changes.viewers(rights)) == 200


@pytest.mark.data_layer
def test_who_may_know_of_a_ticket_is_what_the_queryset_says(cast, company):
    """The live process decides without a query for each listener; here it is held against the one rule there is."""
    for team in (None, cast.billing, cast.installations):
        for assignee in (None, cast.ana, cast.ben, cast.lou):
            ticket = factories.a_ticket(cast.carla)
            Ticket.objects.filter(pk=ticket.pk).update(team=team, assignee=assignee)
    facts = changes.facts_of(Ticket.objects.values_list("pk", flat=True)).values()
    for user in User.objects.all():
        right = changes.pass_of(session_of(user))
        viewer = changes.viewers([right]).get(right)
        known = {ticket.number for ticket in facts if viewer and viewer.may_see(ticket)}
        assert known == set(Ticket.objects.visible_to(user).values_list("number", flat=True)), user


# --- What a look finds ------------------------------------------------------------------------------------------------


@pytest.mark.data_layer
def test_what_happened_since_is_found_with_an_overlap_and_no_further_than_the_window(ticket):
    assert changes.since(now_ms()) == {ticket.pk}
    ticket.events.update(happened_at=timezone.now() - timedelta(minutes=3))
    assert changes.since(now_ms()) == set()
    assert changes.since(0) == set()


@pytest.mark.data_layer
def test_each_event_is_news_once(ticket, ana):
    looks = changes.Looks()
    assert [each.number for each in looks.look([])[0].tickets] == [ticket.number]
    assert not looks.look([])[0]
    ticket.add_note(by=ana, text="Called her")
    assert [each.number for each in looks.look([])[0].tickets] == [ticket.number]
    assert not looks.look([])[0]


@pytest.mark.data_layer
def test_an_event_that_bears_an_older_moment_is_found_by_its_number(ticket):
    """A mail that an agent sent from their own program an hour ago arrives now."""
    looks = changes.Looks()
    looks.look([])
    ticket.record("mail.answered_elsewhere", at=timezone.now() - timedelta(hours=1))
    assert [each.number for each in looks.look([])[0].tickets] == [ticket.number]
    assert not looks.look([])[0]
    assert looks.heard_since(timezone.now() - timedelta(seconds=5)) == {ticket.pk}


@pytest.mark.data_layer
def test_a_transaction_that_commits_late_is_found_below_what_was_seen(ticket, ana):
    looks = changes.Looks()
    ticket.add_note(by=ana, text="Seen first")
    late = Event.objects.latest("pk")
    Event.objects.filter(pk=late.pk).delete()
    ticket.add_note(by=ana, text="Seen second")
    looks.look([])
    late.happened_at = timezone.now() - timedelta(seconds=10)
    late.save(force_insert=True)  # the number below the one that was seen, and an older moment
    assert [each.number for each in looks.look([])[0].tickets] == [ticket.number]


def test_a_look_that_fails_half_way_has_found_nothing(ticket, monkeypatch):
    looks = changes.Looks()

    def fail(*_: object) -> None:
        raise DatabaseError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(changes, "viewers", fail)
        with pytest.raises(DatabaseError):
            looks.look([])
    assert [each.number for each in looks.look([])[0].tickets] == [ticket.number]


@pytest.mark.data_layer
def test_coming_writing_and_leaving_are_news_and_so_is_that_nobody_is_left(ticket, ana):
    looks = changes.Looks()
    looks.look([])
    Presence.keep(ticket, by=ana)
    (here,) = looks.look([])[0].here
    assert here.ticket.number == ticket.number
    assert [(each["name"], each["writing"]) for each in here.people.values()] == [("Ana Alonso", False)]
    Presence.keep(ticket, by=ana, is_writing=True)
    assert [each["writing"] for each in looks.look([])[0].here[0].people.values()] == [True]
    Presence.end(ticket, by=ana)
    assert looks.look([])[0].here[0].people == {}
    assert not looks.look([])[0]


@pytest.mark.data_layer
def test_unread_notices_are_counted_again_when_they_change(ticket, ana, ben):
    right = changes.pass_of(session_of(ana))
    looks = changes.Looks()
    looks.look([right])
    ticket.assign(to=ana, by=ben)
    assert looks.look([right])[0].unread == {ana.pk: 1}
    assert looks.look([right])[0].unread == {}
    ticket.mark_read(by=ana)
    assert looks.look([right])[0].unread == {ana.pk: 0}
    assert Notification.objects.unread_count(ana) == 0


@pytest.mark.data_layer
def test_a_look_costs_the_same_for_one_listener_and_for_many(cast, ticket, django_assert_max_num_queries):
    rights = [changes.pass_of(session_of(user)) for user in User.objects.all() for _ in range(10)]
    looks = changes.Looks()
    Presence.keep(ticket, by=cast.ana)
    with django_assert_max_num_queries(8):
        news, _viewers = looks.look(rights)
    assert news.tickets
    assert news.here


# --- Streams ----------------------------------------------------------------------------------------------------------


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

    @property
    def has_ended(self) -> bool:
        return any(message.get("more_body") is False for message in self.sent)

    def told(self, event: str) -> list[dict]:
        blocks = [block.splitlines() for block in self.text.split("\n\n")]
        return [json.loads(lines[-1][6:]) for lines in blocks if f"event: {event}" in lines]

    async def until(self, true: Callable[[], object], what: str) -> None:
        for _ in range(200):
            if true():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"{what}; told so far: {self.text}")


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


@pytest.fixture
def same_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test's own connection reads the rows. It sees no other commits, so SQLite's counter would stand still."""
    monkeypatch.setattr(server, "_in_thread", lambda call, *args, **named: sync_to_async(call)(*args, **named))
    monkeypatch.setattr(changes, "data_version", lambda: None)
    yield
    server._exchange = None


@contextlib.asynccontextmanager
async def listening(cookie: str, query: str = ""):
    browser = Browser(f"/live/{query}", cookie=cookie)
    task = asyncio.create_task(server.application(browser.scope, browser.receive, browser.send))
    await browser.until(lambda: browser.told("notices"), "the stream was opened")
    try:
        yield browser
    finally:
        browser.gone.set()
        await task


def exchange() -> server.Exchange:
    server._exchange = server.Exchange()
    return server._exchange


async def quietly(call: Callable[..., object], *arguments: object, **named: object) -> object:
    return await sync_to_async(call)(*arguments, **named)


def play(story: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        try:
            await story()
        finally:
            await sync_to_async(connections.close_all)()  # that thread's own

    asyncio.run(whole())


@pytest.mark.django_db(transaction=True)
def test_a_page_that_was_away_hears_what_it_missed_or_is_told_to_reload(ana, ticket, same_thread):
    cookie, now = session_of(ana), now_ms()

    async def story() -> None:
        exchange()
        async with listening(cookie, f"?since={now}") as browser:
            assert browser.told("ticket") == [{"number": ticket.number}]
            assert not browser.told("reload")
        async with listening(cookie, f"?since={now}&last={now - 60_000}") as browser:
            assert browser.told("ticket") == [{"number": ticket.number}]
        async with listening(cookie, f"?since={now - 10 * 60_000}") as browser:
            assert browser.told("reload") == [{}]
            assert not browser.told("ticket")

    play(story)


@pytest.mark.django_db(transaction=True)
def test_no_moment_is_given_before_what_was_missed_is_told(ana, ticket, same_thread):
    """A browser whose connection breaks in between would take what it never heard for heard."""
    cookie, now = session_of(ana), now_ms()

    async def story() -> None:
        exchange()
        async with listening(cookie, f"?last={now}") as browser:
            assert browser.text.index("id: ") > browser.text.index("event: ticket")

    play(story)


@pytest.mark.django_db(transaction=True)
def test_a_doorbell_names_only_what_the_listener_may_see(ana, ben, olu, ticket, dora, installations, same_thread):
    hers = factories.a_ticket(dora, team=installations)
    cookies = {user: session_of(user) for user in (ana, ben, olu)}

    async def story() -> None:
        house = exchange()
        async with (
            listening(cookies[ana]) as of_ana,
            listening(cookies[ben]) as of_ben,
            listening(cookies[olu]) as of_olu,
        ):
            await house.look()
            await of_olu.until(lambda: len(of_olu.told("ticket")) == 2, "both tickets are told")
            assert of_ana.told("ticket") == [{"number": ticket.number}]
            assert of_ben.told("ticket") == [{"number": hers.number}]
            assert "subject" not in of_olu.text

    play(story)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_of_a_ticket_that_moved_out_of_sight(ana, ben, olu, ticket, installations, same_thread):
    cookie, others = session_of(ana), session_of(olu)

    async def story() -> None:
        house = exchange()
        await house.look()
        async with listening(cookie) as of_ana, listening(others) as of_olu:
            await quietly(ticket.move, to=installations, by=olu)
            await quietly(Presence.keep, ticket, by=ben)
            await house.look()
            await of_olu.until(lambda: of_olu.told("ticket") and of_olu.told("presence"), "Olu is told")
            assert str(ticket.number) not in of_ana.text

    play(story)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("revoke", REVOKED[:-1])
def test_revoking_access_ends_the_stream_at_the_next_look(ana, ticket, same_thread, revoke):
    cookie = session_of(ana)

    async def story() -> None:
        house = exchange()
        await house.look()
        async with listening(cookie) as browser:
            await quietly(ticket.add_note, by=ana, text="Not for whoever is gone")
            await quietly(revoke, ana)
            await house.look()
            await browser.until(lambda: browser.has_ended, "the stream ends")
            assert not browser.told("ticket")
            assert house.listeners == set()

    play(story)


@pytest.mark.django_db(transaction=True)
def test_losing_a_team_narrows_the_stream_and_leaves_it_open(ana, ticket, same_thread):
    cookie = session_of(ana)

    async def story() -> None:
        house = exchange()
        await house.look()
        async with listening(cookie) as browser:
            await quietly(Membership.objects.filter(user=ana).delete)
            await quietly(ticket.add_note, by=ana, text="Billing alone")
            await house.look()
            await asyncio.sleep(0.1)
            assert not browser.told("ticket")
            assert not browser.has_ended

    play(story)


@pytest.mark.django_db(transaction=True)
def test_people_are_told_of_each_other_and_nobody_of_themselves(ana, lea, ben, ticket, same_thread):
    cookies = {user: session_of(user) for user in (ana, lea, ben)}

    async def story() -> None:
        house = exchange()
        async with (
            listening(cookies[ana]) as of_ana,
            listening(cookies[lea]) as of_lea,
            listening(cookies[ben]) as of_ben,
        ):
            await quietly(Presence.keep, ticket, by=ana, is_writing=True)
            await house.look()
            await of_lea.until(lambda: of_lea.told("presence"), "Lea hears of Ana")
            (told,) = of_lea.told("presence")
            assert told["number"] == ticket.number
            assert [(each["name"], each["initials"], each["writing"]) for each in told["people"]] == [
                ("Ana Alonso", "AA", True)
            ]
            assert told["people"][0]["until"] > now_ms() + 30_000
            await of_ana.until(lambda: of_ana.told("presence"), "Ana hears that nobody else is there")
            assert of_ana.told("presence") == [{"number": ticket.number, "people": []}]
            assert not of_ben.told("presence")

    play(story)


@pytest.mark.django_db(transaction=True)
def test_a_page_that_comes_is_told_who_is_where_and_how_much_is_unread(ana, lea, ticket, same_thread):
    ticket.assign(to=lea, by=ana)
    Presence.keep(ticket, by=ana)
    cookie = session_of(lea)

    async def story() -> None:
        exchange()
        async with listening(cookie) as browser:
            assert [each["name"] for each in browser.told("presence")[0]["people"]] == ["Ana Alonso"]
            assert browser.told("notices") == [{"unread": 1}]

    play(story)


@pytest.mark.django_db(transaction=True)
def test_a_page_that_reads_too_slowly_is_told_to_reload(ana, ticket, same_thread):
    right = changes.pass_of(session_of(ana))
    listener = server.Listener(right, changes.viewers([right])[right])

    async def story() -> None:
        for _ in range(server.MOST_WAITING + 1):
            listener.tell("event: ticket\n\n")
        assert listener.queue.qsize() == 1
        assert "event: reload" in (listener.queue.get_nowait() or "")

    play(story)


@pytest.mark.django_db(transaction=True)
def test_a_silent_stream_still_says_that_it_is_there(ana, company, same_thread, monkeypatch):
    monkeypatch.setattr(server, "HEARTBEAT_SECONDS", 0.05)
    cookie = session_of(ana)

    async def story() -> None:
        exchange()
        async with listening(cookie) as browser:
            await browser.until(lambda: len(browser.told("beat")) >= 2, "the heart beats")

    play(story)


@pytest.mark.django_db(transaction=True)
def test_a_stream_that_is_left_is_forgotten_at_once(ana, company, same_thread):
    cookie = session_of(ana)

    async def story() -> None:
        house = exchange()
        async with listening(cookie):
            assert len(house.listeners) == 1
        assert house.listeners == set()

    play(story)
