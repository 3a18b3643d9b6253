from __future__ import annotations

from typing import Any

import pytest

from helpdesk.common.errors import Refusal
from helpdesk.people.models import Role, User
from tests.cast import Cast
from tickets import macros
from tickets.models import Event, EventKind, Macro, Note, SavedView, Ticket

pytestmark = pytest.mark.django_db


def a_macro(owner: User, text: str = "Hello", **values: object) -> Macro:
    return Macro.objects.create(**{"name": "Greeting", "text": text, "owner": owner, **values})


def test_variables_are_filled_in(ticket: Ticket, ana: User) -> None:
    ticket.requester.name = "Carla Ruiz"
    macro = a_macro(ana, "Hi {customer.first_name}, about {ticket.number}: { agent.name }, {company.name}")

    filled = macros.fill(macro, ticket=ticket, by=ana)

    assert filled.text.startswith(f"Hi Carla, about #{ticket.number}: {ana.name}, ")
    assert filled.empty == ()


def test_what_is_not_known_stays_to_be_seen(ticket: Ticket, ana: User) -> None:
    ticket.requester.name = ""

    filled = macros.fill(
        a_macro(ana, "Hi {customer.first_name},\n\nHi again { customer.name }!"), ticket=ticket, by=ana
    )

    assert filled.text == "Hi {customer.first_name},\n\nHi again {customer.name}!"
    assert filled.empty == ("customer.first_name", "customer.name")


def test_a_gap_is_named_as_its_writer_likes_and_never_filled(ticket: Ticket, ana: User) -> None:
    filled = macros.fill(a_macro(ana, "By {blank.date} you have {blank}."), ticket=ticket, by=ana)

    assert filled.text == "By {blank.date} you have {blank}."
    assert macros.unknown_in(filled.text) == []


@pytest.mark.parametrize("text", ["Hi {customer.first_name},", "By { blank.date }", "{agent.name}"])
def test_no_reply_leaves_with_a_variable_in_it(ticket: Ticket, ana: User, text: str) -> None:
    with pytest.raises(Refusal, match=r"Fill in \{[a-z_.]+\} first\."):
        ticket.reply(by=ana, text=text)

    assert ticket.messages.count() == 1


def test_braces_that_are_no_variable_are_sent(ticket: Ticket, ana: User) -> None:
    assert ticket.reply(by=ana, text="Type {curly braces} and {x}.").text == "Type {curly braces} and {x}."


def test_what_is_no_variable_stays_as_it_was_typed(ticket: Ticket, ana: User) -> None:
    text = "Use {curly braces} and {unknown.thing} and {0}"

    assert macros.fill(a_macro(ana, text), ticket=ticket, by=ana).text == text
    assert macros.unknown_in(text) == ["unknown.thing"]


def test_a_value_is_not_read_as_a_variable_again(ticket: Ticket, ana: User) -> None:
    ticket.subject = "{agent.name}"

    assert macros.fill(a_macro(ana, "{ticket.subject}"), ticket=ticket, by=ana).text == "{agent.name}"


def test_who_sees_which_macro(cast: Cast, ana: User) -> None:
    a_macro(ana, name="Ana's")
    a_macro(cast.olu, name="Billing's", audience="team", team=cast.billing)
    a_macro(cast.olu, name="Installations'", audience="team", team=cast.installations)
    a_macro(cast.olu, name="All", audience="everybody")
    a_macro(cast.olu, name="Olu's")

    assert set(Macro.objects.visible_to(ana).values_list("name", flat=True)) == {"Ana's", "Billing's", "All"}


def test_those_in_the_tickets_language_come_first(ticket: Ticket, ana: User) -> None:
    for name, language in (("A", "en"), ("B", ""), ("C", "es")):
        a_macro(ana, name=name, language=language)
    ticket.language = "es"

    assert [macro.name for macro in macros.offered(ticket, to=ana)] == ["C", "B", "A"]


# --- Keeping, and for whom -------------------------------------------------------------------------------------------


def kept(by: User, **said: Any) -> Macro:
    return Macro.keep(by=by, **{"name": "Hello", "text": "Hi", **said})


def again(macro: Macro, by: User, **said: Any) -> bool:
    same = {name: getattr(macro, name) for name in ("name", "text", "language", "then", "actions", "audience", "team")}
    return macro.change(by=by, **{**same, **said})


def test_a_macro_is_kept_and_changed(ana: User) -> None:
    macro = kept(ana, name="  Hello   there ", then="waiting")

    assert again(macro, ana, text="Good morning") is True
    assert again(macro, ana, text="Good morning") is False
    macro.refresh_from_db()
    assert (macro.name, macro.text, macro.then, macro.audience) == ("Hello there", "Good morning", "waiting", "me")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"name": " "}, "Enter a name."),
        ({"text": " "}, "Write a text, or choose what happens to the ticket."),
        ({"text": "{customer.shoe_size}"}, "is no variable"),
        ({"then": "closed"}, "Choose what happens to the ticket then."),
        ({"actions": [{"verb": "merge", "values": {}}]}, "Nothing of this name"),
        ({"actions": [{"verb": "assign", "values": {"to": "999999"}}]}, "Choose a person from the list."),
        ({"actions": [{"verb": "prioritise", "values": {"priority": "huge"}}]}, "Choose one of the four priorities."),
        ({"actions": [{"verb": "snooze", "values": {"for": "99y"}}]}, "Choose until when."),
        ({"actions": [{"verb": "note", "values": {"text": "{x.y}"}}]}, "is no variable"),
        ({"then": "resolved", "actions": [{"verb": "snooze", "values": {"for": "3h"}}]}, "needs no snoozing"),
    ],
)
def test_what_no_macro_can_be(ana: User, said: dict[str, Any], why: str) -> None:
    with pytest.raises(Refusal, match=why):
        kept(ana, **said)

    assert not Macro.objects.exists()


@pytest.mark.parametrize("keep", ["macro", "view"])
def test_views_and_macros_are_shared_by_one_rule(cast: Cast, keep: str) -> None:
    def shared(by: User, audience: str, team: Any = None) -> Any:
        if keep == "macro":
            return kept(by, audience=audience, team=team)
        return SavedView.keep(by=by, name="x", query="", audience=audience, team=team, order="due")

    for audience, team in (("everybody", None), ("team", cast.billing)):
        with pytest.raises(Refusal, match=r"Only team leads and managers share what they keep\."):
            shared(cast.ana, audience, team)
    for by, team in ((cast.lea, cast.installations), (cast.lea, None), (cast.olu, None)):
        with pytest.raises(Refusal, match=r"Choose a team of yours\."):
            shared(by, "team", team)
    assert shared(cast.lea, "team", cast.billing).team == cast.billing
    assert shared(cast.olu, "team", cast.installations).team == cast.installations
    assert shared(cast.ana, "me", cast.billing).team is None


def test_who_may_share_no_longer_keeps_what_is_shared_and_shares_nothing_anew(lea: User, cast: Cast) -> None:
    macro = kept(lea, audience="team", team=cast.billing)
    lea.role = Role.AGENT
    lea.save()

    assert again(macro, lea, text="Better words") is True
    with pytest.raises(Refusal, match="Only team leads"):
        again(macro, lea, audience="everybody", team=None)
    macro.refresh_from_db()
    assert (macro.text, macro.audience) == ("Better words", "team")


def test_removing_and_restoring_twice_is_no_error(ana: User) -> None:
    macro = kept(ana)

    assert [macro.remove(by=ana), macro.remove(by=ana)] == [True, False]
    assert not Macro.objects.visible_to(ana).exists()
    assert [macro.restore(by=ana), macro.restore(by=ana)] == [True, False]
    assert Macro.objects.visible_to(ana).get() == macro


def test_what_was_shared_comes_back_only_by_somebody_who_may_share(lea: User, cast: Cast) -> None:
    macro = kept(lea, audience="team", team=cast.billing)
    macro.remove(by=lea)
    lea.role = Role.AGENT
    lea.save()

    with pytest.raises(Refusal, match="Only team leads"):
        macro.restore(by=lea)
    assert not Macro.objects.visible_to(lea).exists()
    assert macro.restore(by=cast.olu) is True


def test_somebody_elses_macro_is_changed_by_nobody_else(ana: User, ben: User) -> None:
    macro = kept(ana)

    for change in (lambda: again(macro, ben, text="Mine"), lambda: macro.remove(by=ben), lambda: macro.restore(by=ben)):
        with pytest.raises(Refusal, match="somebody else"):
            change()


# --- What it does ----------------------------------------------------------------------------------------------------


def doing(by: User, *steps: tuple[str, dict[str, Any]], **said: Any) -> Macro:
    return kept(by, actions=[{"verb": verb, "values": values} for verb, values in steps], **said)


def test_a_macro_does_all_it_says_in_one_go(ticket: Ticket, cast: Cast) -> None:
    macro = doing(
        cast.ana,
        ("note", {"text": "{customer.first_name} waits for the plumber"}),
        ("snooze", {"for": "3d"}),
        ("assign", {"to": str(cast.ben.pk)}),
        ("prioritise", {"priority": "high"}),
        ("move", {"team": str(cast.installations.pk)}),
    )

    applied = macros.apply(macro, ticket=ticket, by=cast.ana)

    ticket.refresh_from_db()
    assert (ticket.team, ticket.assignee, ticket.priority) == (cast.installations, cast.ben, "high")
    assert ticket.status == "snoozed"
    assert ticket.notes.get().text == "Carla waits for the plumber"
    assert applied.refused == []
    assert applied.done[:3] == ["Move it to Installations", "Assign it to Ben Barker", "Priority: High"]


def test_undoing_a_macro_puts_everything_back(ticket: Ticket, cast: Cast) -> None:
    ticket.assign(to=cast.ana, by=cast.ana)
    was = (ticket.team, ticket.assignee, ticket.priority, ticket.status, ticket.due_next_at)
    macro = doing(
        cast.ana, ("move", {"team": "none"}), ("assign", {"to": "nobody"}), ("prioritise", {"priority": "urgent"}),
        ("note", {"text": "Look"}), ("snooze", {"for": "3h"}),
    )  # fmt: skip
    event = macros.apply(macro, ticket=ticket, by=cast.ana).event
    assert event is not None
    assert (ticket.team, ticket.assignee, ticket.priority, ticket.status) == (None, None, "urgent", "snoozed")

    assert macros.undo(event, by=cast.ana) == []
    assert macros.undo(event, by=cast.ana) == []

    ticket.refresh_from_db()
    assert (ticket.team, ticket.assignee, ticket.priority, ticket.status, ticket.due_next_at) == was
    assert not Note.objects.exists()
    assert ticket.events.filter(kind=EventKind.MACRO_UNDONE).count() == 1


def test_what_somebody_has_changed_since_stays(ticket: Ticket, cast: Cast) -> None:
    macro = doing(cast.ana, ("assign", {"to": "me"}), ("prioritise", {"priority": "high"}))
    event = macros.apply(macro, ticket=ticket, by=cast.ana).event
    ticket.prioritise(priority="low", by=cast.lea)
    assert event is not None

    left = macros.undo(event, by=cast.ana)

    ticket.refresh_from_db()
    assert (ticket.priority, ticket.assignee) == ("low", None)
    assert left == ["Set the priority (It was changed since.)"]


def test_a_macro_that_changes_nothing_leaves_no_trace(ticket: Ticket, ana: User) -> None:
    ticket.prioritise(priority="high", by=ana)
    macro, events = doing(ana, ("prioritise", {"priority": "high"})), Event.objects.count()

    applied = macros.apply(macro, ticket=ticket, by=ana)

    assert (applied.event, applied.done, applied.refused) == (None, ["Priority: High"], [])
    assert Event.objects.count() == events


def test_a_step_that_is_refused_is_told_and_stops_no_other(ticket: Ticket, cast: Cast) -> None:
    macro = doing(cast.ana, ("assign", {"to": str(cast.ben.pk)}), ("prioritise", {"priority": "high"}))

    applied = macros.apply(macro, ticket=ticket, by=cast.ana)

    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.priority) == (None, "high")
    assert applied.refused == ["Assign it to Ben Barker (Ben Barker does not work in its team.)"]
    assert applied.words == "Not done: Assign it to Ben Barker (Ben Barker does not work in its team.)"


def test_who_may_not_do_what_a_macro_does_is_told(ticket: Ticket, cast: Cast) -> None:
    macro = doing(cast.olu, ("prioritise", {"priority": "high"}), ("note", {"text": "Look"}), audience="everybody")

    applied = macros.apply(macro, ticket=ticket, by=cast.lou)

    ticket.refresh_from_db()
    assert ticket.priority == "normal"
    assert applied.refused == ["Priority: High (You may not do this.)"]
    assert ticket.notes.get().user == cast.lou
    assert [line.problem for line in macros.lines(macro, by=cast.lou)] == ["You may not do this.", ""]


def test_whoever_uses_a_macro_is_me(ticket: Ticket, cast: Cast) -> None:
    macros.apply(doing(cast.olu, ("assign", {"to": "me"}), audience="everybody"), ticket=ticket, by=cast.ana)

    ticket.refresh_from_db()
    assert ticket.assignee == cast.ana


def test_without_a_text_the_ticket_stands_then_as_the_macro_says(ticket: Ticket, ana: User) -> None:
    macro = doing(ana, ("prioritise", {"priority": "low"}), text="", then="waiting")

    event = macros.apply(macro, ticket=ticket, by=ana).event
    ticket.refresh_from_db()
    assert ticket.status == "waiting"
    assert event is not None
    macros.undo(event, by=ana)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.priority) == ("open", "normal")


def test_nobody_else_undoes_it(ticket: Ticket, cast: Cast) -> None:
    event = macros.apply(doing(cast.ana, ("prioritise", {"priority": "low"})), ticket=ticket, by=cast.ana).event
    assert event is not None

    with pytest.raises(Refusal, match="Only the person who did it"):
        macros.undo(event, by=cast.lea)


def test_taking_a_reply_back_takes_its_macro_back(ticket: Ticket, cast: Cast) -> None:
    macro = doing(cast.ana, ("prioritise", {"priority": "urgent"}), ("snooze", {"for": "1d"}), then="waiting")
    message = ticket.reply(by=cast.ana, text="Hi", then="waiting", undo_seconds=60)
    macros.apply(macro, ticket=ticket, by=cast.ana, message=message)
    assert (ticket.status, ticket.priority) == ("snoozed", "urgent")

    assert macros.take_back(ticket, message, by=cast.ana) == []

    ticket.refresh_from_db()
    assert (ticket.status, ticket.priority) == ("open", "normal")
    assert ticket.messages.count() == 1


def test_where_the_reply_has_left_its_macro_stands(ticket: Ticket, ana: User) -> None:
    message = ticket.reply(by=ana, text="Hi", undo_seconds=0)
    macros.apply(doing(ana, ("prioritise", {"priority": "urgent"})), ticket=ticket, by=ana, message=message)

    with pytest.raises(Refusal, match="Too late"):
        macros.take_back(ticket, message, by=ana)

    ticket.refresh_from_db()
    assert ticket.priority == "urgent"
