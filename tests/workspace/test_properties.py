"""What a ticket is about, on its page: type, product, order, fields of the company's own, tags, checklist, time."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cx import offers, wording
from helpdesk.people import preferences
from helpdesk.people.models import User
from helpdesk.people.models import company as company_row
from helpdesk.portal.following import url_of
from helpdesk.workspace.properties import Properties
from tests.cast import Cast
from tickets import checklists, custom_fields, tags, time_spent
from tickets.models import Status, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def serial(db: None) -> Any:
    return custom_fields.add(labels={"en": "Serial number", "es": "Número de serie"}, kind="text", is_required=True)


def _undo(client: Client, html: str) -> Any:
    """Press Undo in the toast."""
    form = re.search(r'<form method="post" action="([^"]+)"[^>]*>(?:(?!</form>).)*data-undo', html, re.S)
    assert form, html
    fields = dict(re.findall(r'<input type="hidden" name="(\w[\w-]*)" value="([^"]*)"', form[0]))
    fields.pop("csrfmiddlewaretoken", None)
    return client.post(form[1], fields, headers=HTMX)


class TestProperties:
    def test_what_is_saved_stands_on_the_page_and_undo_brings_back_what_was(
        self, as_user: Browser, cast: Cast, ticket: Ticket, serial: Any
    ) -> None:
        client = as_user(cast.ana)
        ticket.describe(by=cast.ana, product="Fibra 300")
        given = {"kind": "problem", "product": "Fibra 600", "order_reference": "A-1", "field-serial-number": "SN 44"}

        answer = client.post(f"/tickets/{ticket.number}/properties/", given, headers=HTMX)

        html = answer.content.decode()
        assert 'id="properties"' in html
        assert 'id="rail-sections"' not in html
        for words in ("Problem", "Fibra 600", "A-1", "SN 44", "Properties saved."):
            assert words in html
        assert _undo(client, html).status_code == 200
        ticket.refresh_from_db()
        assert (ticket.kind, ticket.product, ticket.order_reference) == ("", "Fibra 300", "")
        assert custom_fields.values_of(ticket) == {}

    def test_without_scripts_one_is_sent_back_to_the_section(
        self, as_user: Browser, cast: Cast, ticket: Ticket
    ) -> None:
        answer = as_user(cast.ana).post(f"/tickets/{ticket.number}/properties/", {"kind": "praise"}, follow=True)

        assert answer.redirect_chain[-1][0].endswith(f"/tickets/{ticket.number}/#properties")
        assert "Praise" in answer.content.decode()

    def test_one_wrong_value_and_nothing_is_saved(self, as_user: Browser, cast: Cast, ticket: Ticket) -> None:
        custom_fields.add(labels={"en": "Speed"}, kind="number")
        given = {"product": "Fibra", "field-speed": "fast"}

        answer = as_user(cast.ana).post(f"/tickets/{ticket.number}/properties/", given, headers=HTMX)

        assert answer.status_code == 422
        assert "Speed: enter a number." in answer.content.decode()
        ticket.refresh_from_db()
        assert ticket.product == ""

    def test_a_number_is_typed_and_shown_in_the_reader_s_language_and_undone_exactly(
        self, as_user: Browser, cast: Cast, ticket: Ticket
    ) -> None:
        User.objects.filter(pk=cast.ana.pk).update(language="es")
        speed = custom_fields.add(labels={"en": "Speed", "es": "Velocidad"}, kind="number")
        custom_fields.fill(ticket, speed, "1.125", by=cast.ana)
        client = as_user(cast.ana)
        client.cookies["django_language"] = "es"

        answer = client.post(f"/tickets/{ticket.number}/properties/", {"field-speed": "1.500,25"}, headers=HTMX)
        assert custom_fields.values_of(ticket) == {"speed": "1500.25"}
        html = answer.content.decode()
        assert "Velocidad" in html
        assert 'value="1500,25"' in html

        _undo(client, html)
        assert custom_fields.values_of(ticket) == {"speed": "1.125"}

    def test_a_retired_field_is_shown_where_it_was_filled_in_and_not_asked(
        self, as_user: Browser, cast: Cast, ticket: Ticket, serial: Any
    ) -> None:
        custom_fields.fill(ticket, serial, "SN 44", by=cast.ana)
        custom_fields.retire(serial)

        html = as_user(cast.ana).get(f"/tickets/{ticket.number}/").content.decode()

        assert "SN 44" in html
        assert 'name="field-serial-number"' not in html


class TestTags:
    def test_several_are_put_on_at_once_taken_off_and_undone(
        self, as_user: Browser, cast: Cast, ticket: Ticket
    ) -> None:
        client, address = as_user(cast.ana), f"/tickets/{ticket.number}/tags/"
        answer = client.post(address, {"put": "VIP, second visit"}, headers=HTMX)
        assert "Tags put on: VIP, second visit." in answer.content.decode()
        vip = tags.called("vip")
        assert vip

        answer = client.post(address, {"take": str(vip.pk)}, headers=HTMX)
        assert [tag.name for tag in tags.of(ticket)] == ["second visit"]
        _undo(client, answer.content.decode())

        assert [tag.name for tag in tags.of(ticket)] == ["second visit", "VIP"]
        assert "VIP" in client.get(f"/tickets/{ticket.number}/").content.decode()

    def test_a_wrong_one_among_them_and_none_is_put_on(self, as_user: Browser, cast: Cast, ticket: Ticket) -> None:
        answer = as_user(cast.ana).post(f"/tickets/{ticket.number}/tags/", {"put": f"vip,{'x' * 50}"}, headers=HTMX)

        assert answer.status_code == 422
        assert not tags.of(ticket).exists()

    def test_known_ones_are_offered(self, as_user: Browser, cast: Cast, ticket: Ticket) -> None:
        tags.put(ticket, name="VIP", by=cast.ana)

        assert '<option value="VIP">' in as_user(cast.ben).get("/tags/").content.decode()


class TestChecklist:
    def test_lines_are_added_ticked_and_undone(self, as_user: Browser, cast: Cast, ticket: Ticket) -> None:
        client, address = as_user(cast.ana), f"/tickets/{ticket.number}/checklist/"
        client.post(address, {"text": "Call back"}, headers=HTMX)
        answer = client.post(address, {"text": "Refund"}, headers=HTMX)
        assert "0 of 2" in answer.content.decode()
        first = ticket.checklist.earliest("pk")

        answer = client.post(address, {"tick": first.pk}, headers=HTMX)
        html = answer.content.decode()
        assert "1 of 2" in html
        assert 'aria-checked="true"' in html
        assert _undo(client, html).status_code == 200

        assert not ticket.checklist.exclude(done_at=None).exists()

    def test_its_own_page_renames_moves_and_removes(self, as_user: Browser, cast: Cast, ticket: Ticket) -> None:
        one, two = (checklists.add(ticket, text=text, by=cast.ana) for text in ("One", "Two"))
        client, address = as_user(cast.ana), f"/tickets/{ticket.number}/checklist/"
        assert "One" in client.get(address).content.decode()

        client.post(address, {"page": "1", "rename": one.pk, f"text-{one.pk}": "First"})
        client.post(address, {"page": "1", "down": one.pk})
        answer = client.post(address, {"page": "1", "remove": two.pk}, follow=True)

        assert [line.text for line in ticket.checklist.order_by("position")] == ["First"]
        _undo(client, answer.content.decode())
        assert [line.text for line in ticket.checklist.order_by("position")] == ["Two", "First"]


class TestTime:
    def test_it_is_written_down_summed_and_taken_off_again(self, as_user: Browser, cast: Cast, ticket: Ticket) -> None:
        client, address = as_user(cast.ana), f"/tickets/{ticket.number}/time/"
        client.post(address, {"spent": "1h 5", "what": "On the phone"}, headers=HTMX)
        answer = client.post(address, {"spent": "15m"}, headers=HTMX)
        html = answer.content.decode()
        assert "1 h 20 min" in html
        assert "On the phone" in html

        _undo(client, html)
        assert [entry.minutes for entry in ticket.time_entries.all()] == [65]

    def test_nobody_takes_off_what_another_wrote_down(self, as_user: Browser, cast: Cast, ticket: Ticket) -> None:
        entry = time_spent.spend(ticket, minutes=5, by=cast.lea)

        answer = as_user(cast.ana).post(f"/tickets/{ticket.number}/time/", {"forget": entry.pk}, headers=HTMX)

        assert answer.status_code == 422
        assert ticket.time_entries.exists()

    @pytest.mark.parametrize(
        "given", [{"spent": "soon"}, {"spent": "5m", "on": "yesterday"}, {"spent": "5m", "on": "2026-02-30"}]
    )
    def test_what_is_no_time_is_told(self, as_user: Browser, cast: Cast, ticket: Ticket, given: dict[str, str]) -> None:
        assert as_user(cast.ana).post(f"/tickets/{ticket.number}/time/", given, headers=HTMX).status_code == 422


class TestBeforeResolving:
    def test_the_button_leads_to_the_field(self, as_user: Browser, cast: Cast, ticket: Ticket, serial: Any) -> None:
        ticket.reply(by=cast.ana, text="Looking into it.")

        answer = as_user(cast.ana).post(f"/tickets/{ticket.number}/resolution/", follow=True)

        assert answer.redirect_chain[-1][0].endswith("?place=field-serial-number#field-serial-number")
        html = answer.content.decode()
        assert "Fill in Serial number first." in html
        assert re.search(r'<input[^>]*id="field-serial-number"[^>]* autofocus', html)
        assert re.search(r'<details[^>]*id="properties-change" open', html)

    def test_with_htmx_the_focus_is_sent_there(self, as_user: Browser, cast: Cast, ticket: Ticket, serial: Any) -> None:
        answer = as_user(cast.ana).post(f"/tickets/{ticket.number}/resolution/", {"reason": "By phone"}, headers=HTMX)

        assert answer.status_code == 422
        assert "field-serial-number" in answer.headers["HX-Trigger-After-Settle"]

    def test_send_and_resolve_keeps_the_text_and_leads_to_the_field(
        self, as_user: Browser, cast: Cast, ticket: Ticket, serial: Any
    ) -> None:
        given = {"text": "It is done now.", "then": "resolved"}

        answer = as_user(cast.ana).post(f"/tickets/{ticket.number}/replies/", given)

        html = answer.content.decode()
        assert answer.status_code == 422
        assert "It is done now." in html
        assert "Fill in Serial number first." in html
        assert re.findall(r'id="([\w-]+)"[^>]* autofocus', html) == ["field-serial-number"]

    def test_the_customer_s_yes_resolves_all_the_same(self, cast: Cast, ticket: Ticket, serial: Any) -> None:
        ticket.reply(by=cast.ana, text="Done.")

        Client().post(f"{urlsplit(url_of(ticket)).path}solved/")

        ticket.refresh_from_db()
        assert ticket.status == Status.RESOLVED


class TestWho:
    PATHS = ("properties", "tags", "checklist", "time")

    @pytest.mark.parametrize("path", PATHS)
    def test_another_team_knows_of_nothing(self, as_user: Browser, cast: Cast, ticket: Ticket, path: str) -> None:
        assert as_user(cast.ben).post(f"/tickets/{ticket.number}/{path}/", {"put": "vip"}).status_code == 404

    @pytest.mark.parametrize("path", PATHS)
    def test_a_light_agent_reads_only(self, as_user: Browser, cast: Cast, ticket: Ticket, path: str) -> None:
        tags.put(ticket, name="VIP", by=cast.ana)
        client = as_user(cast.lou)

        assert client.post(f"/tickets/{ticket.number}/{path}/", {"put": "vip"}).status_code == 403
        html = client.get(f"/tickets/{ticket.number}/").content.decode()
        assert "VIP" in html
        assert f"/tickets/{ticket.number}/{path}/" not in html


def test_the_page_costs_as_many_queries_however_much_there_is(
    as_user: Browser, cast: Cast, ticket: Ticket, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kept in (company_row.KEPT, wording.KEPT, offers.KEPT, custom_fields.KEPT):  # or they count a second later
        monkeypatch.setattr(kept, "SECONDS", 1e9)
    speed = custom_fields.add(labels={"en": "Speed"}, kind="number")
    client, address = as_user(cast.ana), f"/tickets/{ticket.number}/"
    tags.put(ticket, name="one", by=cast.ana)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(8):
        tags.put(ticket, name=f"tag {number}", by=cast.ana)
        checklists.add(ticket, text="Call", by=cast.ana)
        time_spent.spend(ticket, minutes=5, by=cast.ana)
    custom_fields.fill(ticket, speed, "12,5", by=cast.ana)

    with CaptureQueriesContext(connection) as many:
        client.get(address)

    assert len(many) == len(few)
    with django_assert_num_queries(1):
        found = Properties.of(ticket)
    assert (len(found.tags), len(found.checklist), found.time_in_words) == (9, 8, "40 min")
    assert [(line.label, line.words) for line in found.filled] == [("Speed", "12.5")]


class TestMany:
    def test_the_question_is_asked_and_answered(
        self, as_user: Browser, cast: Cast, ticket: Ticket, serial: Any
    ) -> None:
        client = as_user(cast.ana)
        html = client.post("/bulk/?in=open", {"do": "kind", "tickets": [ticket.number]}).content.decode()
        assert "Serial number" in html

        asked = {"tickets": [ticket.number], "kind": "praise", "tag": "vip", "value-serial-number": "SN 44"}
        for verb in ("kind", "tag-put", "field:serial-number"):
            answer = client.post("/bulk/?in=open", {**asked, "do": verb}, follow=True)
            assert answer.status_code == 200

        ticket.refresh_from_db()
        assert ticket.kind == "praise"
        assert [tag.name for tag in tags.of(ticket)] == ["vip"]
        assert custom_fields.values_of(ticket) == {"serial-number": "SN 44"}
        assert "Serial number: SN 44 on 1 ticket." in answer.content.decode()


def test_type_product_and_tags_are_columns_of_the_table(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ticket.describe(by=cast.ana, kind="praise", product="Fibra 600")
    tags.put_all(ticket, names=["VIP", "late"], by=cast.ana)
    preferences.change(cast.ana, columns=("subject", "due", "type", "product", "tags"))

    html = as_user(User.objects.get(pk=cast.ana.pk)).get("/queue/open/").content.decode()

    assert "Praise" in html
    assert "Fibra 600" in html
    assert "late, VIP" in html
