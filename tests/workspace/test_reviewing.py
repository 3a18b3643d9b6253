"""Drafts of colleagues, and asking a colleague to read one, through the doors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from helpdesk.people.models import User
from tests.cast import Cast
from tests.workspace.reading import field, words_of
from tickets import reviewing
from tickets.mail import composing
from tickets.models import Draft, Message, OutboxEmail, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
TEXT = "The second charge went back to you on Monday."


@pytest.fixture
def draft(ticket: Ticket, ana: User) -> Draft:
    """What Ana wants to answer Carla."""
    return Draft.objects.create(ticket=ticket, user=ana, mode=Draft.Mode.REPLY, text=TEXT)


@pytest.fixture
def asked(draft: Draft, cast: Cast) -> Draft:
    reviewing.ask(draft, of=cast.lea, by=cast.ana)
    return draft


def strip_of(client: Client, ticket: Ticket) -> str:
    return words_of(client.get(f"/tickets/{ticket.number}/thread/?part=drafts").content.decode())


# --- What colleagues have begun ---------------------------------------------------------------------------------------


def test_a_colleague_reads_what_somebody_has_begun(as_user: Browser, cast: Cast, ticket: Ticket, draft: Draft) -> None:
    page = as_user(cast.lea).get(f"/tickets/{ticket.number}/").content.decode()
    assert "Ana Alonso is writing a reply (draft, " in words_of(page)
    assert TEXT in page
    assert TEXT not in strip_of(as_user(cast.ana), ticket)  # it stands in her composer


def test_who_may_not_answer_reads_none(as_user: Browser, cast: Cast, ticket: Ticket, draft: Draft) -> None:
    assert TEXT not in as_user(cast.lou).get(f"/tickets/{ticket.number}/").content.decode()
    assert as_user(cast.ben).get(f"/tickets/{ticket.number}/thread/?part=drafts").status_code == 404


@pytest.mark.parametrize(
    "change",
    [{"text": " \n"}, {"mode": "note"}, {"saved_at": timezone.now() - timedelta(days=15)}],
    ids=["empty", "a note", "old"],
)
def test_what_is_no_reply_under_way_is_not_shown(
    as_user: Browser, cast: Cast, ticket: Ticket, draft: Draft, change: dict[str, object]
) -> None:
    Draft.objects.filter(pk=draft.pk).update(**change)
    assert "Ana Alonso" not in strip_of(as_user(cast.lea), ticket)


def test_what_rests_was_begun(as_user: Browser, cast: Cast, ticket: Ticket, draft: Draft) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        assert "Ana Alonso has begun a reply" in strip_of(as_user(cast.lea), ticket)


def test_a_draft_is_never_markup(as_user: Browser, cast: Cast, ticket: Ticket, draft: Draft) -> None:
    Draft.objects.filter(pk=draft.pk).update(text="<script>alert(1)</script>")
    for path in ("", "thread/?part=drafts"):
        assert "<script>alert" not in as_user(cast.lea).get(f"/tickets/{ticket.number}/{path}").content.decode()


def test_a_draft_and_a_review_reach_no_customer(
    as_user: Browser, cast: Cast, ticket: Ticket, asked: Draft, client: Client, settle: Callable[[], None]
) -> None:
    reviewing.send_back(asked, by=cast.lea, says="Mention the Malaga run.")
    ticket.add_note(by=cast.ana, text="@Lea between us: the Malaga run.")
    ticket.reply(by=cast.mia, text="We are on it.", undo_seconds=0)
    settle()
    page = client.get(urlsplit(composing.follow_url(ticket)).path, follow=True).content.decode()
    assert "We are on it." in page
    mails = [bytes(mail.raw) for mail in OutboxEmail.objects.all() if b"carla@example.com" in bytes(mail.raw)]
    assert mails
    for secret in ("second charge went back", "Malaga"):
        assert secret not in page
        assert not any(secret.encode() in mail for mail in mails)
        assert not Message.objects.filter(text__contains=secret).exists()


# --- Asking -----------------------------------------------------------------------------------------------------------


def test_the_composer_keeps_what_is_written_and_asks_whom(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ana = as_user(cast.ana)
    answer = ana.post(f"/tickets/{ticket.number}/review/", {"text": TEXT}, follow=True)
    page = answer.content.decode()
    assert TEXT in page
    assert f'<option value="{cast.lea.pk}">' in page
    assert f'<option value="{cast.ben.pk}">' not in page

    answer = ana.post(f"/tickets/{ticket.number}/review/", {"reviewer": cast.lea.pk}, follow=True)

    assert "Lea Lindgren was asked to read it." in answer.content.decode()
    assert "Lea Lindgren was asked to read it" in strip_of(ana, ticket)
    assert field(answer.content.decode(), "text") == TEXT
    assert "Ana Alonso asks you to read a reply." in strip_of(as_user(cast.lea), ticket)
    ana.post(f"/tickets/{ticket.number}/review/stopping/")
    assert "asks you" not in strip_of(as_user(cast.lea), ticket)


@pytest.mark.parametrize("who", ["ben", "lou", "nobody"])
def test_whoever_cannot_answer_is_refused_beside_the_text(
    as_user: Browser, cast: Cast, ticket: Ticket, draft: Draft, who: str
) -> None:
    given = getattr(cast, who).pk if hasattr(cast, who) else ""
    answer = as_user(cast.ana).post(f"/tickets/{ticket.number}/review/", {"reviewer": given})
    assert answer.status_code == 422
    assert TEXT in answer.content.decode()


def test_nothing_written_is_nothing_to_read(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    assert "Write your reply first." in as_user(cast.ana).get(f"/tickets/{ticket.number}/review/").content.decode()
    answer = as_user(cast.ana).post(f"/tickets/{ticket.number}/review/", {"reviewer": cast.lea.pk})
    assert answer.status_code == 422


# --- Reading ----------------------------------------------------------------------------------------------------------


def test_only_whoever_was_asked_has_the_page(as_user: Browser, cast: Cast, ticket: Ticket, asked: Draft) -> None:
    address = f"/tickets/{ticket.number}/drafts/{asked.pk}/review/"
    assert TEXT in as_user(cast.lea).get(address).content.decode()
    for who in (cast.mia, cast.ana, cast.ben):
        assert as_user(who).get(address).status_code == 404
        for verb in ("approval", "return", "again", "text", "taking", "giving-back"):
            assert as_user(who).post(f"{address}{verb}/", {"says": "x", "text": "x"}).status_code == 404
    assert as_user(cast.lou).get(address).status_code == 403


def test_approving_is_shown_to_the_writer_and_undone(
    as_user: Browser, cast: Cast, ticket: Ticket, asked: Draft
) -> None:
    lea, address = as_user(cast.lea), f"/tickets/{ticket.number}/drafts/{asked.pk}/review/"
    answer = lea.post(f"{address}approval/", {"seen": reviewing.seen_mark(asked)}, follow=True)
    assert "Approved." in answer.content.decode()
    assert "Lea Lindgren approved it" in strip_of(as_user(cast.ana), ticket)
    lea.post(f"{address}again/")
    assert "Lea Lindgren was asked to read it" in strip_of(as_user(cast.ana), ticket)


def test_editing_after_approval_says_so(as_user: Browser, cast: Cast, ticket: Ticket, asked: Draft) -> None:
    reviewing.approve(asked, by=cast.lea)
    ana = as_user(cast.ana)
    ana.post(f"/tickets/{ticket.number}/drafts/reply/", {"text": TEXT})
    assert "Lea Lindgren approved it" in strip_of(ana, ticket)
    ana.post(f"/tickets/{ticket.number}/drafts/reply/", {"text": f"{TEXT} Sorry!"})
    assert "Changed since Lea Lindgren approved it." in strip_of(ana, ticket)


def test_sending_back_with_words(as_user: Browser, cast: Cast, ticket: Ticket, asked: Draft) -> None:
    lea, address = as_user(cast.lea), f"/tickets/{ticket.number}/drafts/{asked.pk}/review/return/"
    refused = lea.post(address, {"says": " "})
    assert refused.status_code == 422
    assert "Say what should be different." in refused.content.decode()
    lea.post(address, {"says": "Mention the date."})
    assert "Lea Lindgren: Mention the date." in strip_of(as_user(cast.ana), ticket)


def test_the_readers_text_is_not_overwritten_by_an_older_page(
    as_user: Browser, cast: Cast, ticket: Ticket, asked: Draft
) -> None:
    ana, began = as_user(cast.ana), timezone.now()
    lea, address = as_user(cast.lea), f"/tickets/{ticket.number}/drafts/{asked.pk}/review/text/"
    lea.post(address, {"text": "On Monday, by transfer.", "seen": reviewing.seen_mark(asked)})
    assert "Lea Lindgren changed the text" in strip_of(ana, ticket)

    stale = ana.post(f"/tickets/{ticket.number}/drafts/reply/", {"text": "mine", "began": began.isoformat()})

    asked.refresh_from_db()
    assert stale.status_code == 409
    assert asked.text == "On Monday, by transfer."
    ana.post(f"/tickets/{ticket.number}/drafts/reply/", {"text": "Now mine", "began": timezone.now().isoformat()})
    asked.refresh_from_db()
    assert asked.text == "Now mine"


def test_a_rewriting_that_comes_too_late_keeps_what_was_typed(
    as_user: Browser, cast: Cast, ticket: Ticket, asked: Draft
) -> None:
    address = f"/tickets/{ticket.number}/drafts/{asked.pk}/review/text/"
    seen = reviewing.seen_mark(asked)
    Draft.objects.filter(pk=asked.pk).update(text="Ana went on writing.")
    answer = as_user(cast.lea).post(address, {"text": "Lea's long words", "seen": seen})
    assert answer.status_code == 422
    assert field(answer.content.decode(), "text") == "Lea's long words"
    asked.refresh_from_db()
    assert asked.text == "Ana went on writing."


def test_sending_it_oneself(as_user: Browser, cast: Cast, ticket: Ticket, asked: Draft) -> None:
    lea = as_user(cast.lea)
    page = lea.post(f"/tickets/{ticket.number}/drafts/{asked.pk}/review/taking/", follow=True).content.decode()
    assert field(page, "text") == TEXT
    assert "You have this from Ana Alonso." in words_of(page)
    assert 'name="text"' in as_user(cast.ana).get(f"/tickets/{ticket.number}/").content.decode()
    assert not Draft.objects.filter(user=cast.ana).exists()

    lea.post(f"/tickets/{ticket.number}/drafts/{asked.pk}/review/giving-back/")
    assert Draft.objects.get().user == cast.ana

    lea.post(f"/tickets/{ticket.number}/drafts/{asked.pk}/review/taking/")
    lea.post(f"/tickets/{ticket.number}/replies/", {"text": TEXT, "then": "open"})
    assert Message.objects.get(author="agent").user == cast.lea
    assert not Draft.objects.exists()


@pytest.mark.parametrize("began", ["", "x", "2026-13-45", "2026-11-22T10:00:00"])
def test_nonsense_about_when_a_page_began_loses_no_draft(
    as_user: Browser, cast: Cast, ticket: Ticket, asked: Draft, began: str
) -> None:
    as_user(cast.ana).post(f"/tickets/{ticket.number}/drafts/reply/", {"text": "More", "began": began})
    asked.refresh_from_db()
    assert asked.text == "More"


def test_a_reply_that_is_sent_is_nothing_to_read_any_more(
    as_user: Browser, cast: Cast, ticket: Ticket, asked: Draft
) -> None:
    assert cast.lea.notifications.unread().count() == 1
    as_user(cast.ana).post(f"/tickets/{ticket.number}/replies/", {"text": TEXT, "then": "open"})
    assert not cast.lea.notifications.unread().exists()
    assert "asks you" not in strip_of(as_user(cast.lea), ticket)
