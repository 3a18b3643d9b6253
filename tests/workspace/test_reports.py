"""The report's page, the tickets behind its numbers, and the table for a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from cx import wording
from cx.models import Promise, Tagging
from helpdesk.common.spreadsheets import defused
from helpdesk.people.models import Customer, User
from helpdesk.people.models import company as company_row
from tests.cast import Cast
from tests.cx.tagged import a_tagged_ticket
from tickets.models import Ticket

NOW = datetime(2026, 9, 16, 10, tzinfo=UTC)
LATELY, BEFORE = NOW - timedelta(days=5), NOW - timedelta(days=40)
SignIn = Callable[[User], Client]
MOST_QUERIES = 25  # the budget of the page, whatever the volume


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def report(cast: Cast) -> None:
    """Forty tickets of Use and Purchase, mostly Billing's; some a month earlier."""
    for number in range(40):
        stage = "purchase" if number % 4 == 0 else "use"
        gap = ("quality", "none", "response_time", "none")[number % 4]
        team = cast.installations if number % 10 == 0 else cast.billing
        a_tagged_ticket(
            cast.carla, stage, gap, at=BEFORE if number < 6 else LATELY + timedelta(minutes=number), team=team,
            by=cast.ana if number % 2 else None, cause="training" if gap == "quality" else "", subject=f"Bill {number}",
        )  # fmt: skip


def words(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(text.replace("\u00a0", " ").split())


# --- The page ----------------------------------------------------------------------------------------------------


def test_the_manager_reads_sentence_figures_and_map(as_user: SignIn, mia: User, report: None) -> None:
    said = words(as_user(mia), "/reports/")

    assert "No clear change in the last 30 days." in said
    assert "34 tagged tickets" in said
    assert "Purchase × Quality: 8" in said
    assert "Volume by channel" in said
    assert "To be tagged: 0 of 34" in said


def test_every_number_has_its_definition_beside_it(as_user: SignIn, mia: User, report: None) -> None:
    page = as_user(mia).get("/reports/").content.decode()

    sections = len(re.findall(r'<section class="(?:kpi|sec)', page))
    assert sections == 12
    assert page.count('<details class="how">') == sections


def test_the_page_keeps_its_budget_whatever_the_volume(
    as_user: SignIn, mia: User, ana: User, carla: Customer, report: None, django_assert_max_num_queries: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for kept in (company_row.KEPT, wording.KEPT):  # or what is looked at again after a second is counted here, too
        monkeypatch.setattr(kept, "SECONDS", 3600.0)
    client = as_user(mia)
    client.get("/reports/")
    with django_assert_max_num_queries(MOST_QUERIES) as few:
        client.get("/reports/")
    for _ in range(30):
        ticket = a_tagged_ticket(carla, "advocacy", "quality", at=LATELY, by=ana)
        ticket.reply(by=ana, text="Which bill?", then="waiting")
        Promise.make(ticket, what="Call", due_at=NOW + timedelta(hours=1), by=ana)

    with django_assert_max_num_queries(len(few)):
        client.get("/reports/")


@pytest.mark.parametrize("how_many", [1, 30])
def test_the_list_behind_a_cell_has_a_budget(
    as_user: SignIn, cast: Cast, django_assert_max_num_queries: Any, how_many: int
) -> None:
    for number in range(how_many):
        customer = Customer.writing_from(f"somebody{number}@example.net")
        a_tagged_ticket(customer, "use", "quality", at=LATELY, by=cast.ana, team=cast.billing)
    client = as_user(cast.mia)

    with django_assert_max_num_queries(12):
        response = client.get("/reports/cell/?stage=use&gap=quality")

    assert len(response.context["page"].rows) == how_many


def test_an_empty_helpdesk_has_a_report(as_user: SignIn, mia: User) -> None:
    said = words(as_user(mia), "/reports/")

    assert "No ticket arrived in the last 30 days." in said
    assert "0%" not in said.split("Journey × gap", 2)[1].split("How this is counted")[0]


def test_no_style_or_script_stands_in_the_page(as_user: SignIn, mia: User, report: None) -> None:
    page = as_user(mia).get("/reports/").content.decode()

    assert " style=" not in page
    assert not re.search(r"<script(?![^>]* src=)", page)


def test_the_chosen_cell_is_opened_with_what_was_behind_it(as_user: SignIn, mia: User, report: None) -> None:
    response = as_user(mia).get("/reports/?cell=purchase.quality")

    assert str(response.context["cell"].place) == "purchase.quality"
    said = words(as_user(mia), "/reports/?cell=purchase.quality").split("What was behind it")[1]
    assert "Training 8" in said
    assert "Service training" in said
    assert "Not known yet 0" in said
    assert "Read the 8 tickets" in said


def test_a_cell_that_is_none_is_as_if_none_was_chosen(as_user: SignIn, mia: User, report: None) -> None:
    assert as_user(mia).get("/reports/?cell=nowhere.quality").status_code == 200


@pytest.mark.parametrize(
    "asked, days", [("", 30), ("?days=7", 7), ("?days=90", 90), ("?days=1000", 30), ("?days=x", 30)]
)
def test_the_latest_days(as_user: SignIn, mia: User, asked: str, days: int) -> None:
    assert as_user(mia).get(f"/reports/{asked}").context["reporting"].period.days == days


def test_days_of_ones_own_choice_and_one_channel(as_user: SignIn, mia: User, report: None) -> None:
    response = as_user(mia).get("/reports/?days=30&since=2026-08-01&until=2026-08-31&channel=email")

    reporting = response.context["reporting"]
    assert (reporting.period.days, reporting.scope.channel) == (31, "email")
    assert response.context["heat_map"].tagged == 6
    assert "since=2026-08-01&amp;until=2026-08-31&amp;channel=email" in response.content.decode()


@pytest.mark.parametrize(
    "asked, said",
    [
        ("since=2026-09-10&until=2026-09-01", "To must be the same day as From or later."),
        ("since=2026-09-10&until=2027-01-01", "To must be today or earlier."),
        ("since=1999-12-31", "From must be in the year 2000 or later."),
        ("since=2026-10-01", "From must be today or earlier."),
        ("until=2026-09-01", "Enter the first day."),
        ("channel=pigeon", "Select a valid choice"),
    ],
)
def test_impossible_days_say_what_is_right_and_keep_what_was_typed(
    as_user: SignIn, mia: User, asked: str, said: str
) -> None:
    response = as_user(mia).get(f"/reports/?{asked}")

    page = response.content.decode()
    assert response.status_code == 422
    assert said in page
    assert "<title>Error: " in page
    assert response.context["reporting"].period.days == 30
    if "since=2026-09-10" in asked:
        assert 'value="2026-09-10"' in page


def test_the_report_speaks_the_readers_language_even_in_its_drawings(as_user: SignIn, mia: User, report: None) -> None:
    User.objects.filter(pk=mia.pk).update(language="es")

    page = as_user(mia).get("/reports/").content.decode()

    assert '<html lang="es"' in page
    assert not re.search(r'(?:x1|x2|cx|width)="\d+,', page)


# --- Who may -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/reports/", "/reports/cell/?stage=use&gap=quality", "/reports/heat-map.csv"])
def test_strangers_are_asked_to_sign_in(db: None, client: Client, cast: Cast, address: str) -> None:
    response = client.get(address)

    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/?next=/reports/")


def test_an_agent_counts_and_reads_only_what_they_see(as_user: SignIn, ben: User, report: None) -> None:
    client = as_user(ben)

    assert client.get("/reports/").context["heat_map"].tagged == 3
    rows = client.get("/reports/cell/?gap=any").context["page"].rows
    assert {ticket.subject for ticket in rows} == {"Bill 10", "Bill 20", "Bill 30"}


def test_a_guest_reads_sums_and_no_tickets(as_user: SignIn, gus: User, report: None) -> None:
    client = as_user(gus)

    response = client.get("/reports/")
    assert response.context["heat_map"].tagged == 34
    assert "/reports/cell/" not in response.content.decode()
    assert "Bill 10" not in response.content.decode()
    assert client.get("/reports/cell/?stage=use&gap=quality").status_code == 403


def test_a_guest_sees_no_cell_of_one_to_four(as_user: SignIn, gus: User, carla: Customer, report: None) -> None:
    for _ in range(3):
        a_tagged_ticket(carla, "advocacy", "quality", at=LATELY)

    response = as_user(gus).get("/reports/?cell=advocacy.quality")

    said = " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())
    assert "Advocacy × Quality: – hidden" in said
    assert "Fewer than five tickets, or next to such a cell: not shown." in said
    table = as_user(gus).get("/reports/heat-map.csv").content.decode("utf-8-sig")
    line = next(line for line in csv.reader(io.StringIO(table)) if line[:2] == ["Advocacy", "Quality"])
    assert line[2:13] == [""] * 11


def test_a_guest_cannot_work_a_small_cell_out_of_overlapping_choices(as_user: SignIn, gus: User, report: None) -> None:
    asked = "since=2026-09-10&until=2026-09-11&channel=phone&confirmed=1"

    response = as_user(gus).get(f"/reports/?{asked}")

    reporting = response.context["reporting"]
    assert (reporting.period.days, reporting.scope.channel, reporting.confirmed_only) == (30, "", False)
    assert 'name="since"' not in response.content.decode()


# --- The tickets behind ------------------------------------------------------------------------------------------


def test_a_click_on_any_cell_lists_as_many_tickets_as_it_says(as_user: SignIn, mia: User, report: None) -> None:
    client = as_user(mia)
    for confirmed in ("", "&confirmed=1"):
        found = client.get(f"/reports/?days=30{confirmed}").context["heat_map"]
        for place, cell in found.cells.items():
            stage = "" if place.stage == "all" else place.stage
            listed = client.get(f"/reports/cell/?days=30&stage={stage}&gap={place.row}{confirmed}").context
            assert len(listed["page"].rows) == cell.tickets, place
            assert listed["count"] == str(cell.tickets)


def test_links_of_the_page_lead_to_lists(as_user: SignIn, mia: User, ana: User, report: None) -> None:
    client = as_user(mia)
    Ticket.objects.all()[7].reply(by=ana, text="Late.")
    page = client.get("/reports/?cell=purchase.quality").content.decode()

    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/reports/cell/[^"]+)"', page)}

    assert len(links) >= 8
    for link in links:
        assert client.get(link).status_code == 200, link


def test_the_list_goes_on_from_page_to_page(
    as_user: SignIn, mia: User, carla: Customer, django_assert_max_num_queries: Any
) -> None:
    for number in range(120):
        a_tagged_ticket(carla, at=LATELY + timedelta(seconds=number), subject=f"Bill {number}")
    client = as_user(mia)

    seen: list[str] = []
    address = "/reports/cell/?days=30&stage=use&gap=quality"
    while address:
        with django_assert_max_num_queries(12):
            response = client.get(address)
        seen += [ticket.subject for ticket in response.context["page"].rows]
        older = re.search(r'href="([^"]+)" rel="next"', response.content.decode())
        address = older[1].replace("&amp;", "&") if older else ""

    assert seen == [f"Bill {number}" for number in reversed(range(120))]


@pytest.mark.parametrize("asked", ["stage=use", "gap=nothing", "of=secrets", "stage=use&gap=quality&cause=bad_luck"])
def test_a_list_of_nothing_we_count_is_not_found(as_user: SignIn, mia: User, asked: str) -> None:
    assert as_user(mia).get(f"/reports/cell/?{asked}").status_code == 404


def test_the_untagged_are_a_list_of_their_own(as_user: SignIn, mia: User, carla: Customer) -> None:
    unsure = a_tagged_ticket(carla, at=LATELY, sure=0.3)
    a_tagged_ticket(carla, at=LATELY)

    assert as_user(mia).get("/reports/cell/?gap=untagged").context["page"].rows == [unsure]


# --- For a spreadsheet -------------------------------------------------------------------------------------------


def test_the_table_says_what_the_page_says(as_user: SignIn, mia: User, report: None) -> None:
    client = as_user(mia)
    found = client.get("/reports/").context["heat_map"]

    response = client.get("/reports/heat-map.csv")

    assert response["Content-Disposition"] == 'attachment; filename="heat-map-2026-08-18-2026-09-16.csv"'
    assert response.content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    by_labels = {(str(cell.stage_label), str(cell.row_label)): cell for cell in found.cells.values()}
    assert len(lines) == len(by_labels) + 1
    for line in lines[:-1]:
        cell = by_labels[line["Stage"], line["Gap"]]
        assert (int(line["Tickets"]), int(line["Of"])) == (cell.now.k, cell.now.n)
        if cell.now.is_shown:
            assert float(line["Share, %"]) == pytest.approx(100 * (cell.now.value or 0), abs=0.01)
        else:
            assert (line["Share, %"], line["Note"]) == ("", "too few")
    assert (lines[-1]["Gap"], lines[-1]["Tickets"], lines[-1]["Of"]) == ("To be tagged", "0", "34")


@pytest.mark.parametrize(
    "value, written",
    [
        ("=1+1", "'=1+1"),
        ("+34 600", "'+34 600"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("Quality", "Quality"),
        (-3.5, -3.5),
        (None, None),
        ("", ""),
    ],
)
def test_no_text_runs_as_a_formula(value: object, written: object) -> None:
    assert defused(value) == written


def test_the_report_says_how_many_of_the_finished_tickets_are_tagged(
    as_user: SignIn, mia: User, gus: User, ana: User, carla: Customer
) -> None:
    for number in range(20):
        ticket = a_tagged_ticket(carla, at=LATELY, by=ana if number < 15 else None, sure=0.9 if number < 18 else 0.2)
        ticket.resolve(by=ana, reason="Answered by phone")

    said = words(as_user(mia), "/reports/")
    assert "Of the 20 tickets that are done, 90% are tagged" in said
    assert "75% by a person. The aim is 95%." in said
    assert "tickets that are done" not in words(as_user(gus), "/reports/")


def test_the_report_counts_by_the_companys_own_departments(
    as_user: SignIn, mia: User, ana: User, carla: Customer
) -> None:
    for cause in ("training", "staffing", "technology"):
        a_tagged_ticket(carla, at=LATELY, by=ana, cause=cause)
    wording.assign({"training": "People & culture", "staffing": "People & culture"})
    client = as_user(mia)

    page = client.get("/reports/").content.decode()

    assert "People &amp; culture" in page
    assert "Service training" not in page
    address = re.search(r'href="([^"]+)"><b>People &amp; culture', page)
    assert address
    behind = words(client, address[1].replace("&amp;", "&"))
    assert "Any gap: Too few people, Training 2" in behind


# --- Whose promises, and whose attitude --------------------------------------------------------------------------


def _quoted(customer: Customer, who: str, *, missed: bool, number: int) -> None:
    gap = "promise_mismatch" if missed else "none"
    ticket = a_tagged_ticket(customer, "purchase", gap, at=LATELY + timedelta(minutes=number), subject=f"Word {number}")
    Tagging.objects.filter(ticket=ticket).update(promise={"what": "free for a month", "by": None, "who": who})


def test_promises_are_counted_by_whose_word_it_was(
    as_user: SignIn, mia: User, gus: User, carla: Customer, cast: Cast
) -> None:
    for number in range(12):
        _quoted(carla, "ad", missed=number < 9, number=number)
    for number in range(12, 15):
        _quoted(carla, "agent", missed=True, number=number)

    said = words(as_user(mia), "/reports/")
    assert "An advertisement 9 of 12 not kept 75% 47% to 91%" in said  # Wilson
    assert "One of our people 3 of 3 not kept" in said
    assert "A contract" not in said
    said = words(as_user(gus), "/reports/")
    assert "not kept" not in said.partition("Promises that customers speak of")[2][:200]


def test_what_stands_behind_attitudes_is_told_by_team_from_five_on_and_to_managers_alone(
    as_user: SignIn, cast: Cast
) -> None:
    for number in range(7):
        team = cast.billing if number < 5 else cast.installations
        ticket = a_tagged_ticket(
            cast.carla, "use", "experience_process", at=LATELY + timedelta(minutes=number), team=team, by=cast.ana,
            cause="staff_attitude", subject=f"Rude {number}",
        )  # fmt: skip
        if number < 2:
            Tagging.refine(ticket, by=cast.mia, refinement="engagement" if number else "hiring")

    said = words(as_user(cast.mia), "/reports/")
    assert "Billing not engaged 1, wrong hire 1, not looked into 3 5" in said
    assert "Installations too few to show" in said
    for who in (cast.ana, cast.lea, cast.gus):
        assert "wrong hire" not in words(as_user(who), "/reports/")
