"""The page of words, and what the words change on other pages; a manager's finding behind a staff attitude."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cx import wording
from cx.models import Department, SubCause, Tagging, Wording
from cx.wording import Term
from helpdesk.people.models import ApiToken, User
from tests.cast import Cast
from tests.workspace.reading import words_of
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
WORDS = "/settings/words/"
USE_EN = Term("journey_stage", "use", "en")
ATTITUDE = {
    "journey_stage": "interaction", "gap_primary": "experience_process", "direction": "below",
    "root_cause": "staff_attitude",
}  # fmt: skip


def sent_by_the_page(html: str) -> dict[str, list[str]]:
    """What a browser would send if the form were left as it is."""
    form = html[html.index(f'<form class="form" method="post" action="{WORDS}"') :]
    form = form[: form.index("</form>")]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        name, value = re.search(r'\bname="([^"]+)"', tag), re.search(r'\bvalue="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            found.setdefault(name[1], []).append(value[1] if value else "")
    found.pop("csrfmiddlewaretoken", None)
    return found


def save(client: Client, **changes: Any) -> str:
    """Change these fields on the page and save it; the page that follows."""
    fields = sent_by_the_page(client.get(WORDS).content.decode())
    fields |= {
        name.replace("__", "-"): value if isinstance(value, list) else [value] for name, value in changes.items()
    }
    return client.post(WORDS, fields, follow=True).content.decode()


def undo(client: Client, html: str) -> str:
    form = re.search(
        r'<form method="post" action="([^"]+)" data-once>(.*?)</form>', html[html.index('class="toast"') :], re.S
    )
    assert form
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[2]))
    fields.pop("csrfmiddlewaretoken", None)
    return client.post(form[1], fields, follow=True).content.decode()


# --- The page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"), [("olu", 200), ("mia", 200), ("lea", 403), ("ana", 403), ("lou", 403), ("gus", 403)]
)
def test_words_are_for_those_who_administer_and_for_managers(
    as_user: Browser, cast: Cast, who: str, status: int
) -> None:
    client = as_user(getattr(cast, who))

    assert client.get(WORDS).status_code == status
    assert client.post(WORDS, {"journey_stage-use-en": "Daily life"}).status_code == (302 if status == 200 else status)
    assert Wording.objects.exists() == (status == 200)
    home = client.get("/queue/open/" if who != "gus" else "/reports/").content.decode()
    assert ("Words for tags" in home) == (status == 200)
    assert ("Words for tags" in client.get("/profile/").content.decode()) == (status == 200)  # "More" on a phone


def test_the_page_shows_every_tag_with_its_shipped_word(as_user: Browser, mia: User) -> None:
    html = as_user(mia).get(WORDS).content.decode()

    stages = re.findall(r'name="journey_stage-(\w+)-en"', html)
    assert stages == [
        "awareness", "discovery", "attraction", "interaction", "purchase", "use", "cultivation", "advocacy",
    ]  # fmt: skip
    assert re.search(r'name="journey_stage-use-es"[^>]*placeholder="Uso"', html)
    assert re.search(r'name="gap_primary-none-en"[^>]*placeholder="No gap"', html)
    assert re.search(r'name="department-of-training"[^>]*placeholder="Service training"', html)
    assert len(re.findall(r'name="new-finer-\w+"', html)) == 10
    assert html.count("<h1>") == 1


def test_a_word_is_on_every_screen_at_once_and_undo_takes_it_back(
    as_user: Browser, mia: User, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    manager, agent = as_user(mia), as_user(ana)

    html = save(manager, **{"journey_stage-use-en": "Daily life", "gap_primary-quality-en": "Defects"})

    assert "The words are saved." in html
    for address in (f"/tickets/{ticket.number}/", "/queue/open/", "/reports/"):
        page = agent.get(address).content.decode()
        assert "Daily life" in page, address
    assert "Defects" in agent.get(f"/tickets/{ticket.number}/").content.decode()

    undo(manager, html)
    assert not Wording.objects.exists()
    assert "Daily life" not in agent.get(f"/tickets/{ticket.number}/").content.decode()


def test_what_pages_say_of_tags_outside_any_ticket_follows_too(
    as_user: Browser, cast: Cast, ticket: Ticket, suggest: Callable[..., Tagging]
) -> None:
    suggest(ticket, direction="exceeded", severity=None, root_cause="")
    words = {
        Term("direction", "met", "en"): "Just right", Term("gap_primary", "none", "en"): "Nothing missed",
        Term("direction", "exceeded", "en"): "A delight", Term("root_cause", "unknown", "en"): "A riddle",
    }  # fmt: skip
    wording.rename(words)
    client = as_user(cast.ana)

    for address in (f"/tickets/{ticket.number}/", "/queue/open/", "/reports/"):
        page = client.get(address).content.decode()
        for shipped in ("As expected", "No gap”", "Better than expected", "Not known yet"):
            assert shipped not in page, (address, shipped)
        assert "A delight" in page, address
    answer = {"journey_stage": "use", "gap_primary": "quality", "direction": "met"}
    refused = client.post(f"/tickets/{ticket.number}/tagging/", answer | {"gap_primary": "response_time"}, headers=HTMX)
    assert "“Just right” goes with “Nothing missed”" in refused.content.decode()


def test_a_page_that_is_saved_as_it_was_changes_nothing(as_user: Browser, mia: User) -> None:
    client = as_user(mia)
    save(
        client,
        **{"journey_stage-use-en": "Daily life", "department-of-training": "People", "new-finer-training": "Rules"},
    )
    before = (wording.own_words(), wording.owners(), list(SubCause.objects.values()), list(Department.objects.values()))

    assert "Nothing was changed." in save(client)

    after = (wording.own_words(), wording.owners(), list(SubCause.objects.values()), list(Department.objects.values()))
    assert after == before


def test_a_word_is_text_wherever_it_stands(
    as_user: Browser, mia: User, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    evil = '"><script>alert(1)</script>%(x)s'

    html = save(
        as_user(mia), **{"journey_stage-use-en": evil, "department-of-technology": evil, "new-finer-technology": evil}
    )

    for page in (
        html,
        *(
            as_user(ana).get(where).content.decode()
            for where in (f"/tickets/{ticket.number}/", "/queue/open/", "/reports/")
        ),
    ):
        assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in html


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"journey_stage-use-en": "x" * 61}, "Use at most 60 characters"),
        ({"journey_stage-use-en": "Purchase"}, "“Purchase” is used twice here."),
        ({"department-of-training": "x" * 61}, "Use at most 60 characters"),
        ({"new-finer-training": "x" * 81}, "Use at most 80 characters"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_the_field_and_nothing_is_saved(
    as_user: Browser, mia: User, fields: dict[str, str], words: str
) -> None:
    client = as_user(mia)

    answer = client.post(WORDS, {"gap_primary-quality-es": "Defectos", **fields})

    html, (name, typed) = answer.content.decode(), next(iter(fields.items()))
    assert answer.status_code == 422
    assert html.count(words) >= 2  # on top and at the field
    assert f'href="#id_{name}"' in html
    assert re.search(rf'name="{name}"[^>]*value="{typed}"|value="{typed}"[^>]*name="{name}"', html)
    assert "Error:" in html[: html.index("</title>")]
    assert not Wording.objects.exists()
    assert not Department.objects.exists()
    assert not SubCause.objects.exists()


def test_departments_are_added_renamed_moved_and_removed_on_the_page(as_user: Browser, mia: User) -> None:
    client = as_user(mia)
    save(client, **{"department-of-training": "Academy", "department-of-staffing": "Academy"})
    academy = Department.objects.get()

    save(client, **{f"department-{academy.pk}": "People"})
    assert wording.owners() == {"training": "People", "staffing": "People"}

    html = save(client, **{"department-of-staffing": "Planning"})
    assert wording.owners() == {"training": "People", "staffing": "Planning"}
    undo(client, html)
    assert wording.owners() == {"training": "People", "staffing": "People"}
    assert Department.objects.count() == 1

    html = save(client, **{f"department-{academy.pk}": ""})
    assert wording.owners() == {}
    undo(client, html)
    assert wording.owners() == {"training": "People", "staffing": "People"}


def test_renaming_and_moving_at_once_comes_back_at_once(as_user: Browser, mia: User) -> None:
    client = as_user(mia)
    save(client, **{"department-of-training": "Academy", "department-of-staffing": "Academy"})
    academy = Department.objects.get()

    html = save(client, **{f"department-{academy.pk}": "People", "department-of-staffing": "Planning"})
    assert wording.owners() == {"training": "People", "staffing": "Planning"}

    undo(client, html)
    assert wording.owners() == {"training": "Academy", "staffing": "Academy"}
    assert [each.name for each in Department.objects.all()] == ["Academy"]


def test_finer_causes_on_the_page(as_user: Browser, mia: User, ana: User, ticket: Ticket) -> None:
    client = as_user(mia)
    html = save(client, **{"new-finer-process_policy": "Wrong tariff"})
    tariff = SubCause.objects.get()
    assert tariff.root_cause == "process_policy"
    undo(client, html)
    assert not SubCause.objects.exists()

    save(client, **{"new-finer-process_policy": "Wrong tariff"})
    tariff = SubCause.objects.get()
    html = save(client, **{f"finer-{tariff.pk}": "Wrong price", f"finer-{tariff.pk}-offered": ["0"]})
    tariff.refresh_from_db()
    assert (tariff.name, tariff.is_active) == ("Wrong price", False)
    undo(client, html)
    tariff.refresh_from_db()
    assert (tariff.name, tariff.is_active) == ("Wrong tariff", True)

    Tagging.say(
        ticket, by=ana, journey_stage="use", gap_primary="quality", root_cause="process_policy", sub_cause=tariff
    )
    assert "Tickets bear “Wrong tariff”. Switch it off instead." in save(client, **{f"finer-{tariff.pk}": ""})
    assert "Wrong tariff" in as_user(ana).get(f"/tickets/{ticket.number}/").content.decode()
    behind = as_user(ana).get("/reports/cell/?stage=use&gap=quality&cause=process_policy").content.decode()
    assert "More exactly: Wrong tariff 1" in words_of(behind)


def test_fields_that_are_not_there_any_more_are_nothing(as_user: Browser, mia: User) -> None:
    answer = as_user(mia).post(
        WORDS, {"department-999": "", "finer-999": "x", "finer-999-offered": "0", "moon-x-en": "y"}, follow=True
    )

    assert "Nothing was changed." in answer.content.decode()


def test_the_page_has_a_budget(as_user: Browser, mia: User, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        SubCause.add("training", f"Topic {number}")
        wording.assign({"training": f"Department {number}"})
    client = as_user(mia)

    with django_assert_max_num_queries(12):
        client.get(WORDS)


# --- The API ----------------------------------------------------------------------------------------------------------


def test_machines_are_told_the_department_and_the_finer_cause(ticket: Ticket, ana: User) -> None:
    from helpdesk.api.serializers import TaggingOut

    tariff = SubCause.add("training", "Wrong tariff")
    answer = {"journey_stage": "use", "gap_primary": "quality", "root_cause": "training", "sub_cause": tariff}
    told = TaggingOut(Tagging.say(ticket, by=ana, **answer)).data
    wording.assign({"training": "Academy"})

    assert (told["root_cause"], told["department"], told["sub_cause"]) == (
        "training",
        "Service training",
        "Wrong tariff",
    )
    assert TaggingOut(Tagging.objects.current().get()).data["department"] == "Academy"
    nothing = Tagging.say(ticket, by=ana, journey_stage="use", gap_primary="none")
    assert (TaggingOut(nothing).data["department"], TaggingOut(nothing).data["sub_cause"]) == (None, None)


# --- What stands behind a staff attitude ------------------------------------------------------------------------------


def refine(client: Client, ticket: Ticket, value: str, **headers: str) -> Any:
    return client.post(f"/tickets/{ticket.number}/tagging/refinement/", {"refinement": value}, headers=headers or HTMX)


@pytest.fixture
def attitude(ticket: Ticket, ana: User) -> Tagging:
    return Tagging.say(ticket, by=ana, **ATTITUDE)


def test_a_manager_says_it_sees_it_and_takes_it_back(
    as_user: Browser, mia: User, ticket: Ticket, attitude: Tagging
) -> None:
    client = as_user(mia)
    page = client.get(f"/tickets/{ticket.number}/").content.decode()
    assert "What stands behind the attitude" in page

    html = refine(client, ticket, "hiring").content.decode()

    attitude.refresh_from_db()
    assert attitude.refinement == "hiring"
    assert "The finding is saved." in html
    assert re.search(r'value="hiring" checked', html)
    assert "looked into what stands behind the staff attitude" in html
    assert refine(client, ticket, "").status_code == 200
    attitude.refresh_from_db()
    assert attitude.refinement == ""


@pytest.mark.parametrize("who", ["lea", "ana", "lou"])
def test_nobody_else_sees_sets_or_learns_of_it(
    as_user: Browser, cast: Cast, ticket: Ticket, attitude: Tagging, who: str
) -> None:
    Tagging.refine(ticket, by=cast.mia, refinement="hiring")
    client = as_user(getattr(cast, who))

    page = client.get(f"/tickets/{ticket.number}/").content.decode()
    for trace in ("What stands behind the attitude", "wrong hire", "hiring", "refinement", "looked into"):
        assert trace not in page, trace
    assert refine(client, ticket, "engagement").status_code == 403
    attitude.refresh_from_db()
    assert attitude.refinement == "hiring"


@pytest.mark.parametrize("who", ["mia", "ana"])
def test_machines_never_learn_of_it(cast: Cast, ticket: Ticket, attitude: Tagging, who: str) -> None:
    Tagging.refine(ticket, by=cast.mia, refinement="hiring")
    _token, secret = ApiToken.issue(user=getattr(cast, who), name="test")
    headers = {"Authorization": f"Bearer {secret}"}

    told = Client().get(f"/api/v1/tickets/{ticket.number}/", headers=headers)
    assert told.status_code == 200
    assert b"hiring" not in told.content
    assert b"refinement" not in told.content
    said = ATTITUDE | {"refinement": "engagement"}
    Client().post(f"/api/v1/tickets/{ticket.number}/tagging/", said, content_type="application/json", headers=headers)
    assert not Tagging.objects.filter(refinement="engagement").exists()


def test_without_a_script_it_leads_back_to_the_ticket(
    as_user: Browser, mia: User, ticket: Ticket, attitude: Tagging
) -> None:
    client = as_user(mia)

    answer = client.post(f"/tickets/{ticket.number}/tagging/refinement/?in=open", {"refinement": "engagement"})

    assert answer["Location"] == f"/tickets/{ticket.number}/?in=open"
    assert "The finding is saved." in client.get(answer["Location"]).content.decode()


def test_where_there_is_nothing_to_look_into_there_is_no_form(
    as_user: Browser, mia: User, ticket: Ticket, suggestion: Tagging
) -> None:
    client = as_user(mia)

    assert "What stands behind the attitude" not in client.get(f"/tickets/{ticket.number}/").content.decode()
    assert refine(client, ticket, "hiring").status_code == 422


def test_a_ticket_that_is_not_there_is_not_there(as_user: Browser, mia: User) -> None:
    assert as_user(mia).post("/tickets/999999/tagging/refinement/", {"refinement": "hiring"}).status_code == 404
