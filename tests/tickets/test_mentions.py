"""Who is called by name in a note, and who is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from helpdesk.people.models import Membership, User
from tests.cast import Cast
from tickets import mentions
from tickets.models import Delivery, Notification, Ticket, Watcher

Kind = Notification.Kind


def person(pk: int, name: str) -> Any:
    return SimpleNamespace(pk=pk, name=name, first_name=name.split(" ")[0])


PEOPLE = [
    person(1, "Ana Ruiz"), person(2, "Ana María Gil"), person(3, "Ben Barker"), person(4, "Jürgen O'Neil-Blanco"),
    person(5, "Billing"), person(6, "Anabel Soto"), person(7, "Ben Barker Junior"),
]  # fmt: skip
TEAMS: Any = [SimpleNamespace(pk=1, name="Billing"), SimpleNamespace(pk=2, name="Back office")]


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@Ana Ruiz please look", [("@Ana Ruiz", [1], [])]),
        ("@ana ruiz, please", [("@ana ruiz", [1], [])]),
        ("ask @ANA MARIA GIL.", [("@ANA MARIA GIL", [2], [])]),
        ("@Ana is not enough for two", []),
        ("@anabel knows", [("@anabel", [6], [])]),
        ("@Anab does not", []),
        ("(@Jurgen) and @jürgen o'neil-blanco's", [("@Jurgen", [4], []), ("@jürgen o'neil-blanco", [4], [])]),
        ("@Billing: who has it?", [("@Billing", [5], [1])]),
        ("@back office can", [("@back office", [], [2])]),
        ("@Ben Barker Junior and @Ben Barker", [("@Ben Barker Junior", [7], []), ("@Ben Barker", [3], [])]),
        ("ana@example.com, support@billing.example", []),
        ("see @billing.example and @anabel@example.com", []),
        ("@Ana\nRuiz", []),
        ("@ nobody, @@Anabel, @Zoe", []),
        ("nobody at all", []),
        ("@Anabel @Anabel", [("@Anabel", [6], []), ("@Anabel", [6], [])]),
    ],
)
def test_names_are_found_in_a_text(text: str, called: list[tuple[str, list[int], list[int]]]) -> None:
    found = mentions.find(text, people=PEOPLE, teams=TEAMS)

    assert [(each.words, [u.pk for u in each.users], [t.pk for t in each.teams]) for each in found] == called
    assert all(text[each.start : each.end] == each.words for each in found)


def test_a_first_name_is_enough_among_those_who_are_near() -> None:
    (mention,) = mentions.find("@Ana, please", people=PEOPLE, near={1, 3})
    assert [user.pk for user in mention.users] == [1]


def test_a_long_list_of_names_calls_no_more_than_fifty() -> None:
    assert len(mentions.find("@Anabel " * 200, people=PEOPLE)) == mentions.MOST_CALLED


def told(user: User) -> list[str]:
    return list(user.notifications.order_by("pk").values_list("kind", flat=True))


@pytest.mark.django_db
class TestOnATicket:
    def test_whoever_is_called_is_told_once_and_watches_from_then_on(self, ticket: Ticket, cast: Cast) -> None:
        note = ticket.add_note(by=cast.ana, text="@Lea Lindgren and @lea: is this ours?")

        assert note.mentions == ["@Lea Lindgren", "@lea"]
        assert told(cast.lea) == [Kind.MENTIONED]
        assert list(ticket.watching()) == [cast.lea]

    def test_being_called_is_told_before_whatever_else_the_note_would_say(self, ticket: Ticket, cast: Cast) -> None:
        ticket.assign(to=cast.lea, by=cast.lea)
        ticket.watch(who=cast.lea, by=cast.lea)
        ticket.add_note(by=cast.ana, text="@Lea look")
        assert told(cast.lea) == [Kind.MENTIONED]

    def test_a_called_team_is_told_but_does_not_watch(self, ticket: Ticket, cast: Cast) -> None:
        ticket.add_note(by=cast.ana, text="@Billing, anybody?")
        assert [told(each) for each in (cast.lea, cast.lou, cast.ana)] == [[Kind.MENTIONED], [Kind.MENTIONED], []]
        assert not Watcher.objects.exists()

    def test_nobody_calls_themselves(self, ticket: Ticket, cast: Cast) -> None:
        note = ticket.add_note(by=cast.ana, text="@Ana Alonso must not forget")
        assert told(cast.ana) == []
        assert not ticket.watching()
        assert list(note.left_out) == []

    def test_who_may_not_see_the_ticket_is_not_told_and_named(self, ticket: Ticket, cast: Cast) -> None:
        note = ticket.add_note(by=cast.ana, text="@Ben and @Installations and @Gus should know")
        assert list(note.left_out) == ["Ben Barker", "Installations"]  # a guest is nobody who sees tickets
        assert told(cast.ben) == []
        assert not Watcher.objects.exists()

    def test_of_a_team_those_are_told_who_see_the_ticket(self, ticket: Ticket, cast: Cast) -> None:
        Membership.objects.create(user=cast.lea, team=cast.installations)
        note = ticket.add_note(by=cast.ana, text="@Installations, when?")
        assert told(cast.lea) == [Kind.MENTIONED]
        assert told(cast.ben) == []
        assert list(note.left_out) == []

    def test_whoever_was_switched_off_is_not_called(self, ticket: Ticket, cast: Cast) -> None:
        User.objects.filter(pk=cast.lea.pk).update(is_active=False)
        ticket.add_note(by=cast.ana, text="@Lea")
        assert told(cast.lea) == []

    def test_a_mention_is_mailed_without_the_note(self, ticket: Ticket, cast: Cast, settings: Any) -> None:
        from tickets import notifying
        from tickets.mail import composing

        settings.NOTICE_MAIL_SECONDS = 0
        ticket.add_note(by=cast.ana, text="@Lea the invoice run failed in Malaga.")
        notifying.send_due()
        delivery = Delivery.objects.get(address=cast.lea.email)
        mail = composing.compose(delivery).as_string()
        assert "invoice run" not in mail
        assert "Somebody mentioned you" in mail
