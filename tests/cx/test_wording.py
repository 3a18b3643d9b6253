"""The company's own words for tags, its departments and finer causes: everywhere at once, and slugs stay."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from django.utils.translation import override

from cx import codebook, wording
from cx.codebook import CAUSE_GROUPS, DIRECTION_SHORT, CauseGroup, Direction, Gap, JourneyStage, RootCause
from cx.models import CauseOwner, Department, SubCause, Tagging, Wording
from cx.reports import heat_map
from cx.reports.coverage import TARGET, coverage
from cx.reports.heat_map import ALL, ANY, HeatMap, Place, TaggedCount
from cx.wording import Term, Unacceptable
from helpdesk.common.errors import Refusal
from helpdesk.people.models import Company, Customer, User
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.cx.tagged import a_tagged_ticket
from tickets.models import EventKind, Ticket
from tickets.periods import Period
from tickets.reports import Scope

ROOT = Path(__file__).parents[2]
USE_EN, USE_ES = Term("journey_stage", "use", "en"), Term("journey_stage", "use", "es")
PURCHASE_EN = Term("journey_stage", "purchase", "en")
QUALITY_ES = Term("gap_primary", "quality", "es")


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with override("en"):
        yield


def said(label: object, language: str) -> str:
    with override(language):
        return str(label)


# --- Words ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_tag_is_called_by_the_companys_word_in_the_readers_language() -> None:
    wording.rename({USE_EN: "Daily life", QUALITY_ES: "Defectos"})

    assert said(JourneyStage.USE.label, "en") == "Daily life"
    assert said(JourneyStage.USE.label, "es") == "Uso"  # no word of their own in this language
    assert said(Gap.QUALITY.label, "en") == "Quality"
    assert said(Gap.QUALITY.label, "es") == "Defectos"
    assert said(Gap.QUALITY.label, "es-mx") == "Defectos"
    assert dict(JourneyStage.choices)["use"] == "Daily life"
    assert JourneyStage.USE == "use"


@pytest.mark.django_db
def test_short_forms_and_heads_of_columns_follow() -> None:
    wording.rename({Term("direction", "exceeded", "en"): "A delight", USE_EN: "Daily life"})

    assert DIRECTION_SHORT[Direction.EXCEEDED] == "A delight"
    assert DIRECTION_SHORT[Direction.MET] == "As expected"
    assert [str(head.label) for head in HeatMap.of([], arrived=0).heads][5] == "Daily life"
    assert Place("use", "better").label == "Daily life × A delight"


@pytest.mark.django_db
def test_a_tagging_of_long_ago_reads_in_todays_words(carla: Customer, ana: User, ticket: Ticket) -> None:
    said_then = Tagging.say(ticket, by=ana, journey_stage="use", gap_primary="quality")

    wording.rename({USE_EN: "Daily life"})

    said_then.refresh_from_db()
    assert said_then.journey_stage == "use"
    assert said_then.get_journey_stage_display() == "Daily life"


@pytest.mark.django_db
def test_an_empty_word_goes_back_to_the_shipped_one_and_giving_the_old_one_back_undoes_it() -> None:
    assert wording.rename({USE_EN: "Daily life"}) == {USE_EN: ""}
    assert wording.rename({USE_EN: "Daily life"}) == {}  # twice is no change
    before = wording.rename({USE_EN: ""})

    assert str(JourneyStage.USE.label) == "Use"
    assert not Wording.objects.exists()
    assert before == {USE_EN: "Daily life"}

    wording.rename(before)
    assert str(JourneyStage.USE.label) == "Daily life"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({USE_EN: "x" * 61}, "Use at most 60 characters."),
        ({USE_EN: "Purchase"}, "“Purchase” is used twice here. Give each its own word."),
        ({USE_EN: " PURCHASE "}, "“PURCHASE” is used twice here. Give each its own word."),
        ({USE_ES: "atracción"}, "“atracción” is used twice here. Give each its own word."),
        ({USE_EN: "Same", PURCHASE_EN: "same"}, "“Same” is used twice here. Give each its own word."),
        ({USE_EN: "Cultivation"}, "“Cultivation” stands for another one in addresses and searches."),
        ({Term("journey_stage", "moon", "en"): "Moon"}, "There is no such tag."),
        ({Term("sentiment", "negative", "en"): "Bad"}, "There is no such tag."),
        ({Term("journey_stage", "use", "tlh"): "yIlo'"}, "There is no such tag."),
    ],
)
def test_what_would_confuse_is_refused_in_words_and_nothing_is_changed(words: dict[Term, str], why: str) -> None:
    with pytest.raises(Unacceptable, match=why[:40]) as refused:
        wording.rename({QUALITY_ES: "Defectos", **words})

    assert next(iter(refused.value.problems.values())).startswith(why)
    assert not Wording.objects.exists()


@pytest.mark.django_db
def test_two_tags_may_change_words_and_a_word_that_is_free_again_can_be_taken() -> None:
    wording.rename({USE_EN: "Aftercare", PURCHASE_EN: "Buying"})
    wording.rename({USE_EN: "Buying", PURCHASE_EN: "Aftercare"})

    assert (str(JourneyStage.USE.label), str(JourneyStage.PURCHASE.label)) == ("Buying", "Aftercare")
    assert codebook.slug_for(field="journey_stage", text="aftercare") == "purchase"


@pytest.mark.django_db
def test_the_same_word_may_stand_for_a_stage_and_for_a_gap() -> None:
    wording.rename({USE_EN: "Service", Term("gap_primary", "experience_process", "en"): "Service"})

    assert codebook.slug_for(field="journey_stage", text="service") == "use"
    assert codebook.slug_for(field="gap_primary", text="service") == "experience_process"


@pytest.mark.django_db
def test_words_are_cleaned_of_what_nobody_types() -> None:
    wording.rename({USE_EN: "  Daily\u202e\u200b \n life\x00 "})

    assert Wording.objects.get().label == "Daily life"


@pytest.mark.django_db
def test_search_finds_the_companys_words_in_both_languages_and_the_old_ones_too() -> None:
    wording.rename({USE_EN: "Daily life", USE_ES: "Día a día", Term("gap_primary", "quality", "en"): "Defects"})

    for text in ("daily-life", "Día a día", "dia a dia", "use", "Uso", "USE"):
        assert codebook.slug_for(field="journey_stage", text=text) == "use", text
    assert codebook.slug_for(field="gap_secondary", text="defects") == "quality"
    names = codebook.aliases(field="journey_stage")["use"]
    assert names[0] == "use"
    assert {"daily life", "dia a dia", "uso"} <= set(names)


@pytest.mark.django_db
def test_a_shipped_word_that_another_tag_has_taken_means_that_other_tag() -> None:
    wording.rename({Term("journey_stage", "cultivation", "en"): "Customers for years", USE_EN: "Loyalty"})

    assert codebook.slug_for(field="journey_stage", text="loyalty") == "use"
    assert codebook.slug_for(field="journey_stage", text="fidelización") == "cultivation"


# --- Every tag, whatever it is called ---------------------------------------------------------------------------------

# What the codebook calls each gap in its second chapter (duties 32 to 35), in both languages.
GAPS = {
    "quality": ("Quality", "Calidad"),
    "response_time": ("Response time", "Tiempo de respuesta"),
    "experience_process": ("How it was handled", "Cómo se gestionó"),
    "promise_mismatch": ("Promise not kept", "Promesa incumplida"),
}
STAGES = {
    "awareness": ("Awareness", "Conocimiento"),
    "discovery": ("Discovery", "Descubrimiento"),
    "attraction": ("Attraction", "Atracción"),
    "interaction": ("Interaction", "Interacción"),
    "purchase": ("Purchase", "Compra"),
    "use": ("Use", "Uso"),
    "cultivation": ("Loyalty", "Fidelización"),
    "advocacy": ("Advocacy", "Prescripción"),
}


@pytest.mark.parametrize("slug", GAPS)
def test_each_of_the_four_gaps_is_called_and_found_in_both_languages(slug: str) -> None:
    assert (said(Gap(slug).label, "en"), said(Gap(slug).label, "es")) == GAPS[slug]
    assert all(codebook.slug_for(field="gap_primary", text=word) == slug for word in (slug, *GAPS[slug]))
    assert all(codebook.slug_for(field="gap_secondary", text=word) == slug for word in (slug, *GAPS[slug]))


def test_the_eight_stages_are_called_and_found_in_both_languages() -> None:
    assert list(STAGES) == JourneyStage.values
    for slug, words in STAGES.items():
        assert (said(JourneyStage(slug).label, "en"), said(JourneyStage(slug).label, "es")) == words
        assert all(codebook.slug_for(field="journey_stage", text=word) == slug for word in (slug, *words))


def test_what_is_experienced_has_three_parts_and_every_known_cause_is_in_one() -> None:
    grouped = [cause for causes in CAUSE_GROUPS.values() for cause in causes]

    assert list(CAUSE_GROUPS) == [CauseGroup.SERVICE, CauseGroup.TECHNOLOGY_PRODUCT, CauseGroup.BRAND_MARKETING]
    assert sorted(grouped) == sorted(set(RootCause) - {RootCause.UNKNOWN})
    assert RootCause.STAFF_ATTITUDE in CAUSE_GROUPS[CauseGroup.SERVICE]
    assert set(CAUSE_GROUPS[CauseGroup.TECHNOLOGY_PRODUCT]) == {RootCause.PRODUCT_DESIGN, RootCause.TECHNOLOGY}
    assert RootCause.MARKETING_MESSAGE in CAUSE_GROUPS[CauseGroup.BRAND_MARKETING]


# --- Cheap, and never in the way --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_any_number_of_labels_costs_one_query_a_second(django_assert_num_queries: Any) -> None:
    with time_machine.travel("2026-09-15 09:41", tick=False), django_assert_num_queries(1):
        for _ in range(50):
            assert [str(label) for tags in codebook.RENAMABLE.values() for label in tags.labels]
            assert str(codebook.department_of("training"))
            assert codebook.slug_for(field="gap_primary", text="espera") == "response_time"


@pytest.mark.django_db
def test_what_another_process_changes_is_seen_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(wording.time, "monotonic", lambda: now)
    assert str(JourneyStage.USE.label) == "Use"
    Wording.objects.create(field="journey_stage", slug="use", language="en", label="Daily life")

    now += wording.KEPT.SECONDS
    assert str(JourneyStage.USE.label) == "Use"
    now += 0.01
    assert str(JourneyStage.USE.label) == "Daily life"


def test_without_a_database_there_are_the_shipped_words() -> None:
    assert str(JourneyStage.USE.label) == "Use"
    assert str(codebook.department_of("process_policy")) == "Operations"
    assert codebook.slug_for(field="journey_stage", text="Uso") == "use"


@pytest.mark.django_db
def test_a_database_that_stops_answering_leaves_the_words_known_last(monkeypatch: pytest.MonkeyPatch) -> None:
    wording.rename({USE_EN: "Daily life"})
    assert str(JourneyStage.USE.label) == "Daily life"
    monkeypatch.setattr(wording.KEPT, "SECONDS", -1.0)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cx_wording RENAME TO cx_wording_away")
    try:
        if connection.vendor == "sqlite":  # elsewhere a failed query ends the transaction, and no request goes on
            assert str(JourneyStage.USE.label) == "Daily life"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE cx_wording_away RENAME TO cx_wording")


def test_a_database_that_cannot_be_reached_leaves_the_shipped_words() -> None:
    program = """
import django
django.setup()
from django.utils.translation import override
from cx import codebook
with override("es"):
    print(codebook.JourneyStage.USE.label, codebook.department_of("training"), sep="|")
"""
    nobody_there = "postgresql://nobody@127.0.0.1:1/none"
    environment = {**os.environ, "DATABASE_URL": nobody_there, "DJANGO_SETTINGS_MODULE": "config.settings"}
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert found.stdout.strip() == "Uso|Formación de servicio", found.stderr


@pytest.mark.django_db
def test_migrations_know_no_company() -> None:
    """They are compared with no language active; a company's word there would ask for a migration of its own."""
    wording.rename({Term("journey_stage", "awareness", language): "Called anew" for language in wording.LANGUAGES})
    assert str(JourneyStage.AWARENESS.label) == "Called anew"

    with override(None):
        choices = Tagging._meta.get_field("journey_stage").deconstruct()[3]["choices"]
        assert choices[0] == ("awareness", "Awareness")
        assert choices == [(slug, words[0]) for slug, words in STAGES.items()]


@pytest.mark.django_db
def test_labels_can_be_kept_and_sent_between_processes() -> None:
    sent = pickle.loads(pickle.dumps(JourneyStage.USE.label))
    wording.rename({USE_EN: "Daily life"})

    assert str(sent) == "Daily life"


# --- Departments ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_cause_is_given_to_a_department_of_the_companys_own(ticket: Ticket, ana: User) -> None:
    said_then = Tagging.say(
        ticket, by=ana, journey_stage="use", gap_primary="quality", direction="below", root_cause="training"
    )
    assert said_then.department == "Service training"

    assert wording.assign({"training": "The academy", "staffing": "the  ACADEMY"}) == {"training": "", "staffing": ""}

    assert Department.objects.count() == 1
    assert said_then.department == "The academy"
    assert str(codebook.department_of("staffing")) == "The academy"
    assert str(codebook.department_of("technology")) == "IT and digital"
    assert wording.assign({"training": "The academy"}) == {}


@pytest.mark.django_db
def test_a_department_is_renamed_for_all_of_its_causes_and_given_another_cause() -> None:
    wording.assign({"training": "The academy", "staffing": "The academy"})
    academy = Department.objects.get()

    assert wording.rename_department(academy, "People")
    assert not wording.rename_department(academy, "People")
    assert {wording.owners()[cause] for cause in ("training", "staffing")} == {"People"}

    assert wording.assign({"staffing": "Planning"}) == {"staffing": "People"}
    assert wording.owners() == {"training": "People", "staffing": "Planning"}
    with pytest.raises(Refusal, match="already a department called “planning”"):
        wording.rename_department(academy, "planning")


@pytest.mark.django_db
def test_the_causes_of_a_removed_department_go_back_to_the_shipped_one(ticket: Ticket, ana: User) -> None:
    said_then = Tagging.say(
        ticket, by=ana, journey_stage="use", gap_primary="quality", direction="below", root_cause="training"
    )
    wording.assign({"training": "The academy"})

    assert wording.remove_department(Department.objects.get()) == ["training"]

    assert said_then.department == "Service training"
    assert said(codebook.department_of("training"), "es") == "Formación de servicio"
    assert not CauseOwner.objects.exists()


@pytest.mark.django_db
def test_the_shipped_name_is_no_department_of_their_own() -> None:
    assert wording.assign({"training": "formación de servicio"}) == {}
    assert not Department.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("cause", "name"), [("weather", "Sky"), ("training", "x" * 61)])
def test_no_such_cause_and_no_such_name(cause: str, name: str) -> None:
    with pytest.raises(Refusal):
        wording.assign({cause: name})
    assert not Department.objects.exists()


@pytest.mark.django_db
def test_the_report_counts_by_the_companys_departments() -> None:
    rows = [
        TaggedCount(True, "use", "quality", "below", cause, "person", n)
        for cause, n in (("training", 7), ("staffing", 5), ("technology", 9), ("unknown", 30))
    ]
    wording.assign({"training": "People", "staffing": "People"})

    found = HeatMap.of(rows, arrived=51)

    people, technology, unknown = found.departments
    assert (people.label, people.now.k, people.causes) == ("People", 12, ("staffing", "training"))
    assert people.cause_label == "Too few people, Training"
    assert (technology.label, technology.now.k) == ("IT and digital", 9)
    assert unknown.causes == ("unknown",)
    assert sum(each.now.k for each in found.departments) == found[Place(ALL, ANY)].tickets
    named = {cause.slugs: cause.departments for cause in found.behind(Place("use", "quality"))}
    assert named["training",] == ("People",)


@pytest.mark.django_db
def test_a_guest_cannot_subtract_a_small_cause_from_its_department() -> None:
    rows = [
        TaggedCount(True, "use", "quality", "below", cause, "person", n)
        for cause, n in (("training", 50), ("staffing", 3), ("technology", 20), ("process_policy", 10))
    ]
    wording.assign({"training": "People", "staffing": "People"})

    seen = HeatMap.of(rows, arrived=83, shows_small_cells=False)

    assert sorted(each.causes for each in seen.departments) == [
        ("process_policy",), ("staffing",), ("technology",), ("training",),
    ]  # fmt: skip
    assert {each.causes for each in seen.departments if each.is_hidden} == {("staffing",), ("process_policy",)}


# --- Finer causes -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_finer_causes_are_added_renamed_and_switched_off() -> None:
    tariff, letter = SubCause.add("process_policy", "Wrong tariff"), SubCause.add("process_policy", "Late letter")
    SubCause.add("product_design", "Zip")

    assert [each.name for each in SubCause.objects.offered()] == ["Zip", "Late letter", "Wrong tariff"]
    assert letter.rename("Letter too late")
    assert tariff.switch_off()
    assert not tariff.switch_off()
    assert [each.name for each in SubCause.objects.offered().of("process_policy")] == ["Letter too late"]
    assert SubCause.add("process_policy", "wrong TARIFF") == tariff  # there already: switched on again
    assert SubCause.objects.offered().filter(pk=tariff.pk).exists()


@pytest.mark.django_db
def test_a_name_stands_once_below_a_cause() -> None:
    tariff, letter = SubCause.add("process_policy", "Wrong tariff"), SubCause.add("process_policy", "Late letter")

    assert SubCause.add("technology", "Wrong tariff") != tariff
    with pytest.raises(Refusal, match="“Wrong tariff” is there already"):
        letter.rename("wrong tariff")
    with pytest.raises(Refusal, match="at most 80"):
        letter.rename("x" * 81)
    with pytest.raises(Refusal, match="Enter a name"):
        SubCause.add("technology", " \u200b ")


@pytest.mark.django_db
def test_one_that_tickets_bear_is_switched_off_and_stays_readable(ticket: Ticket, ana: User) -> None:
    tariff, mistake = SubCause.add("process_policy", "Wrong tariff"), SubCause.add("process_policy", "Typo")
    answer = {"journey_stage": "use", "gap_primary": "quality", "root_cause": "process_policy"}
    said_then = Tagging.say(ticket, by=ana, sub_cause=tariff, **answer)

    with pytest.raises(Refusal, match="Switch it off instead"):
        tariff.remove()
    mistake.remove()
    tariff.switch_off()

    said_then.refresh_from_db()
    assert said_then.sub_cause == tariff
    assert list(SubCause.objects.all()) == [tariff]


@pytest.mark.django_db
def test_a_finer_cause_goes_with_its_cause(ticket: Ticket, ana: User) -> None:
    tariff = SubCause.add("process_policy", "Wrong tariff")
    answer = {"journey_stage": "use", "gap_primary": "quality", "direction": "below"}
    Tagging.say(ticket, by=ana, root_cause="process_policy", sub_cause=tariff, **answer)

    again = Tagging.say(ticket, by=ana, root_cause="process_policy", severity=2, **answer)
    assert again.sub_cause == tariff
    assert Tagging.say(ticket, by=ana, root_cause="training", **answer).sub_cause is None
    with pytest.raises(Refusal, match="belongs to another cause"):
        Tagging.say(ticket, by=ana, root_cause="training", sub_cause=tariff, **answer)


@pytest.mark.django_db
def test_behind_a_cell_stand_the_finer_causes_of_the_chosen_cause(mia: User, ana: User, carla: Customer) -> None:
    period = Period.last_days(7, zone=Company.current().zone, now=timezone.now())
    tariff, letter = SubCause.add("process_policy", "Wrong tariff"), SubCause.add("process_policy", "Late letter")
    answer = {"journey_stage": "use", "gap_primary": "quality", "root_cause": "process_policy"}
    for finer in (tariff, tariff, letter, None):
        Tagging.say(factories.a_ticket(carla), by=ana, sub_cause=finer, **answer)
    elsewhere = answer | {"journey_stage": "purchase"}
    Tagging.say(factories.a_ticket(carla), by=ana, sub_cause=letter, **elsewhere)

    scope, place = Scope(viewer=mia, period=period), Place("use", "quality")
    found = heat_map.finer_causes(scope, place, causes=["process_policy"])

    assert found == [("Wrong tariff", 2), ("Late letter", 1)]
    assert heat_map.finer_causes(scope, place, causes=["training"]) == []
    assert heat_map.finer_causes(scope, Place(ALL, ANY))[0] == ("Late letter", 2)


# --- What stands behind a staff attitude ------------------------------------------------------------------------------

ATTITUDE = {
    "journey_stage": "interaction", "gap_primary": "experience_process", "direction": "below",
    "root_cause": "staff_attitude",
}  # fmt: skip


@pytest.fixture
def attitude(ticket: Ticket, ana: User) -> Tagging:
    return Tagging.say(ticket, by=ana, **ATTITUDE)


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["mia", "olu"])
def test_managers_say_what_stands_behind_a_staff_attitude(
    cast: Cast, ticket: Ticket, attitude: Tagging, who: str
) -> None:
    by = getattr(cast, who)
    for _ in range(2):  # twice is one event
        assert Tagging.refine(ticket, by=by, refinement="engagement").refinement == "engagement"

    event = ticket.events.filter(kind=EventKind.REVIEWED).get()
    assert (event.actor, event.details) == (by, {"tagging": attitude.pk})
    attitude.refresh_from_db()
    assert attitude.tagged_by == cast.ana  # the answer stays hers

    Tagging.refine(ticket, by=by, refinement="")
    attitude.refresh_from_db()
    assert attitude.refinement == ""
    assert ticket.events.filter(kind=EventKind.REVIEWED).count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["lea", "ana", "lou", "gus"])
def test_nobody_else_may(cast: Cast, ticket: Ticket, attitude: Tagging, who: str) -> None:
    with pytest.raises(Refusal, match="Only managers"):
        Tagging.refine(ticket, by=getattr(cast, who), refinement="hiring")

    attitude.refresh_from_db()
    assert attitude.refinement == ""


@pytest.mark.django_db
def test_the_coordinator_of_experience_may_not(cast: Cast, ticket: Ticket, attitude: Tagging) -> None:
    coordinator = User.objects.create_user("cora@alborada.example", PASSWORD, name="Cora", role="cx_coordinator")

    with pytest.raises(Refusal, match="Only managers"):
        Tagging.refine(ticket, by=coordinator, refinement="hiring")


@pytest.mark.django_db
def test_only_a_staff_attitude_that_a_person_confirmed_can_be_looked_into(cast: Cast, ticket: Ticket) -> None:
    with pytest.raises(Refusal, match="Only where a person has confirmed"):
        Tagging.refine(ticket, by=cast.mia, refinement="hiring")
    Tagging.suggest(ticket, values=ATTITUDE, model_version="test")
    with pytest.raises(Refusal, match="Only where a person has confirmed"):
        Tagging.refine(ticket, by=cast.mia, refinement="hiring")
    Tagging.say(ticket, by=cast.ana, **(ATTITUDE | {"root_cause": "training"}))
    with pytest.raises(Refusal, match="Only where a person has confirmed"):
        Tagging.refine(ticket, by=cast.mia, refinement="hiring")
    Tagging.say(ticket, by=cast.ana, **ATTITUDE)
    with pytest.raises(Refusal, match="Choose from the list"):
        Tagging.refine(ticket, by=cast.mia, refinement="laziness")


@pytest.mark.django_db
def test_the_finding_stays_while_the_cause_does_and_comes_back_with_it(cast: Cast, ticket: Ticket) -> None:
    Tagging.say(ticket, by=cast.ana, **ATTITUDE)
    Tagging.refine(ticket, by=cast.mia, refinement="hiring")

    assert Tagging.say(ticket, by=cast.ana, severity=2, **ATTITUDE).refinement == "hiring"
    assert Tagging.say(ticket, by=cast.ana, **(ATTITUDE | {"root_cause": "training"})).refinement == ""
    before = Tagging.undo(ticket, by=cast.ana)
    assert before is not None
    assert before.refinement == "hiring"


# --- A person's word --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_later_suggestion_never_overwrites_a_persons_word_and_what_was_suggested_is_kept(
    ticket: Ticket, ana: User
) -> None:
    suggested = Tagging.suggest(
        ticket, values={"journey_stage": "use", "gap_primary": "quality", "direction": "below"}, model_version="1"
    )
    Tagging.say(ticket, by=ana, journey_stage="purchase", gap_primary="response_time")
    Tagging.suggest(
        ticket,
        values={"journey_stage": "advocacy", "gap_primary": "none", "direction": "met", "gap_confidence": 1.0},
        model_version="2",
    )

    current = Tagging.objects.current().get(ticket=ticket)
    assert (current.journey_stage, current.gap_primary, current.tagged_by) == ("purchase", "response_time", ana)
    assert current.suggestion == suggested  # what was overruled is there to learn from
    assert current.suggestion.journey_stage == "use"
    assert not ticket.events.filter(kind=EventKind.TAGGED).get().details["as_suggested"]


@pytest.mark.django_db
def test_how_many_of_the_tickets_that_are_done_are_tagged(mia: User, ana: User, carla: Customer) -> None:
    scope = Scope(viewer=mia, period=Period.last_days(7, zone=Company.current().zone, now=timezone.now()))
    assert coverage(scope).is_enough  # nothing is done, so nothing is missing

    at = timezone.now() - timedelta(hours=1)
    by_people = [a_tagged_ticket(carla, at=at, by=ana) for _ in range(3)]
    surely = [a_tagged_ticket(carla, at=at, sure=0.9)]
    unsurely = [a_tagged_ticket(carla, at=at, sure=0.3)]
    for ticket in [*by_people, *surely, *unsurely]:
        ticket.resolve(by=ana, reason="Answered by phone")
    a_tagged_ticket(carla, at=at, by=ana)  # still open

    found = coverage(scope)
    assert (found.tagged.k, found.tagged.n, found.by_people.k) == (4, 5, 3)
    assert not found.is_enough
    assert TARGET == 0.95
