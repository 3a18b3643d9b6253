from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from cx.models import Promise, Tagging
from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tickets.models import Attachment, Delivery, InboundEmail, Notification, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


def _page(client: Client, ticket: Ticket) -> str:
    answer = client.get(f"/tickets/{ticket.number}/")
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def test_the_page_shows_what_was_said_in_order(as_user: Browser, ana: User, ticket: Ticket) -> None:
    ticket.reply(by=ana, text="We are looking into it.")
    ticket.add_note(by=ana, text="The bank says twice, too.")
    ticket.receive(text="Any news?", customer=ticket.requester, channel="email")

    html = _page(as_user(ana), ticket)

    thread = html[html.index('id="thread"') :]
    places = [
        thread.index(words)
        for words in ("charged me twice", "We are looking into it.", "The bank says twice, too.", "Any news?")
    ]
    assert places == sorted(places)
    assert "Ana Alonso took this ticket" in html
    assert "Opened by email" in html


@pytest.mark.parametrize("path", ["", "thread/", "assignment/"])
def test_nobody_learns_whether_a_ticket_exists(as_user: Browser, ben: User, ticket: Ticket, path: str) -> None:
    client = as_user(ben)
    hidden = client.get(f"/tickets/{ticket.number}/{path}")
    missing = client.get(f"/tickets/99999999/{path}")

    assert hidden.status_code == missing.status_code == 404
    assert _without_secret(hidden).replace(str(ticket.number), "99999999") == _without_secret(missing)


def _without_secret(answer: Any) -> str:
    return re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"', "", answer.content.decode())


POSTS = [
    "replies/", "notes/", "drafts/reply/", "drafts/note/", "assignment/", "team/", "priority/", "resolution/",
    "reopening/", "waiting/", "snooze/", "waking/", "tagging/", "tagging/confirmation/", "tagging/undo/", "promises/",
    "promises/1/kept/", "promises/1/withdrawn/", "replies/1/undo/",
]  # fmt: skip


@pytest.mark.parametrize("path", POSTS)
def test_no_action_reaches_a_ticket_one_may_not_see(as_user: Browser, ben: User, ticket: Ticket, path: str) -> None:
    before = ticket.events.count()

    answer = as_user(ben).post(f"/tickets/{ticket.number}/{path}", {"text": "Hello", "reason": "x", "preset": "later"})

    assert answer.status_code == 404
    assert ticket.events.count() == before


@pytest.mark.parametrize("path", POSTS)
def test_a_guest_may_act_on_nothing(as_user: Browser, gus: User, ticket: Ticket, path: str) -> None:
    assert as_user(gus).post(f"/tickets/{ticket.number}/{path}", {"text": "Hello"}).status_code == 403


@pytest.mark.parametrize("path", [path for path in POSTS if path not in ("notes/", "drafts/note/", "drafts/reply/")])
def test_a_light_agent_writes_notes_and_nothing_else(as_user: Browser, lou: User, ticket: Ticket, path: str) -> None:
    before = ticket.events.count()

    assert as_user(lou).post(f"/tickets/{ticket.number}/{path}", {"text": "Hello"}).status_code == 403
    assert ticket.events.count() == before


@pytest.mark.parametrize("path", POSTS)
def test_who_is_not_signed_in_may_act_on_nothing(client: Client, ticket: Ticket, path: str) -> None:
    answer = client.post(f"/tickets/{ticket.number}/{path}", {"text": "Hello"})

    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")
    assert ticket.events.filter(kind__in=["message.sent", "note.added"]).count() == 0


@pytest.mark.parametrize("path", POSTS)
def test_actions_are_posted_and_not_fetched(as_user: Browser, ana: User, ticket: Ticket, path: str) -> None:
    if path != "assignment/":
        assert as_user(ana).get(f"/tickets/{ticket.number}/{path}").status_code == 405


def test_posting_needs_the_forms_token(ana: User, ticket: Ticket) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ana)

    assert client.post(f"/tickets/{ticket.number}/notes/", {"text": "Hello"}).status_code == 403


def test_a_light_agent_sees_no_reply_box(as_user: Browser, lou: User, ticket: Ticket) -> None:
    html = _page(as_user(lou), ticket)

    assert f"/tickets/{ticket.number}/notes/" in html
    assert f"/tickets/{ticket.number}/replies/" not in html
    assert "tagging/confirmation" not in html or "disabled" in html


def test_opening_a_ticket_settles_what_told_of_it(as_user: Browser, ana: User, mia: User, ticket: Ticket) -> None:
    ticket.assign(to=ana, by=mia)
    assert Notification.objects.filter(user=ana, read_at=None).count() == 1

    _page(as_user(ana), ticket)

    assert Notification.objects.filter(user=ana, read_at=None).count() == 0


def test_the_customers_words_that_spoke_for_the_tag_are_marked(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    html = _page(as_user(ana), ticket)

    assert '<mark class="evidence">charged me twice</mark>' in html
    assert "<q>charged me twice</q>" in html


def test_quoted_text_is_folded_and_kept(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ticket.receive(text="Yes.", quoted="> Is it still wrong?", customer=cast.carla, channel="email")

    html = _page(as_user(cast.ana), ticket)

    assert re.search(r"<details[^>]*>.*&gt; Is it still wrong\?.*</details>", html, re.S)


def test_a_stranger_in_the_thread_is_pointed_out(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    assert "took no part" not in _page(as_user(cast.ana), ticket)
    ticket.receive(
        text="Send me the file", customer=cast.dora, channel="email", from_address="dora@example.org",
        is_from_stranger=True,
    )  # fmt: skip

    html = _page(as_user(cast.ana), ticket)

    assert "dora@example.org took no part in this ticket before" in html


def test_an_unconfirmed_address_is_said_and_shows_no_other_ticket(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    web = factories.a_ticket(cast.carla, channel="web", mailbox=cast.support, subject="From the form")

    html = _page(as_user(cast.ana), web)
    assert "Address not confirmed" in html
    assert 'id="others-h"' in html
    assert ticket.subject not in html[html.index('id="others-h"') :]

    web.confirm_address()
    html = _page(as_user(cast.ana), web)
    assert "Address not confirmed" not in html
    assert ticket.subject in html[html.index('id="others-h"') :]


def test_a_ticket_that_continues_another_says_so(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    later = factories.a_ticket(cast.carla, mailbox=cast.support, continues=ticket)

    assert f'href="/tickets/{ticket.number}/"' in _page(as_user(cast.ana), later)


@pytest.mark.parametrize(
    "state, words",
    [
        (Delivery.State.PENDING, "Queued"),
        (Delivery.State.DEFERRED, "Not sent to carla@example.com yet, next try "),
        (Delivery.State.SENDING, "Being sent"),
        (Delivery.State.SENT, "to carla@example.com"),
        (Delivery.State.FAILED, "Not delivered to carla@example.com: 550 no such user"),
        (Delivery.State.BOUNCED, "Came back from carla@example.com: 550 no such user"),
    ],
)
def test_what_became_of_a_reply_is_said_in_words(
    as_user: Browser, ana: User, ticket: Ticket, state: str, words: str
) -> None:
    message = ticket.reply(by=ana, text="Done.")
    message.deliveries.update(state=state, sent_at=timezone.now(), answer="550 no such user")

    assert words in _page(as_user(ana), ticket)


def test_every_recipient_of_a_reply_is_named_the_one_in_trouble_first(
    as_user: Browser, ana: User, ticket: Ticket
) -> None:
    message = ticket.reply(by=ana, text="Done.", to=["carla@example.com", "two@example.com"], cc=["boss@example.com"])
    message.deliveries.update(state=Delivery.State.SENT, sent_at=timezone.now())
    message.deliveries.filter(address="boss@example.com").update(state=Delivery.State.BOUNCED, answer="552 full")

    page = _page(as_user(ana), ticket)

    assert "Came back from boss@example.com: 552 full · Sent " in page
    assert "to carla@example.com, two@example.com" in page
    assert 'href="/mail/undelivered/">Send again or correct the address</a>' in page


def test_the_original_is_shown_where_it_can_do_nothing(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    message = ticket.receive(
        text="Hello", customer=cast.carla, channel="email",
        html='<p>Hello</p><script>alert(1)</script><img src="https://spy.example/x.png" width="40">',
    )  # fmt: skip

    answer = as_user(cast.ana).get(f"/tickets/{ticket.number}/messages/{message.pk}/original/")

    assert answer.status_code == 200
    assert answer["Content-Security-Policy"] == (
        "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"
    )
    assert "<script" not in answer.content.decode()
    assert "spy.example/x.png" not in re.sub(r'href="[^"]*"', "", answer.content.decode())
    assert as_user(cast.ben).get(f"/tickets/{ticket.number}/messages/{message.pk}/original/").status_code == 404


def test_the_page_itself_never_holds_a_mails_markup(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ticket.receive(text="Hello", customer=cast.carla, channel="email", html="<marquee>Hello</marquee>")

    assert "<marquee>" not in _page(as_user(cast.ana), ticket)


@pytest.fixture
def attachment(ticket: Ticket) -> Attachment:
    message = ticket.messages.get()
    return Attachment.objects.create(
        message=message, filename="bill.html", content_type="text/html", size=9, sha256="0" * 64,
        file=ContentFile(b"<script>x", name="bill"),
    )  # fmt: skip


def test_a_file_is_a_download_whatever_it_calls_itself(
    as_user: Browser, ana: User, ticket: Ticket, attachment: Attachment
) -> None:
    assert "bill.html" in _page(as_user(ana), ticket)

    answer: Any = as_user(ana).get(f"/tickets/{ticket.number}/files/{attachment.pk}/")

    assert b"".join(answer.streaming_content) == b"<script>x"
    assert answer["Content-Disposition"] == 'attachment; filename="bill.html"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_file_belongs_to_its_ticket(as_user: Browser, cast: Cast, ticket: Ticket, attachment: Attachment) -> None:
    other = factories.a_ticket(cast.dora, mailbox=cast.support)

    assert as_user(cast.ben).get(f"/tickets/{ticket.number}/files/{attachment.pk}/").status_code == 404
    assert as_user(cast.ana).get(f"/tickets/{other.number}/files/{attachment.pk}/").status_code == 404


def test_a_missing_file_is_not_found(as_user: Browser, ana: User, ticket: Ticket, attachment: Attachment) -> None:
    attachment.file.storage.delete(attachment.file.name)

    assert as_user(ana).get(f"/tickets/{ticket.number}/files/{attachment.pk}/").status_code == 404


def _long_thread(cast: Cast, ticket: Ticket, *, messages: int) -> None:
    for number in range(messages // 2):
        ticket.reply(by=cast.ana if number % 2 else cast.lea, text=f"Answer {number}")
        said = ticket.receive(text=f"Question {number}", customer=cast.carla, channel="email")
        Attachment.objects.create(
            message=said, filename="a.txt", content_type="text/plain", size=1, sha256="0" * 64,
            file=ContentFile(b"a", name="a"),
        )  # fmt: skip
        ticket.add_note(by=cast.lea, text=f"Note {number}")
    for number in range(3):
        due_at = timezone.now() + timedelta(days=number + 1)
        Promise.make(ticket, what=f"Promise {number}", due_at=due_at, by=cast.ana)
        factories.a_ticket(cast.carla, mailbox=cast.support)


@pytest.mark.data_layer
@pytest.mark.parametrize("messages", [2, 20, 60])
def test_a_ticket_costs_the_same_queries_however_long_its_thread_is(
    as_user: Browser, cast: Cast, ticket: Ticket, suggestion: Tagging, messages: int,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    _long_thread(cast, ticket, messages=messages)
    client = as_user(cast.ana)
    client.get("/notifications/")  # the first request of a process asks once whether Puente is set up

    with django_assert_max_num_queries(BUDGET):
        _page(client, ticket)


# The queue beside it and its views, who is there, the thread, the rail with finer causes and what came since, the
# customer's other tickets, what is written down about it, what opening it writes; and what a process reads anew once a
# second: the company, its words, its fields, its offers. Small questions on purpose: see decision 0011.
BUDGET = 28


def test_a_mail_that_came_in_is_read_and_answered(
    as_user: Browser, cast: Cast, deliver: Callable[..., InboundEmail], settle: Callable[[], None]
) -> None:
    inbound = deliver(factories.a_mail())
    settle()
    ticket = inbound.ticket
    assert ticket is not None

    html = _page(as_user(cast.ana), ticket)

    assert "You charged me twice for September." in html
    assert "Acknowledgement" in html


def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    html = _page(as_user(ana), ticket)

    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r'\son\w+="', html)
    assert ' style="' not in html
    assert "<style" not in html
    assert not re.search(r'(?:src|href)="https?://', html)


@pytest.mark.parametrize("part, shows", [("", 'id="thread"'), ("head", 'id="ticket-head"'), ("rail", 'id="cx-h"')])
def test_a_part_comes_anew_without_the_composer_and_marks_nothing_as_read(
    as_user: Browser, ana: User, ticket: Ticket, part: str, shows: str
) -> None:
    html = as_user(ana).get(f"/tickets/{ticket.number}/thread/?part={part}").content.decode()

    assert shows in html
    assert "data-composer" not in html
    assert "<html" not in html
    assert not ticket.readings.exists()


@pytest.mark.parametrize("undo", [False, True])
def test_an_answer_for_htmx_never_holds_the_composer(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging, undo: bool
) -> None:
    path = "undo" if undo else "confirmation"

    answer = as_user(ana).post(f"/tickets/{ticket.number}/tagging/{path}/", headers={"HX-Request": "true"})

    html = answer.content.decode()
    assert 'id="thread" hx-swap-oob="true"' in html
    assert "data-composer" not in html
    assert "<textarea" not in html or 'name="reason"' in html


def test_a_fragment_cannot_be_signed_in(client: Client, ticket: Ticket) -> None:
    answer = client.post(f"/tickets/{ticket.number}/tagging/undo/", headers={"HX-Request": "true"})

    assert answer["HX-Redirect"].startswith("/sign-in/")
