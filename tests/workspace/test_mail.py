"""Mail that was set aside: found by its kind, read before it is decided upon, and never lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.people.models import User
from helpdesk.workspace.views import mail
from tests import factories
from tests.cast import Cast
from tests.workspace.listing import through_all_pages
from tickets.mail import receiving, spam
from tickets.models import BlockedSender, InboundEmail, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
State = InboundEmail.State


def automatic(cast: Cast, how_many: int = 1) -> list[InboundEmail]:
    raws = (
        factories.a_mail(sender=f"robot@shop{n}.example", subject=f"Report {n}", auto_submitted="auto-replied")
        for n in range(how_many)
    )
    return [factories.deliver_raw(raw, mailbox=cast.support) for raw in raws]


def held(cast: Cast, subject: str = "From ourselves") -> InboundEmail:
    raw = factories.a_mail(sender=cast.support.address, subject=subject, text="Nobody should write so.")
    found = factories.deliver_raw(raw, mailbox=cast.support)
    assert found.state == State.HELD
    return found


def unreadable(cast: Cast, how_many: int = 1, subject: str = "Unreadable") -> list[InboundEmail]:
    """Mails that could be read by now: what was wrong has been mended since."""
    found = []
    for number in range(how_many):
        raw = factories.a_mail(sender=f"person{number}@example.com", subject=f"{subject} {number}")
        row = factories.deliver_raw(raw, mailbox=cast.support)
        row.message.delete()
        row.ticket.delete()
        InboundEmail.objects.filter(pk=row.pk).update(
            state=State.UNREADABLE, outcome="unreadable", reason="The mail is too deep.", message=None, ticket=None
        )
        row.refresh_from_db()
        found.append(row)
    return found


@pytest.mark.data_layer
@pytest.mark.parametrize("how_many", [1, 30])
def test_the_list_of_mail_set_aside_has_a_budget(
    as_user: Browser, cast: Cast, django_assert_max_num_queries: Any, how_many: int
) -> None:
    automatic(cast, how_many)
    client = as_user(cast.olu)

    with django_assert_max_num_queries(9):
        html = client.get("/mail/").content.decode()

    assert html.count('<th scope="row">') == how_many


def test_its_pages_show_every_mail_once(as_user: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "ROWS", 3)
    rows = automatic(cast, 8)

    seen = through_all_pages(as_user(cast.olu), "/mail/?kind=automatic", row=r'<th scope="row"><a href="/mail/(\d+)/"')

    assert sorted(map(int, seen)) == sorted(row.pk for row in rows)


def test_each_kind_has_a_tab_with_its_number_and_says_why_a_mail_is_there(as_user: Browser, cast: Cast) -> None:
    automatic(cast, 2)
    held(cast)
    unreadable(cast, 3)
    client = as_user(cast.olu)

    html = client.get("/mail/?kind=held").content.decode()
    tabs = re.findall(r'kind=(\w+)"[^>]*>[^<]*<span class="count">(\d+)', html)

    assert tabs == [("unreadable", "3"), ("held", "1"), ("spam", "0"), ("automatic", "2")]
    assert "From ourselves" in html
    assert "It says that it comes from one of our own addresses." in html
    assert "Report 0" not in html
    assert "The mail is too deep." in client.get("/mail/?kind=unreadable").content.decode()
    assert "No mail was taken for spam." in client.get("/mail/?kind=spam").content.decode()


def test_the_page_opens_where_there_is_something_to_do(as_user: Browser, cast: Cast) -> None:
    client = as_user(cast.olu)
    automatic(cast)
    assert "Report 0" in client.get("/mail/").content.decode()
    held(cast)
    assert "From ourselves" in client.get("/mail/").content.decode()


def test_a_mail_is_read_as_a_person_would_read_it(as_user: Browser, cast: Cast, deliver: Any) -> None:
    raw = factories.a_mail(
        sender="Robot <robot@example.net>", subject="=?utf-8?q?Informe_n=C2=BA_1?=", text="The café is closed <b>",
        auto_submitted="auto-generated",
    )  # fmt: skip
    found = deliver(raw)

    html = as_user(cast.olu).get(f"/mail/{found.pk}/").content.decode()

    assert "The café is closed &lt;b&gt;" in html
    assert "Informe nº 1" in html
    assert "&lt;robot@example.net&gt;" in html
    assert "auto-generated" in html  # its source, further down


def test_a_mail_that_cannot_be_taken_apart_is_shown_as_its_bytes(as_user: Browser, cast: Cast) -> None:
    parts = "".join(
        f'--b{depth}\r\nContent-Type: multipart/mixed; boundary="b{depth + 1}"\r\n\r\n' for depth in range(300)
    )
    raw = b'From: a@example.com\r\nContent-Type: multipart/mixed; boundary="b0"\r\n\r\n' + parts.encode()
    row = InboundEmail.objects.create(
        mailbox=cast.support, key="k", raw=raw, size=len(raw), state=State.UNREADABLE, outcome="unreadable",
        reason="It is nested too deeply.",
    )  # fmt: skip

    html = as_user(cast.olu).get(f"/mail/{row.pk}/").content.decode()

    assert "It is nested too deeply." in html
    assert "From: a@example.com" in html
    assert "multipart/mixed" in html


def test_a_mail_that_killed_its_readers_is_not_taken_apart_for_a_page(
    as_user: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = unreadable(cast)
    InboundEmail.objects.filter(pk=row.pk).update(attempts=receiving.MOST_ATTEMPTS)
    monkeypatch.setattr(mail, "parse", lambda _raw: pytest.fail("It would have killed this process, too."))

    assert "It could not be taken apart." in as_user(cast.olu).get(f"/mail/{row.pk}/").content.decode()


def test_held_mail_becomes_a_ticket_on_a_persons_word(as_user: Browser, cast: Cast) -> None:
    found = held(cast)

    answer = as_user(cast.lea).post(f"/mail/{found.pk}/retrying/")

    found.refresh_from_db()
    assert found.ticket is not None
    assert answer["Location"] == found.ticket.get_absolute_url()
    assert found.released_by == cast.lea


def test_all_unreadable_mail_is_tried_again_by_the_workers_and_the_page_counts(as_user: Browser, cast: Cast) -> None:
    rows = unreadable(cast, 3)
    client = as_user(cast.olu)

    answer = client.post("/mail/retrying/", follow=True)
    waiting = answer.content.decode()
    receiving.receive_waiting(limit=2)
    half_way = client.get("/mail/?kind=unreadable").content.decode()
    asked = client.get("/mail/retrying/progress/", headers={"HX-Request": "true"})
    receiving.receive_waiting()
    over = client.get("/mail/?kind=unreadable").content.decode()
    ended = client.get("/mail/retrying/progress/", headers={"HX-Request": "true"})

    assert "0 of 3 tried again" in waiting
    assert '<progress max="3" value="0"' in waiting
    assert "2 of 3 tried again" in half_way
    assert "2 of 3 tried again" in asked.content.decode()
    assert "Could be read: 3. Still unreadable: 0." in over
    assert ended.headers["HX-Refresh"] == "true"
    assert InboundEmail.objects.filter(pk__in=[row.pk for row in rows], ticket__isnull=False).count() == 3


def test_trying_all_again_twice_counts_each_mail_once(as_user: Browser, cast: Cast) -> None:
    unreadable(cast, 2)
    client = as_user(cast.olu)

    client.post("/mail/retrying/")
    again = client.post("/mail/retrying/", follow=True).content.decode()

    assert "0 of 2 tried again" in again
    receiving.receive_waiting()
    assert Ticket.objects.count() == 2


def test_a_mail_is_put_away_only_with_a_reason(as_user: Browser, cast: Cast) -> None:
    found = held(cast)
    client = as_user(cast.lea)

    refused = client.post(f"/mail/{found.pk}/discarding/", {"reason": "  "}, follow=True).content.decode()
    found.refresh_from_db()
    assert "Say why it needs nothing." in refused
    assert found.state == State.HELD

    client.post(f"/mail/{found.pk}/discarding/", {"reason": "a test of ours"})
    found.refresh_from_db()
    assert found.state == State.DISCARDED
    assert found.reason == "Lea Lindgren: a test of ours"
    assert client.get(f"/mail/{found.pk}/raw/").content == bytes(found.raw)


@pytest.mark.parametrize("kind", ["held", "automatic", "spam"])
def test_what_was_put_away_by_mistake_stands_where_it_stood(as_user: Browser, cast: Cast, kind: str) -> None:
    found = held(cast) if kind == "held" else automatic(cast)[0]
    if kind == "spam":
        spam.mark(found, by=cast.lea)
    client = as_user(cast.lea)

    html = client.post(f"/mail/{found.pk}/discarding/", {"reason": "a slip"}, follow=True).content.decode()
    assert found not in getattr(InboundEmail.objects, kind)()
    client.post(re.search(r'action="(/mail/\d+/discarding/undo/)"', html)[1])  # type: ignore[index]

    assert found in getattr(InboundEmail.objects.all(), kind)()
    assert Ticket.objects.count() == 0


# --- Spam ---------------------------------------------------------------------------------------------------------


def test_mail_set_aside_is_marked_as_spam_and_released_again(as_user: Browser, cast: Cast) -> None:
    (found,) = automatic(cast)
    client = as_user(cast.lea)

    client.post(f"/mail/{found.pk}/spam/")
    found.refresh_from_db()
    assert found.state == State.SPAM
    assert "Not spam" in client.get(f"/mail/{found.pk}/").content.decode()

    client.post(f"/mail/{found.pk}/retrying/")
    found.refresh_from_db()
    assert found.state == State.PROCESSED
    assert found.ticket is not None
    assert found.is_taught == "wanted"


@pytest.mark.parametrize(("whom", "pattern"), [("address", "robot@shop0.example"), ("domain", "shop0.example")])
def test_the_sender_is_blocked_from_the_mails_page_and_that_can_be_undone(
    as_user: Browser, cast: Cast, whom: str, pattern: str
) -> None:
    (found,) = automatic(cast)
    client = as_user(cast.lea)

    html = client.post(f"/mail/{found.pk}/blocking/", {"whom": whom}, follow=True).content.decode()

    blocked = BlockedSender.objects.get()
    assert blocked.pattern == pattern
    assert blocked.blocked_by == cast.lea
    assert f"Mail from {pattern} goes to spam now." in html
    client.post(re.search(r'action="(/mail/blocked/\d+/removing/)"', html)[1])  # type: ignore[index]
    assert not BlockedSender.objects.exists()


def test_our_own_address_is_not_blocked(as_user: Browser, cast: Cast) -> None:
    found = held(cast)

    html = as_user(cast.lea).post(f"/mail/{found.pk}/blocking/", {"whom": "address"}, follow=True).content.decode()

    assert "support@alborada.example is one of ours." in html
    assert not BlockedSender.objects.exists()


def test_the_block_list_is_written_and_shortened(as_user: Browser, cast: Cast) -> None:
    client = as_user(cast.lea)

    client.post("/mail/blocked/", {"pattern": "*.Shop.example", "reason": "Adverts"})
    html = client.get("/mail/blocked/").content.decode()
    blocked = BlockedSender.objects.get()
    assert blocked.pattern == "shop.example"
    assert "Adverts" in html
    assert "Lea Lindgren" in html

    removed = client.post(f"/mail/blocked/{blocked.pk}/removing/", follow=True).content.decode()
    assert not BlockedSender.objects.exists()
    assert 'name="pattern" value="shop.example"' in removed  # the way back


def test_what_cannot_be_blocked_is_refused_beside_the_field_with_the_words_kept(as_user: Browser, cast: Cast) -> None:
    answer = as_user(cast.lea).post("/mail/blocked/", {"pattern": "gmail.com", "reason": "Adverts"})

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "<title>Error:" in html
    assert "Too many people write from gmail.com." in html
    assert 'value="Adverts"' in html
    assert not BlockedSender.objects.exists()


@pytest.mark.data_layer
@pytest.mark.parametrize("how_many", [1, 30])
def test_the_block_list_has_a_budget(
    as_user: Browser, cast: Cast, django_assert_max_num_queries: Any, how_many: int
) -> None:
    for number in range(how_many):
        spam.block(pattern=f"shop{number}.example", by=cast.lea)
    client = as_user(cast.olu)

    with django_assert_max_num_queries(9):
        html = client.get("/mail/blocked/").content.decode()

    assert html.count('<th scope="row"') == how_many


def test_a_ticket_is_marked_as_spam_without_a_question_and_with_a_way_back(
    as_user: Browser, cast: Cast, deliver: Any
) -> None:
    ticket = deliver(factories.a_mail(sender="shop@spam.example", subject="Buy now", text="Cheap watches")).ticket
    client = as_user(cast.ana)
    assert "Mark as spam" in client.get(f"/tickets/{ticket.number}/").content.decode()

    html = client.post(f"/tickets/{ticket.number}/spam/", follow=True).content.decode()
    ticket.refresh_from_db()
    assert ticket.is_done
    assert InboundEmail.objects.get().state == State.SPAM
    assert f"Marked #{ticket.number} as spam." in html
    assert f'action="/tickets/{ticket.number}/spam/undo/' in html

    client.post(f"/tickets/{ticket.number}/spam/undo/")
    ticket.refresh_from_db()
    assert ticket.is_open
    assert InboundEmail.objects.get().state == State.PROCESSED
    assert "Ana Alonso marked this as spam" in client.get(f"/tickets/{ticket.number}/").content.decode()


def test_a_ticket_that_was_answered_is_not_spam(as_user: Browser, cast: Cast, resolved_ticket: Ticket) -> None:
    client = as_user(cast.ana)
    resolved_ticket.reopen(by=cast.ana)

    assert "Mark as spam" not in client.get(f"/tickets/{resolved_ticket.number}/").content.decode()
    html = client.post(f"/tickets/{resolved_ticket.number}/spam/", follow=True).content.decode()

    assert "This ticket was answered. Resolve it instead." in html
    resolved_ticket.refresh_from_db()
    assert resolved_ticket.is_open
