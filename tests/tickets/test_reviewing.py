"""A colleague reads a reply before it is sent: asked, approved, sent back, changed, taken over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from helpdesk.common.errors import Refusal
from helpdesk.people.models import User
from tests.cast import Cast
from tickets import reviewing
from tickets.models import Attachment, Draft, EventKind, Notification, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
Kind = Notification.Kind
Review = Draft.Review


@pytest.fixture
def draft(ticket: Ticket, ana: User) -> Draft:
    """What Ana wants to answer Carla."""
    return Draft.objects.create(ticket=ticket, user=ana, mode=Draft.Mode.REPLY, text="It is paid.")


@pytest.fixture
def asked(draft: Draft, cast: Cast) -> Draft:
    """The same, with Lea asked to read it."""
    reviewing.ask(draft, of=cast.lea, by=cast.ana)
    return draft


def told(user: User) -> list[str]:
    return list(user.notifications.filter(read_at=None).order_by("pk").values_list("kind", flat=True))


def verdicts(ticket: Ticket) -> list[Any]:
    found = ticket.events.filter(kind=EventKind.REVIEWED_DRAFT).order_by("pk")
    return [details["verdict"] for details in found.values_list("details", flat=True)]


def kept(draft: Draft) -> tuple[str, int | None, str]:
    draft.refresh_from_db()
    return draft.review, draft.reviewer_id, draft.review_says


class TestAsking:
    def test_asking_twice_tells_once(self, draft: Draft, cast: Cast) -> None:
        assert reviewing.ask(draft, of=cast.lea, by=cast.ana)
        assert not reviewing.ask(draft, of=cast.lea, by=cast.ana)
        assert kept(draft) == (Review.ASKED, cast.lea.pk, "")
        assert told(cast.lea) == [Kind.REVIEW_ASKED]

    def test_asking_another_settles_what_the_first_was_told(self, asked: Draft, cast: Cast) -> None:
        reviewing.ask(asked, of=cast.mia, by=cast.ana)
        assert told(cast.lea) == []
        assert told(cast.mia) == [Kind.REVIEW_ASKED]
        with pytest.raises(Refusal, match="no longer yours"):
            reviewing.approve(asked, by=cast.lea)

    def test_it_can_be_stopped_once(self, asked: Draft, cast: Cast) -> None:
        assert reviewing.stop_asking(asked, by=cast.ana)
        assert not reviewing.stop_asking(asked, by=cast.ana)
        assert kept(asked) == ("", None, "")
        assert told(cast.lea) == []

    @pytest.mark.parametrize("who", ["ben", "lou", "gus", "ana"])
    def test_only_who_may_answer_the_ticket_is_asked(self, draft: Draft, cast: Cast, who: str) -> None:
        with pytest.raises(Refusal):
            reviewing.ask(draft, of=getattr(cast, who), by=cast.ana)
        assert kept(draft) == ("", None, "")

    def test_only_its_writer_asks_and_stops(self, asked: Draft, cast: Cast) -> None:
        for verb in (
            lambda: reviewing.ask(asked, of=cast.mia, by=cast.lea),
            lambda: reviewing.stop_asking(asked, by=cast.mia),
        ):
            with pytest.raises(Refusal):
                verb()
        assert kept(asked) == (Review.ASKED, cast.lea.pk, "")

    def test_an_empty_one_a_note_and_a_planned_one_are_refused(self, draft: Draft, cast: Cast) -> None:
        for change in ({"text": " "}, {"mode": "note"}, {"send_at": timezone.now() + timedelta(hours=1)}):
            Draft.objects.filter(pk=draft.pk).update(
                **{"text": "It is paid.", "mode": "reply", "send_at": None} | change
            )
            with pytest.raises(Refusal):
                reviewing.ask(draft, of=cast.lea, by=cast.ana)


class TestReading:
    def test_approving_twice_tells_once(self, asked: Draft, cast: Cast) -> None:
        assert reviewing.approve(asked, by=cast.lea)
        assert not reviewing.approve(asked, by=cast.lea)
        assert kept(asked) == (Review.APPROVED, cast.lea.pk, "")
        assert told(cast.ana) == [Kind.REVIEWED]

    def test_sending_back_says_why(self, asked: Draft, cast: Cast) -> None:
        with pytest.raises(Refusal, match="what should be different"):
            reviewing.send_back(asked, by=cast.lea, says="  ")
        assert reviewing.send_back(asked, by=cast.lea, says="Mention the date.")
        assert not reviewing.send_back(asked, by=cast.lea, says="Mention the date.")
        assert kept(asked) == (Review.RETURNED, cast.lea.pk, "Mention the date.")
        assert told(cast.ana) == [Kind.REVIEWED]

    @pytest.mark.parametrize("answer", ["approve", "send_back"])
    def test_thinking_again_undoes_either(self, asked: Draft, cast: Cast, answer: str) -> None:
        says = {"says": "No."} if answer == "send_back" else {}
        getattr(reviewing, answer)(asked, by=cast.lea, **says)
        assert reviewing.think_again(asked, by=cast.lea)
        assert not reviewing.think_again(asked, by=cast.lea)
        assert kept(asked) == (Review.ASKED, cast.lea.pk, "")
        assert told(cast.ana) == []

    def test_what_was_changed_while_it_was_read_is_not_approved(self, asked: Draft, cast: Cast) -> None:
        seen = reviewing.seen_mark(asked)
        Draft.objects.filter(pk=asked.pk).update(text="It is not paid.")
        with pytest.raises(Refusal, match="Ana Alonso has changed it"):
            reviewing.approve(asked, by=cast.lea, seen=seen)
        assert kept(asked)[0] == Review.ASKED

    def test_nobody_else_answers_for_the_reader(self, asked: Draft, cast: Cast) -> None:
        for verb in (
            lambda by: reviewing.approve(asked, by=by), lambda by: reviewing.send_back(asked, by=by, says="No."),
            lambda by: reviewing.rewrite(asked, by=by, text="Mine", seen=""),
            lambda by: reviewing.take_over(asked, by=by), lambda by: reviewing.think_again(asked, by=by),
        ):  # fmt: skip
            with pytest.raises(Refusal):
                verb(cast.mia)
        assert kept(asked) == (Review.ASKED, cast.lea.pk, "")
        assert verdicts(asked.ticket) == []

    def test_what_was_sent_meanwhile_is_no_longer_there(self, asked: Draft, cast: Cast) -> None:
        Draft.objects.filter(pk=asked.pk).delete()
        with pytest.raises(Refusal, match="no longer there"):
            reviewing.approve(asked, by=cast.lea)


class TestChanging:
    def test_the_reader_changes_the_words_and_the_writer_is_told(self, asked: Draft, cast: Cast) -> None:
        mark = reviewing.seen_mark(asked)
        assert reviewing.rewrite(asked, by=cast.lea, text="It was paid on Monday.", seen=mark)
        assert not reviewing.rewrite(asked, by=cast.lea, text="It was paid on Monday.", seen=mark)
        asked.refresh_from_db()
        assert (asked.text, asked.user, asked.review) == ("It was paid on Monday.", cast.ana, Review.ASKED)
        assert told(cast.ana) == [Kind.REVIEWED]

    def test_no_word_of_the_writers_is_lost(self, asked: Draft, cast: Cast) -> None:
        mark = reviewing.seen_mark(asked)
        Draft.objects.filter(pk=asked.pk).update(text="It is paid since today.")
        with pytest.raises(Refusal):
            reviewing.rewrite(asked, by=cast.lea, text="Paid!", seen=mark)
        asked.refresh_from_db()
        assert asked.text == "It is paid since today."

    def test_other_words_are_approved_by_nobody(self, asked: Draft, cast: Cast) -> None:
        reviewing.approve(asked, by=cast.lea)
        reviewing.changed(asked, text=asked.text, to=None, cc=None)
        assert kept(asked)[0] == Review.APPROVED
        reviewing.changed(asked, text="Something else", to=None, cc=None)
        assert kept(asked)[:2] == ("", cast.lea.pk)

    def test_other_recipients_are_approved_by_nobody(self, asked: Draft, cast: Cast) -> None:
        reviewing.approve(asked, by=cast.lea)
        reviewing.changed(asked, text=asked.text, to=["dora@example.org"], cc=[])
        assert kept(asked)[0] == ""


class TestTakingOver:
    def test_it_moves_with_its_files_and_back(self, asked: Draft, cast: Cast) -> None:
        file = Attachment.objects.create(draft=asked, filename="bill.pdf", content_type="application/pdf", size=3)
        assert reviewing.take_over(asked, by=cast.lea)
        assert not reviewing.take_over(asked, by=cast.lea)
        asked.refresh_from_db()
        file.refresh_from_db()
        assert (asked.user, asked.reviewer, asked.review, file.draft) == (cast.lea, cast.ana, "", asked)
        assert told(cast.ana) == [Kind.REVIEWED]
        assert reviewing.give_back(asked, to=cast.ana, by=cast.lea)
        assert not reviewing.give_back(asked, to=cast.ana, by=cast.lea)
        asked.refresh_from_db()
        assert (asked.user, asked.reviewer, asked.review) == (cast.ana, cast.lea, Review.ASKED)
        assert verdicts(asked.ticket) == ["taken", "given_back"]

    def test_a_reply_of_ones_own_does_not_give_way(self, asked: Draft, cast: Cast) -> None:
        mine = Draft.objects.create(ticket=asked.ticket, user=cast.lea, mode="reply", text="Dear Carla")
        with pytest.raises(Refusal, match="Lea Lindgren has a reply of their own"):
            reviewing.take_over(asked, by=cast.lea)
        Draft.objects.filter(pk=mine.pk).update(text="")
        assert reviewing.take_over(asked, by=cast.lea)

    def test_only_what_was_taken_over_is_given_back(self, asked: Draft, cast: Cast) -> None:
        with pytest.raises(Refusal):
            reviewing.give_back(asked, to=cast.lea, by=cast.ana)
