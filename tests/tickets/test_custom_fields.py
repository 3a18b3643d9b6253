"""What the company writes down about its tickets besides what every helpdesk does."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from helpdesk.common.errors import Refusal
from tests.cast import Cast
from tickets import bulk, custom_fields
from tickets.mail import spam
from tickets.models import CustomField, EventKind, Status, Ticket
from tickets.resolving import NotYet

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
RED, BLUE = {"labels": {"en": "Red", "es": "Rojo"}}, {"labels": {"en": "Blue", "es": "Azul"}}


def a_field(name: str = "Serial number", kind: str = "text", **more: Any) -> CustomField:
    choices = [RED, BLUE] if kind == "choice" else []
    return custom_fields.add(labels={"en": name, "es": ""}, kind=kind, **{"choices": choices, **more})


class TestSaying:
    def test_a_value_is_kept_changed_and_taken_away(self, cast: Cast, ticket: Ticket) -> None:
        field = a_field()
        assert custom_fields.fill(ticket, field, " SN  44 ", by=cast.ana)
        assert not custom_fields.fill(ticket, field, "SN 44", by=cast.lea)
        assert custom_fields.values_of(ticket) == {"serial-number": "SN 44"}

        assert custom_fields.fill(ticket, field, "", by=cast.ana)

        assert custom_fields.values_of(ticket) == {}
        said = ticket.events.filter(kind=EventKind.FIELD_SET).order_by("pk")
        assert [event.details for event in said] == [
            {"field": "serial-number", "was": "", "became": "SN 44"},
            {"field": "serial-number", "was": "SN 44", "became": ""},
        ]

    @pytest.mark.parametrize(
        ("kind", "said", "kept"),
        [
            ("number", "12,5", "12.5"), ("number", "12.50", "12.5"), ("number", "1.234,5", "1234.5"),
            ("number", "1,234,567", "1234567"), ("number", "−3", "-3"), ("number", "0,0", "0"),
            ("date", "2026-11-22", "2026-11-22"), ("choice", "red", "red"),
        ],
    )  # fmt: skip
    def test_each_kind_is_read_as_people_write_it(
        self, cast: Cast, ticket: Ticket, kind: str, said: str, kept: str
    ) -> None:
        custom_fields.fill(ticket, a_field("Thing", kind), said, by=cast.ana)

        assert custom_fields.values_of(ticket) == {"thing": kept}

    def test_numbers_and_days_can_be_compared(self, cast: Cast, ticket: Ticket) -> None:
        custom_fields.fill(ticket, a_field("Speed", "number"), "12,5", by=cast.ana)
        custom_fields.fill(ticket, a_field("Bought", "date"), "2026-11-22", by=cast.ana)

        values = ticket.custom_values.order_by("field")
        assert [(value.number, value.day) for value in values] == [(Decimal("12.5"), None), (None, date(2026, 11, 22))]

    @pytest.mark.parametrize(
        ("kind", "said"),
        [
            ("number", "twelve"), ("number", "1.2.3,4,5"), ("number", "123456789012345"), ("number", "NaN"),
            ("date", "22/11/2026"), ("date", "2026-02-30"), ("choice", "green"), ("choice", "Red"), ("text", "x" * 501),
        ],
    )  # fmt: skip
    def test_what_the_field_does_not_take_is_refused(self, cast: Cast, ticket: Ticket, kind: str, said: str) -> None:
        field = a_field("Thing", kind)
        with pytest.raises(Refusal, match="Thing"):
            custom_fields.fill(ticket, field, said, by=cast.ana)

        assert custom_fields.values_of(ticket) == {}

    def test_a_typed_number_is_read_in_the_reader_s_language(self) -> None:
        field = a_field("Speed", "number")
        with override("es"):
            assert custom_fields.clean(field, custom_fields.as_typed(field, "1.500"))["text"] == "1500"
            assert custom_fields.for_input(field, "1500.5") == "1500,5"
        with override("en"):
            assert custom_fields.clean(field, custom_fields.as_typed(field, "1.500"))["text"] == "1.5"
            assert custom_fields.clean(field, custom_fields.as_typed(field, "1,500"))["text"] == "1500"


class TestNaming:
    def test_its_slug_is_made_of_its_name_and_stays(self) -> None:
        field, second = a_field("Número de serie"), a_field("Numero de serie")
        assert (field.slug, second.slug) == ("numero-de-serie", "numero-de-serie-2")

        custom_fields.change(field, labels={"en": "Serial", "es": "Serie"}, is_required=True)

        (first, _second) = custom_fields.every()
        assert (first.slug, first.is_required) == ("numero-de-serie", True)
        with override("es"):
            assert custom_fields.label_of(first) == "Serie"
        with override("en"):
            assert custom_fields.label_of(first) == "Serial"

    def test_a_choice_that_is_taken_out_is_offered_no_more_and_stays_where_it_was_said(
        self, cast: Cast, ticket: Ticket
    ) -> None:
        field = a_field("Colour", "choice")
        custom_fields.fill(ticket, field, "red", by=cast.ana)

        custom_fields.change(field, labels=field.labels, choices=[{"slug": "blue", **BLUE}])

        assert custom_fields.choices_of(field) == [("blue", "Blue")]
        assert custom_fields.in_words(field, custom_fields.value_of(ticket, field)) == "Red"

    def test_a_choice_that_is_renamed_keeps_its_slug_and_a_new_one_gets_its_own(self) -> None:
        field = a_field("Colour", "choice")
        renamed: list[dict[str, Any]] = [
            {"slug": "red", "labels": {"en": "Crimson"}},
            {"slug": "blue", **BLUE},
            {"labels": {"en": "Red"}},
        ]

        custom_fields.change(field, labels=field.labels, choices=renamed)

        assert custom_fields.choices_of(field) == [("red", "Crimson"), ("blue", "Blue"), ("red-2", "Red")]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"labels": {"en": " "}, "kind": "text"}, {"labels": {"en": "x" * 61}, "kind": "text"},
            {"labels": {"en": "Thing"}, "kind": "colour"}, {"labels": {"en": "Thing"}, "kind": "choice"},
        ],
    )  # fmt: skip
    def test_a_field_without_a_name_a_kind_or_choices_is_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(Refusal):
            custom_fields.add(**wrong)

        assert not CustomField.objects.exists()

    def test_fields_are_put_in_order_step_by_step(self) -> None:
        one, two, three = a_field("One"), a_field("Two"), a_field("Three")
        custom_fields.retire(two)

        assert custom_fields.move(three, step=-1)
        assert not custom_fields.move(three, step=-1)

        assert [field.slug for field in custom_fields.asked()] == ["three", "one"]
        assert custom_fields.move(one, step=-1)
        assert [field.slug for field in custom_fields.asked()] == ["one", "three"]

    def test_a_retired_field_is_asked_no_more_and_what_was_said_stays(self, cast: Cast, ticket: Ticket) -> None:
        field = a_field(is_required=True)
        custom_fields.fill(ticket, field, "SN 44", by=cast.ana)

        assert custom_fields.retire(field)
        assert not custom_fields.retire(field)
        assert custom_fields.asked() == []
        assert custom_fields.values_of(ticket) == {"serial-number": "SN 44"}

        assert custom_fields.bring_back(field)
        assert not custom_fields.bring_back(field)
        assert [each.slug for each in custom_fields.asked()] == ["serial-number"]


class TestBeforeResolving:
    @pytest.fixture
    def serial(self, ticket: Ticket, cast: Cast) -> CustomField:
        ticket.reply(by=cast.ana, text="Looking into it.")
        return a_field(is_required=True)

    def test_a_needed_field_comes_first(self, cast: Cast, ticket: Ticket, serial: CustomField) -> None:
        with pytest.raises(NotYet, match=r"Fill in Serial number first\.") as refused:
            ticket.resolve(by=cast.ana)
        assert refused.value.place == "field-serial-number"
        ticket.refresh_from_db()
        assert ticket.status == Status.OPEN

        custom_fields.fill(ticket, serial, "SN 44", by=cast.ana)

        assert ticket.resolve(by=cast.ana)

    def test_it_comes_first_with_a_reply_too_and_nothing_is_sent(
        self, cast: Cast, ticket: Ticket, serial: CustomField
    ) -> None:
        with pytest.raises(NotYet):
            ticket.reply(by=cast.ana, text="Done.", then="resolved")

        assert ticket.messages.filter(text="Done.").count() == 0

    def test_of_many_tickets_only_the_filled_in_are_resolved(
        self, cast: Cast, ticket: Ticket, serial: CustomField
    ) -> None:
        action = bulk.act("resolve", by=cast.ana, numbers=[ticket.number])

        assert bulk.outcome(action).failed == {ticket.number: "Fill in Serial number first."}

    def test_the_customer_is_not_asked_for_our_fields(self, ticket: Ticket, serial: CustomField) -> None:
        assert ticket.resolve(by=None, reason="The customer says so")

    def test_spam_needs_no_fields(self, cast: Cast, ticket: Ticket) -> None:
        a_field(is_required=True)

        assert spam.mark_ticket(ticket, by=cast.ana)

    def test_neither_does_what_is_asked_no_more(self, cast: Cast, ticket: Ticket, serial: CustomField) -> None:
        custom_fields.retire(serial)

        assert ticket.resolve(by=cast.ana)
