"""What the panel says about a tag: why, who decided, and what came since."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cx.models import SubCause, Tagging
from helpdesk.people.models import User
from helpdesk.workspace.panel import panel_for
from tests import factories
from tests.cast import Cast
from tests.workspace.reading import words_of
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
Suggest = Callable[..., Tagging]
HTMX = {"HX-Request": "true"}
LATE = {"kind": "reply_late", "amount": 50, "detail": "", "speaks_for": {"gap_primary": "response_time"}}
REOPENED = {"kind": "reopened", "amount": 2, "detail": "", "speaks_for": {"gap_primary": "quality"}}
CONTACTS = {"kind": "contacts", "amount": 4, "detail": "", "speaks_for": {"gap_primary": "response_time"}}
HANDED_ON = {"kind": "handed_on", "amount": 3, "detail": "", "speaks_for": {"gap_primary": "response_time"}}
TOPIC = {"kind": "topic", "amount": 0, "detail": "purchase", "speaks_for": {"journey_stage": "purchase"}}
WAITING = {"gap_primary": "response_time", "gap_secondary": ""}


def _rail(client: Client, ticket: Ticket) -> str:
    page = str(client.get(f"/tickets/{ticket.number}/").content.decode())
    return page[page.index('id="rail-sections"') :]


def _current(ticket: Ticket) -> Tagging:
    return Tagging.objects.current().get(ticket=ticket)


def _because(tagging: Tagging) -> str:
    return "".join(
        f"{reason.joint}{'“' + reason.text + '”' if reason.is_quote else reason.text}"
        for reason in panel_for(tagging).reasons
    )


@pytest.mark.parametrize(
    "quotes, signals, words",
    [
        (["three weeks waiting"], [LATE], "“three weeks waiting” and a reply was 2 days late"),
        (["three weeks"], [], "“three weeks”"),
        (["three weeks", "still waiting"], [], "“three weeks”, “still waiting”"),
        (["three weeks", "still", "again"], [LATE], "“three weeks”, “still” and a reply was 2 days late"),
        ([], [LATE], "a reply was 2 days late"),
        ([], [LATE, CONTACTS], "a reply was 2 days late and they wrote 4 times"),
        (["three weeks"], [LATE, CONTACTS, HANDED_ON], "“three weeks”, a reply was 2 days late and they wrote 4 times"),
        ([], [], ""),
        ([], [REOPENED, TOPIC], ""),  # neither speaks for what is shown
        ([], [{"kind": "weather", "speaks_for": {"gap_primary": "response_time"}}], ""),
        ([], [{"kind": "reply_late", "amount": 50}], ""),
        (["“three weeks”", " "], [], "“three weeks”"),
    ],
)
def test_the_reason_is_the_customers_words_and_then_what_the_ticket_shows(
    ticket: Ticket, suggest: Suggest, quotes: list[str], signals: list[dict[str, Any]], words: str
) -> None:
    suggestion = suggest(ticket, **WAITING, evidence={"gap_primary": quotes}, signals=signals)

    assert _because(suggestion) == words


def test_both_kinds_of_evidence_stand_on_the_page(
    as_user: Browser, ana: User, ticket: Ticket, suggest: Suggest
) -> None:
    suggest(ticket, **WAITING, evidence={"gap_primary": ["charged <me>"]}, signals=[LATE, TOPIC])

    html = _rail(as_user(ana), ticket)

    assert "<q>charged &lt;me&gt;</q> and a reply was 2 days late" in html


def test_every_field_says_who_decided_how_sure_and_why(
    as_user: Browser, ana: User, ticket: Ticket, suggest: Suggest
) -> None:
    suggest(
        ticket, **{**WAITING, "journey_stage": "purchase"}, sentiment="negative", signals=[LATE, TOPIC],
        sources={"journey_stage": "rule", "gap_primary": "model", "sentiment": "model"},
        confidence={"journey_stage": 0.91, "gap_primary": 0.86, "sentiment": 0.7},
        evidence={"gap_primary": ["three weeks"], "sentiment": ["a disgrace"]},
    )  # fmt: skip
    html = _rail(as_user(ana), ticket)
    read = words_of(html[html.index('class="readings"') :])

    assert "Stage 5 of 8, from what the ticket shows" in words_of(html)
    assert "Stage Purchase 91% from what the ticket shows they chose “An order or installation” in the form" in read
    assert "Gap Response time 86% from the text three weeks and a reply was 2 days late" in read
    assert "Feeling Negative 70% from the text a disgrace" in read

    Tagging.say(ticket, by=ana, journey_stage="use", gap_primary="quality", root_cause="technology")
    read = words_of(_rail(as_user(ana), ticket))
    assert "Stage Use a person" in read
    assert "Feeling Negative from the text" in read


# --- Languages --------------------------------------------------------------------------------------------------------

POLISH = "Dzień dobry, mój router nie działa od wczoraj i nikt nie odpowiada na moje wiadomości, proszę o pomoc."
GUESS = "Written in a language we cannot read well"


@pytest.mark.parametrize(
    "text, guessed",
    [
        (POLISH, True),
        ("路由器从昨天开始就坏了，没有人回答我，请帮帮我。", True),
        ("My router has been dead since last night and nobody answers me.", False),
        ("Mi router no funciona desde anoche y nadie me contesta.", False),
        ("RG-4411", False),  # says nothing about a language
        ("", False),
    ],
)
def test_a_language_that_we_cannot_read_is_said_plainly(
    as_user: Browser, cast: Cast, suggest: Suggest, text: str, guessed: bool
) -> None:
    ticket = factories.a_ticket(cast.carla, mailbox=cast.support, subject="Router", text=text or "-")
    suggest(ticket)

    for page in (_rail(as_user(cast.ana), ticket), as_user(cast.ana).get("/confirm/").content.decode()):
        assert (GUESS in page) is guessed

    Tagging.confirm(ticket, by=cast.ana)
    assert GUESS not in _rail(as_user(cast.ana), ticket)


# --- What came since --------------------------------------------------------------------------------------------------


def test_a_later_suggestion_that_says_otherwise_is_one_click_away(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging, suggest: Suggest
) -> None:
    Tagging.confirm(ticket, by=ana)
    suggest(ticket, **WAITING, root_cause="process_policy")
    client = as_user(ana)

    html = _rail(client, ticket)
    assert "What came since reads like Use × Response time." in html
    form = html[html.index('class="later"') :]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[: form.index("</form>")]))
    fields.pop("csrfmiddlewaretoken")

    answer = client.post(f"/tickets/{ticket.number}/tagging/", fields, headers=HTMX)

    said = _current(ticket)
    assert answer.status_code == 200
    assert (said.gap_primary, said.gap_secondary, said.root_cause, said.tagged_by) == (
        "response_time", "", "process_policy", ana,
    )  # fmt: skip
    assert "What came since" not in _rail(client, ticket)


@pytest.mark.parametrize(
    "later",
    [
        {},  # says the same
        {"gap_primary": "response_time", "gap_secondary": "", "gap_confidence": 0.4},  # is not sure
        {"root_cause": "training"},  # another cause is no contradiction
    ],
)
def test_what_does_not_contradict_is_not_mentioned(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging, suggest: Suggest, later: dict[str, Any]
) -> None:
    Tagging.confirm(ticket, by=ana)
    suggest(ticket, **later)

    assert "What came since" not in _rail(as_user(ana), ticket)


def test_what_came_before_the_persons_word_is_not_what_came_since(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    Tagging.say(ticket, by=ana, journey_stage="advocacy", gap_primary="none")

    assert "What came since" not in _rail(as_user(ana), ticket)


def test_a_light_agent_reads_what_came_since_and_cannot_take_it(
    as_user: Browser, cast: Cast, ticket: Ticket, suggestion: Tagging, suggest: Suggest
) -> None:
    Tagging.confirm(ticket, by=cast.ana)
    suggest(ticket, **WAITING)

    html = _rail(as_user(cast.lou), ticket)

    assert "What came since reads like Use × Response time." in html
    assert "Take it</button>" not in html[html.index('class="suggest') : html.index("</section>")]


# --- Correcting the rest ----------------------------------------------------------------------------------------------

FULL = {"journey_stage": "use", "gap_primary": "quality", "direction": "below", "root_cause": "technology"}


def _say(client: Client, ticket: Ticket, **fields: Any) -> Any:
    return client.post(f"/tickets/{ticket.number}/tagging/", {**FULL, **fields}, headers=HTMX)


def test_feeling_and_the_risk_of_leaving_can_be_corrected(
    as_user: Browser, ana: User, ticket: Ticket, suggest: Suggest
) -> None:
    suggest(ticket, sentiment="negative", churn_risk=True)
    client = as_user(ana)
    html = _rail(client, ticket)
    assert '<option value="negative" selected>' in html
    assert '<option value="yes" selected>' in html

    assert _say(client, ticket, sentiment="positive", churn_risk="no").status_code == 200

    said = _current(ticket)
    assert (said.sentiment, said.churn_risk) == ("positive", False)
    assert (said.sources["sentiment"], said.sources["churn_risk"]) == ("person", "person")


def test_what_a_form_does_not_ask_stays_as_it_was_read(
    as_user: Browser, ana: User, ticket: Ticket, suggest: Suggest
) -> None:
    suggest(ticket, sentiment="negative", churn_risk=True, sources={"sentiment": "model"})

    _say(as_user(ana), ticket)

    said = _current(ticket)
    assert (said.sentiment, said.churn_risk, said.sources["sentiment"]) == ("negative", True, "model")


@pytest.mark.parametrize("fields", [{"sentiment": "furious"}, {"churn_risk": "perhaps"}, {"sub_cause": "99"}])
def test_an_unknown_choice_is_refused(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging, fields: dict[str, str]
) -> None:
    SubCause.objects.create(root_cause="technology", name="App")

    answer = _say(as_user(ana), ticket, **fields)

    assert answer.status_code == 422
    assert "Choose from the list." in answer.content.decode()


def test_the_companys_own_causes_are_offered_below_the_ten(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    client = as_user(ana)
    assert "More exactly" not in _rail(client, ticket)
    app = SubCause.objects.create(root_cause="technology", name="Router <firmware>")
    SubCause.objects.create(root_cause="technology", name="Fax", is_active=False)

    html = _rail(client, ticket)
    assert f'<option value="{app.pk}">Router &lt;firmware&gt;</option>' in html
    assert "Fax" not in html

    assert _say(client, ticket, sub_cause=app.pk).status_code == 200
    assert _current(ticket).sub_cause == app
    assert "Router &lt;firmware&gt;" in _rail(client, ticket)


def test_a_finer_cause_belongs_to_its_cause(as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging) -> None:
    app = SubCause.objects.create(root_cause="technology", name="App")
    client = as_user(ana)

    refused = _say(client, ticket, root_cause="training", sub_cause=app.pk)
    assert refused.status_code == 422
    assert "“App” is a kind of “A system or app”. Choose that cause, too." in refused.content.decode()

    _say(client, ticket, root_cause="", sub_cause=app.pk)  # naming the finer one names the cause
    assert (_current(ticket).root_cause, _current(ticket).sub_cause) == ("technology", app)

    _say(client, ticket, root_cause="training", sub_cause=app.pk)  # the cause is changed, and the finer one goes
    assert (_current(ticket).root_cause, _current(ticket).sub_cause) == ("training", None)


def test_a_finer_cause_that_is_offered_no_more_stays_where_it_was_said(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    app = SubCause.objects.create(root_cause="technology", name="App")
    _say(as_user(ana), ticket, sub_cause=app.pk)
    SubCause.objects.update(is_active=False)

    _say(as_user(ana), ticket, sub_cause=app.pk, sentiment="positive")

    assert (_current(ticket).sub_cause, _current(ticket).sentiment) == (app, "positive")


# --- Marked in the text -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, quotes, marked",
    [
        ("You charged me twice, twice.", ["charged me twice", "me twice, twice"], ["charged me twice, twice"]),
        ("Café & <b>té</b> tres", ["& <b>té</b>"], ["& <b>té</b>"]),
        ("Cost: 30 € (a+b)* [x] \\d $^", ["(a+b)* [x] \\d $^"], ["(a+b)* [x] \\d $^"]),
        ("family 👨‍👩‍👧 waits", ["👨‍👩‍👧 waits"], ["👨‍👩‍👧 waits"]),
        ("שלום, הנתב לא עובד", ["הנתב לא עובד"], ["הנתב לא עובד"]),
        ("three\u00a0weeks   waiting", ["three weeks waiting"], ["three\u00a0weeks   waiting"]),
        ("nothing here", ["elsewhere", "", "   "], []),
    ],
)
def test_the_words_of_every_field_are_marked_whatever_is_written(
    as_user: Browser, cast: Cast, suggest: Suggest, text: str, quotes: list[str], marked: list[str]
) -> None:
    ticket = factories.a_ticket(cast.carla, mailbox=cast.support, text=text)
    suggest(ticket, evidence={"sentiment": quotes[:1], "churn_risk": quotes[1:]})

    html = as_user(cast.ana).get(f"/tickets/{ticket.number}/").content.decode()
    found = re.findall(r'<mark class="evidence">(.*?)</mark>', html)

    assert [entities.unescape(each) for each in found] == marked


def test_words_of_the_subject_are_marked_in_the_heading(as_user: Browser, cast: Cast, suggest: Suggest) -> None:
    ticket = factories.a_ticket(cast.carla, mailbox=cast.support, subject="Charged <twice> again", text="See above")
    suggest(ticket, evidence={"gap_primary": ["Charged <twice>"]})

    html = as_user(cast.ana).get(f"/tickets/{ticket.number}/").content.decode()

    heading = re.search(r'<h1[^>]*id="subject"[^>]*>(.*?)</h1>', html)
    assert heading
    assert heading[1] == '<mark class="evidence">Charged &lt;twice&gt;</mark> again'
