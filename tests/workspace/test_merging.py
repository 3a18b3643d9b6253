"""Merging on the ticket's page: the form, the one thread of both, the short page of the merged one, and Undo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from cx.models import Promise, Tagging
from cx.reports import heat_map, promises
from helpdesk.people.models import Customer, User
from tests import factories
from tests.cast import Cast
from tests.workspace.reading import field, words_of
from tickets import merging, reports
from tickets.models import Attachment, EventKind, Ticket
from tickets.periods import Period

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


@pytest.fixture
def again(carla: Customer, support: Any) -> Ticket:
    """Carla's second ticket, about the same bill."""
    return factories.a_ticket(carla, subject="Once more: the bill", text="Nobody answers me.", mailbox=support)


def this_week() -> Period:
    return Period.last_days(7, zone=ZoneInfo("Europe/Madrid"), now=timezone.now())


def page(client: Client, ticket: Ticket) -> str:
    answer = client.get(f"/tickets/{ticket.number}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def merge(client: Client, ticket: Ticket, into: Ticket | int | str, **more: str) -> Any:
    number = into.number if isinstance(into, Ticket) else into
    return client.post(f"/tickets/{ticket.number}/merging/", {"into": number, **more})


class TestTheForm:
    def test_one_post_leads_to_the_other_and_offers_the_way_back(self, as_user, ana, ticket, again):
        client = as_user(ana)
        answer = merge(client, again, ticket)
        assert answer["Location"] == f"/tickets/{ticket.number}/"
        html = page(client, ticket)
        assert f"Merged #{again.number} into #{ticket.number}." in html
        assert f'action="/tickets/{again.number}/unmerging/"' in html
        again.refresh_from_db()
        assert again.merged_into == ticket

    @pytest.mark.parametrize("typed", ["#{}", " {} ", "# {}"])
    def test_a_number_is_taken_as_people_type_it(self, as_user, ana, ticket, again, typed):
        merge(as_user(ana), again, typed.format(ticket.number))
        again.refresh_from_db()
        assert again.merged_into == ticket

    @pytest.mark.parametrize("typed", ["", "abc", "-1", "1" * 30, "١٢٣"])
    def test_what_is_no_number_is_refused_and_kept(self, as_user, ana, again, typed):
        answer = merge(as_user(ana), again, typed)
        assert answer.status_code == 422
        assert "Enter the number of the other ticket." in answer.content.decode()

    def test_a_number_that_is_not_theirs_and_one_that_is_not_there_look_alike(self, as_user, ana, again, installations):
        theirs = factories.a_ticket(again.requester, team=installations, subject="A foreign secret")
        answers = [merge(as_user(ana), again, number) for number in (theirs.number, 99999)]
        said = [
            words_of(answer.content.decode()).replace(str(number), "N")
            for answer, number in zip(answers, (theirs.number, 99999), strict=True)
        ]
        assert said[0] == said[1]
        assert [answer.status_code for answer in answers] == [422, 422]
        assert "A foreign secret" not in answers[0].content.decode()
        assert not Ticket.objects.exclude(merged_into=None).exists()

    def test_the_customers_other_open_tickets_are_offered(self, as_user, ana, ticket, again, carla, dora, support):
        done = factories.a_ticket(carla, subject="Long ago", mailbox=support)
        done.resolve(by=ana, reason="Old")
        factories.a_ticket(dora, subject="Dora’s", mailbox=support)
        html = as_user(ana).get(f"/tickets/{again.number}/merging/").content.decode()
        offered = html[html.index("merge-into") : html.index("</fieldset>")]
        assert f'value="{ticket.number}"' in offered
        assert "Long ago" not in offered
        assert "Dora" not in offered
        assert f'name="into" value="{ticket.number}"' in page(as_user(ana), again)

    def test_another_customers_ticket_is_asked_about_once(self, as_user, ana, ticket, dora, support):
        theirs = factories.a_ticket(dora, mailbox=support)
        client = as_user(ana)
        asked = merge(client, theirs, ticket)
        assert asked.status_code == 422
        assert 'name="other_customer"' in asked.content.decode()
        assert f'value="{ticket.number}"' in asked.content.decode()
        merge(client, theirs, ticket, other_customer="on")
        theirs.refresh_from_db()
        assert theirs.merged_into == ticket

    def test_refused_in_place_for_htmx(self, as_user, ana, again):
        answer = as_user(ana).post(
            f"/tickets/{again.number}/merging/", {"into": again.number}, headers={"HX-Request": "true"}
        )
        assert answer.status_code == 422
        assert "into itself" in answer.content.decode()
        assert "<html" not in answer.content.decode()

    def test_a_light_agent_merges_nothing(self, as_user, lou, ticket, again):
        assert merge(as_user(lou), again, ticket).status_code == 403
        assert "merging/" not in page(as_user(lou), ticket)


class TestTheThreadOfBoth:
    def test_it_tells_both_in_order_of_time_with_where_it_was_said(self, as_user, ana, ticket, again):
        again.add_note(by=ana, text="They also called.")
        ticket.reply(by=ana, text="We look into it.")
        again.reply(by=ana, text="The same here.")
        merging.merge(again, into=ticket, by=ana)
        html = page(as_user(ana), ticket)
        thread = html[html.index('id="thread"') : html.index('id="composer"')]
        said = ["charged me twice", "Nobody answers me.", "They also called.", "We look into it.", "The same here."]
        places = [thread.index(words) for words in said]
        assert places == sorted(places)
        assert thread.count(f"from #{again.number}") >= 3
        assert f"Ana Alonso merged #{again.number} into this" in thread
        assert f"merged this into #{ticket.number}" not in thread
        assert f'action="/tickets/{again.number}/unmerging/"' in thread

    def test_a_reply_answers_this_tickets_requester_alone(self, as_user, cast, ticket, support):
        theirs = factories.a_ticket(cast.dora, mailbox=support)
        merging.merge(theirs, into=ticket, by=cast.ana, other_customer=True)
        html = page(as_user(cast.ana), ticket)
        assert field(html, "to") == "carla@example.com"
        assert field(html, "cc") == ""
        assert f"merged #{theirs.number} of Dora Dahl into this" in html
        as_user(cast.ana).post(f"/tickets/{ticket.number}/replies/", {"text": "Done."})
        assert set(ticket.deliveries.values_list("address", flat=True)) == {"carla@example.com"}

    def test_its_files_open_from_here(self, as_user, ana, ticket, again, tmp_path):
        file = Attachment(message=again.messages.get(), filename="a.txt", content_type="text/plain", size=1, sha256="0")
        file.file.save("a.txt", ContentFile(b"x"))
        address = f"/tickets/{ticket.number}/files/{file.pk}/"
        assert as_user(ana).get(address).status_code == 404
        merging.merge(again, into=ticket, by=ana)
        assert address in page(as_user(ana), ticket)
        assert as_user(ana).get(address).status_code == 200

    def test_its_promises_are_kept_from_here(self, as_user, ana, ticket, again):
        promise = Promise.make(again, what="Pay it back", due_at=timezone.now() + timedelta(hours=1), by=ana)
        merging.merge(again, into=ticket, by=ana)
        assert "Pay it back" in page(as_user(ana), ticket)
        as_user(ana).post(f"/tickets/{ticket.number}/promises/{promise.pk}/kept/")
        promise.refresh_from_db()
        assert promise.state == "kept"

    def test_who_may_not_open_the_merged_one_reads_it_here_and_cannot_undo_it(
        self, as_user, cast, ticket, carla, installations
    ):
        theirs = factories.a_ticket(carla, team=installations, text="At the door since nine")
        merging.merge(theirs, into=ticket, by=cast.mia)
        html = page(as_user(cast.ana), ticket)
        assert "At the door since nine" in html
        assert f"from #{theirs.number}" in html
        assert f"/tickets/{theirs.number}/" not in html
        assert as_user(cast.ana).post(f"/tickets/{theirs.number}/unmerging/").status_code == 404

    def test_it_costs_the_same_however_many_were_merged(
        self, as_user, ana, ticket, carla, support, django_assert_max_num_queries
    ):
        client = as_user(ana)
        costs = []
        for _round in range(2):
            for _ in range(3):
                merging.merge(factories.a_ticket(carla, mailbox=support), into=ticket, by=ana)
            page(client, ticket)
            with django_assert_max_num_queries(30) as counted:
                page(client, ticket)
            # The rest is remembered for a second, and asked anew whenever that is over.
            costs.append(sum('"tickets_' in query["sql"] for query in counted.captured_queries))
        assert costs[0] == costs[1]


class TestTheMergedOne:
    def test_its_page_says_where_it_went_and_takes_no_reply(self, as_user, ana, ticket, again):
        merging.merge(again, into=ticket, by=ana)
        html = page(as_user(ana), again)
        assert f"Merged into #{ticket.number}" in words_of(html).replace(" .", ".")
        assert f'href="/tickets/{ticket.number}/"' in html
        assert "Nobody answers me." in html
        assert "charged me twice" not in html
        assert 'id="composer"' not in html
        assert "Undo merging" in html
        assert f"/tickets/{again.number}/resolution/" not in html

    def test_a_reply_is_refused_in_words(self, as_user, ana, ticket, again):
        merging.merge(again, into=ticket, by=ana)
        answer = as_user(ana).post(f"/tickets/{again.number}/replies/", {"text": "Hello"})
        assert answer.status_code == 422
        assert not again.deliveries.exists()

    def test_where_it_went_is_no_link_for_who_may_not_go_there(self, as_user, cast, again, carla, installations):
        theirs = factories.a_ticket(carla, team=installations, subject="A foreign secret")
        merging.merge(again, into=theirs, by=cast.mia)
        html = page(as_user(cast.ana), again)
        assert f"Merged into #{theirs.number}" in html
        assert f"/tickets/{theirs.number}/" not in html
        assert "A foreign secret" not in html

    def test_undone_it_stands_by_itself_and_can_be_merged_again(self, as_user, ana, ticket, again):
        client = as_user(ana)
        merge(client, again, ticket)
        answer = client.post(f"/tickets/{again.number}/unmerging/")
        assert answer["Location"] == f"/tickets/{again.number}/"
        html = page(client, again)
        assert f"#{again.number} stands by itself again." in html
        assert 'id="composer"' in html
        assert f'name="into" value="{ticket.number}"' in html
        assert again.events.filter(kind=EventKind.UNMERGED).count() == 1
        assert "Nobody answers me." not in page(client, ticket)


class TestWhatIsCounted:
    """Two tickets about one matter are one matter."""

    @pytest.fixture
    def scope(self, mia: User) -> reports.Scope:
        return reports.Scope(mia, this_week())

    def test_one_in_the_volume_the_backlog_and_the_times(self, scope, ticket, again, ana):
        merging.merge(again, into=ticket, by=ana)
        assert [each.now for each in reports.volume(scope)] == [1]
        assert reports.backlog(scope).all == 1
        assert reports.backlog(scope).resolved == 0
        assert len(reports.durations(scope, arrived=1).first_reply.so_far) == 1
        assert reports.targets(scope)["first_reply"][0].running == 1

    @pytest.mark.parametrize("who", ["mia", "ana", "gus"])
    def test_one_in_the_heat_map(self, cast: Cast, ticket, again, who):
        for each in (ticket, again):
            Tagging.say(each, by=cast.ana, journey_stage="use", gap_primary="quality", direction="below", severity=1)
        merging.merge(again, into=ticket, by=cast.ana)
        counted = heat_map.counted(reports.Scope(getattr(cast, who), this_week()))
        assert counted.arrived == counted[heat_map.Place("all", "any")].tickets == 1

    def test_a_promise_is_one_wherever_it_was_made(self, scope, cast, ticket, again):
        Promise.make(again, what="Pay", due_at=timezone.now() + timedelta(minutes=1), by=cast.ana)
        merging.merge(again, into=ticket, by=cast.ana)
        for viewer in (cast.mia, cast.ana):
            assert promises.ledgers(reports.Scope(viewer, this_week()))[0].not_due == 1
