from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from cx.models import Tagging
from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tests.workspace.reading import words_of
from tickets import tasks
from tickets.models import BulkAction, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


@pytest.fixture
def lot(cast: Cast, suggest: Callable[..., Tagging]) -> list[Ticket]:
    tickets = [factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(3)]
    for ticket in tickets:
        suggest(ticket)
    return tickets


def _current(ticket: Ticket) -> Tagging:
    return Tagging.objects.current().get(ticket=ticket)


def _chosen(html: str) -> list[str]:
    return re.findall(r'form="bulk" name="tickets" value="([^"]+)"', html)


def _post(client: Client, **fields: Any) -> str:
    """Post the form without a script, and the page that it leads to."""
    answer = client.post("/bulk/?in=open", fields, follow=True)
    assert answer.redirect_chain == [("/queue/open/", 302)]
    return str(answer.content.decode())


def test_chosen_suggestions_are_confirmed_and_taken_back_in_one_go(
    as_user: Browser, ana: User, lot: list[Ticket]
) -> None:
    client = as_user(ana)
    boxes = _chosen(client.get("/queue/open/").content.decode())
    assert len(boxes) == 3

    html = _post(client, do="confirm", tickets=boxes[:2])

    assert "2 tickets tagged." in html
    confirmed = [ticket for ticket in lot if _current(ticket).is_confirmed]
    assert len(confirmed) == 2

    undo = re.search(r'action="(/bulk/[0-9]+/undoing/[^"]*)"', html)
    assert undo
    back = client.post(unescape(undo[1]), follow=True).content.decode()
    assert "Undone. 2 tickets are as they were before." in back
    assert all(_current(ticket).is_suggestion for ticket in lot)


def test_the_same_tag_is_given_to_all_that_were_chosen(as_user: Browser, ana: User, lot: list[Ticket]) -> None:
    fields = {"journey_stage": "purchase", "gap_primary": "", "direction": "", "root_cause": "third_party"}

    html = _post(as_user(ana), do="tag", tickets=[ticket.number for ticket in lot], **fields)

    assert "3 tickets tagged." in html
    for ticket in lot:
        said = _current(ticket)
        assert (said.journey_stage, said.gap_primary, said.root_cause) == ("purchase", "quality", "third_party")


def test_it_leads_back_to_the_page_and_filter_it_came_from(as_user: Browser, ana: User, lot: list[Ticket]) -> None:
    answer = as_user(ana).post("/bulk/?in=open&after=abc&q=stage:use", {"do": "confirm", "tickets": [lot[0].number]})

    assert unquote(answer["Location"]) == "/queue/open/?q=stage:use&after=abc"


def test_what_could_not_be_tagged_is_told_by_number_and_reason(
    as_user: Browser, cast: Cast, lot: list[Ticket], suggest: Callable[..., Tagging]
) -> None:
    unsure = factories.a_ticket(cast.carla, mailbox=cast.support)
    suggest(unsure, gap_confidence=0.3)

    html = _post(as_user(cast.ana), do="confirm", tickets=[lot[0].number, unsure.number, 99])

    words = words_of(html)
    assert "1 ticket tagged." in words
    assert "2 tickets were left as they were" in words
    assert f"#{unsure.number} Nothing is likely enough to be confirmed" in words
    assert "#99 There is no such ticket for you." in words
    assert "2 tickets were left as they were" not in as_user(cast.ana).get("/queue/open/").content.decode()


def test_what_changed_since_it_was_seen_is_not_confirmed(
    as_user: Browser, ana: User, lot: list[Ticket], suggest: Callable[..., Tagging]
) -> None:
    client = as_user(ana)
    boxes = _chosen(client.get("/queue/open/").content.decode())
    suggest(lot[0], gap_primary="promise_mismatch")

    html = _post(client, do="confirm", tickets=boxes)

    assert "The suggestion has changed" in html
    assert _current(lot[0]).is_suggestion
    assert _current(lot[1]).is_confirmed


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"do": "confirm"}, "Choose the tickets first."),
        ({"do": "confirm", "tickets": ["moon", "-1", "1e5", "٣"]}, "Choose the tickets first."),
        ({"do": "tag", "tickets": ["10001"]}, "Choose a stage, a gap, a direction or a cause."),
        ({"do": "tag", "tickets": ["10001"], "journey_stage": "moon"}, "Choose a stage from the list."),
        ({"do": "tag", "tickets": ["10001"], "gap_primary": "weather"}, "Choose a gap from the list."),
        (
            {"do": "tag", "tickets": ["10001"], "gap_primary": "none", "direction": "below"},
            "“As expected” goes with “No gap”, and the reverse.",
        ),
        (
            {"do": "confirm", "tickets": [str(n) for n in range(10_000)]},
            "At most 20,000 tickets can be chosen at once.",
        ),
        (
            {"do": "confirm", "tickets": " ".join(map(str, range(30_000)))},
            "At most 20,000 tickets can be chosen at once.",
        ),
        ({"do": "moon", "tickets": ["10001"]}, "Choose what is to be done."),
        ({"tickets": ["10001"]}, "Choose what is to be done."),
        ({"do": "snooze", "tickets": ["10001"]}, "Choose until when."),
        ({"do": "snooze:moon", "tickets": ["10001"]}, "Choose until when."),
        ({"do": "assign:moon", "tickets": ["10001"]}, "Choose a person from the list."),
        ({"do": "assign", "to": "team-moon", "tickets": ["10001"]}, "Choose a team from the list."),
        ({"do": "prioritise:mega", "tickets": ["10001"]}, "Choose one of the four priorities."),
        ({"do": "merge", "tickets": ["10001"]}, "Choose two tickets or more to merge them."),
    ],
)
def test_what_cannot_be_done_as_a_whole_is_refused_in_words(
    as_user: Browser, ana: User, lot: list[Ticket], fields: dict[str, Any], words: str
) -> None:
    assert words in _post(as_user(ana), **fields)
    assert not Tagging.objects.by_people().exists()


def test_another_teams_tickets_are_neither_tagged_nor_known(as_user: Browser, ben: User, lot: list[Ticket]) -> None:
    html = _post(as_user(ben), do="confirm", tickets=[ticket.number for ticket in lot])

    assert words_of(html).count("There is no such ticket for you.") == 3
    assert not Tagging.objects.by_people().exists()


def test_the_way_back_is_ones_own(as_user: Browser, ana: User, lea: User, lot: list[Ticket]) -> None:
    _post(as_user(ana), do="confirm", tickets=[lot[0].number])
    said, action = _current(lot[0]), BulkAction.objects.get()

    for path in ("", "progress/", "stopping/", "undoing/"):
        method = "get" if path in ("", "progress/") else "post"
        assert getattr(as_user(lea), method)(f"/bulk/{action.pk}/{path}").status_code == 404

    assert _current(lot[0]) == said


def test_who_may_not_change_tickets_may_not_change_many(as_user: Browser, cast: Cast, lot: list[Ticket]) -> None:
    for who in (cast.lou, cast.gus):
        assert as_user(who).post("/bulk/", {"do": "confirm", "tickets": [lot[0].number]}).status_code == 403
    client = as_user(cast.ana)
    cast.ana.is_active = False
    cast.ana.save()
    assert client.post("/bulk/", {"tickets": [lot[0].number]})["Location"].startswith("/sign-in/")
    assert as_user(cast.lea).get("/bulk/").status_code == 405
    assert not Tagging.objects.by_people().exists()


def test_a_light_agent_sees_no_boxes_and_can_still_filter(as_user: Browser, cast: Cast, lot: list[Ticket]) -> None:
    html = as_user(cast.lou).get("/queue/open/").content.decode()

    assert _chosen(html) == []
    assert 'id="bulk"' not in html


# --- The other verbs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words", "column", "value"),
    [
        ({"do": "assign:me"}, "3 tickets assigned to Ana Alonso.", "assignee__name", "Ana Alonso"),
        ({"do": "assign", "to": "{lea}"}, "3 tickets assigned to Lea Lindgren.", "assignee__name", "Lea Lindgren"),
        ({"do": "assign", "to": "team-{team}"}, "3 tickets moved to Installations.", "team__name", "Installations"),
        ({"do": "assign", "to": "team-"}, "3 tickets taken out of their teams’ queues.", "team__name", None),
        ({"do": "prioritise:high"}, "3 tickets have this priority now: High.", "priority", "high"),
        ({"do": "snooze:tomorrow"}, "3 tickets snoozed until", "status", "snoozed"),
        ({"do": "snooze", "on": "2099-01-02", "at": "09:30"}, "3 tickets snoozed until", "status", "snoozed"),
        ({"do": "wait"}, "3 tickets wait for the customer.", "status", "waiting"),
        ({"do": "resolve", "reason": "By phone."}, "3 tickets resolved.", "status", "resolved"),
        ({"do": "spam"}, "3 tickets marked as spam.", "status", "resolved"),
    ],
)
def test_each_verb_by_its_button_and_back(
    as_user: Browser, cast: Cast, lot: list[Ticket], fields: dict[str, str], words: str, column: str, value: str | None
) -> None:
    client = as_user(cast.ana)
    given = {name: text.format(lea=cast.lea.pk, team=cast.installations.pk) for name, text in fields.items()}
    numbers = [ticket.number for ticket in lot]
    before = list(Ticket.objects.order_by("pk").values_list(column, flat=True))

    html = _post(client, tickets=numbers, **given)

    assert words in words_of(html)
    assert set(Ticket.objects.values_list(column, flat=True)) == {value}
    undo = re.search(r'action="(/bulk/[0-9]+/undoing/[^"]*)"', html)
    assert undo
    client.post(unescape(undo[1]))
    assert list(Ticket.objects.order_by("pk").values_list(column, flat=True)) == before


def test_what_nobody_answered_is_named_when_no_reason_is_given(as_user: Browser, ana: User, lot: list[Ticket]) -> None:
    lot[0].reply(by=ana, text="Here is your money.")

    words = words_of(_post(as_user(ana), do="resolve", tickets=[ticket.number for ticket in lot]))

    assert "1 ticket resolved." in words
    assert f"#{lot[1].number} Reply first, or say why no reply is needed." in words


def test_without_a_script_the_person_is_asked_for_on_a_page(as_user: Browser, cast: Cast, lot: list[Ticket]) -> None:
    client = as_user(cast.ana)

    html = client.post("/bulk/?in=open", {"do": "assign", "tickets": [lot[0].number, lot[1].number]}).content.decode()

    assert "To whom?" in html
    assert f'<option value="{cast.lea.pk}">Lea Lindgren</option>' in html
    for nobody in (cast.lou, cast.gus):
        assert nobody.name not in html
    chosen = re.findall(r'name="tickets" value="([0-9]+)"', html)
    assert chosen == [str(lot[0].number), str(lot[1].number)]
    assert "2 tickets assigned to Lea Lindgren." in _post(client, do="assign", to=cast.lea.pk, tickets=chosen)


def test_to_whom_is_asked_only_when_the_menu_opens(as_user: Browser, cast: Cast, lot: list[Ticket]) -> None:
    client = as_user(cast.ana)

    assert client.get("/bulk/people/").status_code == 404
    html = client.get("/bulk/people/", headers={"HX-Request": "true"}).content.decode()

    assert "Lea Lindgren" in html
    assert f'value="team-{cast.installations.pk}"' in html


# --- All of a list ---------------------------------------------------------------------------------------------------


def test_all_of_a_list_is_what_its_filter_lets_through(as_user: Browser, cast: Cast, lot: list[Ticket]) -> None:
    other = factories.a_ticket(cast.dora, mailbox=cast.support, subject="Another matter")
    foreign = factories.a_ticket(cast.dora, team=cast.installations)

    answer = as_user(cast.ana).post("/bulk/?in=open&q=stage:use", {"do": "prioritise:high", "whole": "1"}, follow=True)

    assert "3 tickets have this priority now" in words_of(answer.content.decode())
    changed = Ticket.objects.filter(priority="high").values_list("pk", flat=True)
    assert set(changed) == {ticket.pk for ticket in lot}
    assert {other.pk, foreign.pk}.isdisjoint(changed)


def test_the_whole_list_is_offered_where_there_is_more_than_a_page(
    as_user: Browser, cast: Cast, lot: list[Ticket]
) -> None:
    client = as_user(cast.ana)
    assert 'name="whole"' not in client.get("/queue/open/").content.decode()
    for _ in range(23):
        factories.a_ticket(cast.carla, mailbox=cast.support)

    html = client.get("/queue/open/").content.decode()

    assert 'name="whole"' in html
    assert "All 26 of this list" in words_of(html)


@pytest.fixture
def many(cast: Cast) -> list[Ticket]:
    return [factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(102)]


def _run(action: BulkAction) -> None:
    tasks.run_bulk_action(bulk_action_id=action.pk)


def test_many_are_a_workers_and_a_page_says_how_far_it_is(as_user: Browser, cast: Cast, many: list[Ticket]) -> None:
    client = as_user(cast.ana)

    answer = client.post("/bulk/?in=open", {"do": "resolve", "reason": "The outage is over.", "whole": "1"})

    action = BulkAction.objects.get()
    assert answer["Location"] == f"/bulk/{action.pk}/?in=open"
    html = client.get(answer["Location"]).content.decode()
    assert "0 of 102 tickets" in words_of(html)
    assert f'action="/bulk/{action.pk}/stopping/?in=open"' in html
    assert f'hx-get="/bulk/{action.pk}/progress/?in=open"' in html
    line = words_of(client.get("/queue/open/").content.decode())
    assert "Resolve: 0 of 102 tickets" in line

    _run(action)

    part = client.get(f"/bulk/{action.pk}/progress/?in=open", headers={"HX-Request": "true"}).content.decode()
    assert "102 tickets resolved." in words_of(part)
    assert "hx-get" not in part
    assert "Resolve: " not in words_of(client.get("/queue/open/").content.decode())
    answer = client.post(f"/bulk/{action.pk}/undoing/?in=open")
    back = BulkAction.objects.get(undoes=action)
    assert answer["Location"] == f"/bulk/{back.pk}/?in=open"
    assert "Undo “Resolve”" in words_of(client.get(answer["Location"]).content.decode())
    _run(back)
    assert Ticket.objects.open().count() == 102
    assert "It was undone" in client.get(f"/bulk/{action.pk}/").content.decode()


def test_what_was_begun_is_stopped_and_says_what_it_did_not_reach(
    as_user: Browser, cast: Cast, many: list[Ticket]
) -> None:
    client = as_user(cast.ana)
    client.post("/bulk/?in=open", {"do": "wait", "whole": "1"})
    action = BulkAction.objects.get()

    html = client.post(f"/bulk/{action.pk}/stopping/?in=open", follow=True).content.decode()

    assert "Stopped before the first ticket." in words_of(html)
    assert "102 tickets were not reached and are as they were." in words_of(html)
    _run(action)
    assert Ticket.objects.open().count() == 102


def test_the_page_of_an_action_names_what_was_not_done_by_reason(
    as_user: Browser, cast: Cast, many: list[Ticket]
) -> None:
    client = as_user(cast.ana)
    many[0].reply(by=cast.lea, text="Done.")
    client.post("/bulk/?in=open", {"do": "resolve", "whole": "1"})
    action = BulkAction.objects.get()
    _run(action)

    html = client.get(f"/bulk/{action.pk}/").content.decode()

    words = words_of(html)
    assert "1 ticket resolved." in words
    assert "101 tickets were left as they were" in words
    assert words.count("Reply first, or say why no reply is needed.") == 1
    assert f'<a href="/tickets/{many[1].number}/">#{many[1].number}</a>' in html


def test_the_progress_without_a_script_is_the_page(as_user: Browser, cast: Cast, many: list[Ticket]) -> None:
    client = as_user(cast.ana)
    client.post("/bulk/?in=open", {"do": "wait", "whole": "1"})
    action = BulkAction.objects.get()

    assert client.get(f"/bulk/{action.pk}/progress/?in=open")["Location"] == f"/bulk/{action.pk}/?in=open"


def test_a_page_of_the_queue_asks_no_more_while_nothing_runs(
    as_user: Browser, cast: Cast, lot: list[Ticket], django_assert_max_num_queries: Any
) -> None:
    client = as_user(cast.ana)
    client.get("/queue/open/")
    with django_assert_max_num_queries(10):
        client.get("/queue/open/")


# --- Merging ---------------------------------------------------------------------------------------------------------


def test_merging_asks_which_one_stays_and_offers_the_oldest_open_one(
    as_user: Browser, cast: Cast, lot: list[Ticket]
) -> None:
    client = as_user(cast.ana)
    lot[0].resolve(by=cast.ana, reason="Done.")
    numbers = [ticket.number for ticket in lot]

    html = client.post("/bulk/?in=open", {"do": "merge", "tickets": numbers}).content.decode()

    assert re.findall(r'name="into" value="([0-9]+)"( checked)?', html) == [
        (str(lot[0].number), ""),
        (str(lot[1].number), " checked"),
        (str(lot[2].number), ""),
    ]
    assert "They are not all of one customer" not in html
    words = words_of(_post(client, do="merge", into=lot[1].number, tickets=numbers))
    assert f"2 tickets merged into #{lot[1].number}." in words
    assert set(Ticket.objects.filter(merged_into=lot[1])) == {lot[0], lot[2]}


def test_merging_shows_nothing_of_another_team(as_user: Browser, cast: Cast, lot: list[Ticket]) -> None:
    foreign = factories.a_ticket(cast.dora, team=cast.installations, subject="A foreign secret")
    client, numbers = as_user(cast.ana), [foreign.number, lot[0].number, lot[1].number]

    assert "A foreign secret" not in client.post("/bulk/", {"do": "merge", "tickets": numbers}).content.decode()
    words = words_of(_post(client, do="merge", into=lot[0].number, tickets=numbers))
    assert f"#{foreign.number} There is no such ticket for you." in words
    assert "Choose the ticket that stays." in _post(client, do="merge", into=foreign.number, tickets=numbers)


def test_tickets_of_several_customers_are_merged_only_when_that_is_said(
    as_user: Browser, cast: Cast, lot: list[Ticket]
) -> None:
    theirs = factories.a_ticket(cast.dora, mailbox=cast.support)
    client, numbers = as_user(cast.ana), [lot[0].number, theirs.number]

    assert (
        "They are not all of one customer"
        in client.post("/bulk/", {"do": "merge", "tickets": numbers}).content.decode()
    )
    assert "1 ticket was left as it was" in words_of(_post(client, do="merge", into=lot[0].number, tickets=numbers))
    html = _post(client, do="merge", into=lot[0].number, tickets=numbers, other_customer="1")
    assert f"1 ticket merged into #{lot[0].number}." in html
