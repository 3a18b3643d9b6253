from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from cx.models import Tagging
from helpdesk.common.errors import Refusal
from helpdesk.people.models import User
from helpdesk.people.preferences import Preferences
from helpdesk.workspace import standing
from tests import factories
from tests.cast import Cast
from tests.workspace.reading import page_at, rows_of, words_of
from tickets.models import SavedView, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
Suggest = Callable[..., Tagging]

FIELDS = {"name": "Late bills", "order": "due", "f.kind": "all", "f-0.field": "stage", "f-0.value": "use", "do": "save"}


def _keep(by: User, **values: Any) -> SavedView:
    said = {"name": "Late bills", "query": "stage:use", "audience": "me", "team": None, "order": "due"}
    return SavedView.keep(by=by, **(said | values))


# --- Keeping and opening ----------------------------------------------------------------------------------------------


def test_a_list_can_be_kept_under_a_name_with_what_it_was_filtered_by(
    as_user: Browser, cast: Cast, ticket: Ticket
) -> None:
    client = as_user(cast.ana)
    html = page_at(client, "/views/new/?from=mine&q=stage:use")
    assert "assignee:me status:open,waiting stage:use" in unescape(html)

    answer = client.post("/views/new/", FIELDS, follow=True)

    view = SavedView.objects.get()
    assert answer.request["PATH_INFO"] == f"/queue/view-{view.pk}/"
    assert (view.name, view.query, view.owner, view.audience) == ("Late bills", "stage:use", cast.ana, "me")
    assert "“Late bills” saved." in words_of(answer.content.decode())


def test_a_view_lists_what_its_filter_lets_through_and_can_be_narrowed(
    as_user: Browser, cast: Cast, suggest: Suggest
) -> None:
    use, done, other = (factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(3))
    for ticket in (use, done):
        suggest(ticket)
    suggest(other, journey_stage="purchase")
    done.resolve(by=cast.ana, reason="Said on the phone")
    view, client = _keep(cast.ana), as_user(cast.ana)

    assert sorted(rows_of(page_at(client, f"/queue/view-{view.pk}/"))) == [use.number, done.number]
    html = page_at(client, f"/queue/view-{view.pk}/?q=status:open")
    assert rows_of(html) == [use.number]
    assert "1 of 2" in words_of(html)
    assert sorted(rows_of(page_at(client, f"/tickets/{use.number}/?in=view-{view.pk}"))) == [use.number, done.number]


@pytest.mark.parametrize("order, first", [("newest", 1), ("oldest", 0)])
def test_a_view_keeps_its_order(as_user: Browser, cast: Cast, order: str, first: int) -> None:
    tickets = [factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(2)]
    view = _keep(cast.ana, query="status:open", order=order)

    assert rows_of(page_at(as_user(cast.ana), f"/queue/view-{view.pk}/"))[0] == tickets[first].number


def test_a_view_without_a_name_is_asked_for_one_and_keeps_what_was_built(as_user: Browser, ana: User) -> None:
    answer = as_user(ana).post("/views/new/", {**FIELDS, "name": " "})

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Error:" in html
    assert "Enter a name." in html
    assert "<code" in html
    assert "stage:use" in html


# --- Changing and deleting --------------------------------------------------------------------------------------------


def test_a_view_is_changed_as_a_whole_and_the_same_again_changes_nothing(as_user: Browser, cast: Cast) -> None:
    view, client = _keep(cast.ana), as_user(cast.ana)
    assert 'value="Late bills"' in page_at(client, f"/views/{view.pk}/")

    client.post(f"/views/{view.pk}/", {**FIELDS, "name": "Early bills", "f-0.value": "purchase", "order": "newest"})

    view.refresh_from_db()
    assert (view.name, view.query, view.order) == ("Early bills", "stage:purchase", "newest")
    same = {"name": "Early bills", "query": "stage:purchase", "audience": "me", "team": None, "order": "newest"}
    assert view.change(by=cast.ana, **same) is False


def test_deleting_a_view_can_be_undone_under_the_same_address(as_user: Browser, cast: Cast) -> None:
    view, client = _keep(cast.ana), as_user(cast.ana)

    html = client.post(f"/views/{view.pk}/deleting/", follow=True).content.decode()
    assert not SavedView.objects.exists()
    kept = re.search(r'name="kept" value="([^"]+)"', html)
    assert kept

    for _twice in range(2):
        client.post("/views/restoring/", {"kept": unescape(kept[1])})
        assert SavedView.objects.get().pk == view.pk
    assert as_user(cast.lea).post("/views/restoring/", {"kept": unescape(kept[1])}).status_code == 404
    assert client.post("/views/restoring/", {"kept": "forged"}).status_code == 404


# --- Sharing ----------------------------------------------------------------------------------------------------------


def test_a_lead_shares_with_a_team_of_theirs_and_with_everybody(as_user: Browser, cast: Cast) -> None:
    client = as_user(cast.lea)

    client.post("/views/new/", {**FIELDS, "shown_to": "team-billing"})
    client.post("/views/new/", {**FIELDS, "name": "For all", "shown_to": "everybody"})

    assert [(view.audience, view.team) for view in SavedView.objects.order_by("pk")] == [
        ("team", cast.billing), ("everybody", None),
    ]  # fmt: skip
    assert "Late bills" in page_at(as_user(cast.ana), "/views/")
    assert "Late bills" not in page_at(as_user(cast.ben), "/views/")
    assert "For all" in page_at(as_user(cast.ben), "/views/")


@pytest.mark.parametrize("shown_to", ["team-billing", "everybody", "team-installations"])
def test_an_agent_shares_nothing(as_user: Browser, cast: Cast, shown_to: str) -> None:
    html = page_at(as_user(cast.ana), "/views/new/")
    assert "shown_to" not in html

    as_user(cast.ana).post("/views/new/", {**FIELDS, "shown_to": shown_to})

    assert [view.audience for view in SavedView.objects.all()] == ["me"]
    with pytest.raises(Refusal):
        _keep(cast.ana, audience="everybody")


def test_a_lead_shares_with_no_team_but_their_own(as_user: Browser, cast: Cast) -> None:
    assert as_user(cast.lea).post("/views/new/", {**FIELDS, "shown_to": "team-installations"}).status_code == 422
    with pytest.raises(Refusal):
        _keep(cast.lea, audience="team", team=cast.installations)
    assert _keep(cast.mia, audience="team", team=cast.installations).team == cast.installations


def test_a_shared_view_is_changed_by_its_owner_and_whoever_sees_everything(as_user: Browser, cast: Cast) -> None:
    view = _keep(cast.lea, audience="everybody")
    assert "Save as a view of mine" in page_at(as_user(cast.ana), f"/views/{view.pk}/")

    answer = as_user(cast.ana).post(f"/views/{view.pk}/", {**FIELDS, "name": "Mine now"})
    as_user(cast.ana).post(f"/views/{view.pk}/deleting/")

    assert answer.status_code == 422
    view.refresh_from_db()
    assert view.name == "Late bills"
    as_user(cast.mia).post(f"/views/{view.pk}/", {**FIELDS, "name": "Billing, late", "shown_to": "everybody"})
    view.refresh_from_db()
    assert (view.name, view.owner) == ("Billing, late", cast.lea)


def test_somebody_elses_view_does_not_exist(as_user: Browser, cast: Cast) -> None:
    own, teams = _keep(cast.ana), _keep(cast.lea, audience="team", team=cast.billing)

    for view in (own, teams):
        for address in (f"/views/{view.pk}/", f"/queue/view-{view.pk}/", f"/queue/view-{view.pk}/filter/"):
            assert as_user(cast.ben).get(address).status_code == 404
        assert as_user(cast.ben).post(f"/views/{view.pk}/deleting/").status_code == 404
    assert SavedView.objects.count() == 2


def test_a_view_shows_everybody_only_what_they_may_see(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    view = _keep(cast.mia, query="status:open", audience="everybody")

    assert rows_of(page_at(as_user(cast.ana), f"/queue/view-{view.pk}/")) == [ticket.number]
    html = page_at(as_user(cast.ben), f"/queue/view-{view.pk}/")
    assert rows_of(html) == []
    assert ticket.subject not in html


def test_me_in_a_shared_view_is_whoever_reads_it(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    view = _keep(cast.lea, query="assignee:me", audience="everybody")
    ticket.assign(to=cast.ana, by=cast.lea)

    assert rows_of(page_at(as_user(cast.ana), f"/queue/view-{view.pk}/")) == [ticket.number]
    assert rows_of(page_at(as_user(cast.lea), f"/queue/view-{view.pk}/")) == []


# --- The left column --------------------------------------------------------------------------------------------------


def test_views_stand_in_the_left_column_with_their_numbers(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    view = _keep(cast.ana, query="status:open")

    html = page_at(as_user(cast.ana), "/queue/mine/")

    assert re.search(rf'href="/queue/view-{view.pk}/".*?<span class="n">1<', html, re.S)


@pytest.mark.data_layer
@pytest.mark.parametrize("how_many", [0, 30])
def test_a_page_costs_the_same_however_many_views_there_are(
    as_user: Browser, cast: Cast, ticket: Ticket, how_many: int, django_assert_max_num_queries: Any
) -> None:
    query = "status:open stage:use -gap:none assignee:ben@alborada.example,me team:billing from:carla router"
    views = [_keep(cast.ana, name=f"View {at}", query=query) for at in range(how_many)]
    client = as_user(cast.ana)

    with django_assert_max_num_queries(10):
        html = page_at(client, "/queue/open/")
    assert all(f'href="/queue/view-{view.pk}/"' in html for view in views)
    if views:
        assert len(re.findall(r'href="/queue/view-\d+/".*?(<span class="n">)?', html)) == how_many
        with django_assert_max_num_queries(11):
            page_at(client, f"/queue/view-{views[-1].pk}/")


def _order(user: User) -> list[str]:
    fresh = User.objects.get(pk=user.pk)
    return [queue.slug for group in standing.groups_of(fresh) for queue in group.lists]


def test_lists_go_up_and_down_by_buttons_and_stay_at_the_ends(as_user: Browser, cast: Cast) -> None:
    first, second = (_keep(cast.ana, name=name) for name in ("A", "B"))
    client, one, two = as_user(cast.ana), f"view-{first.pk}", f"view-{second.pk}"
    assert _order(cast.ana)[-2:] == [one, two]

    client.post("/views/order/", {"do": f"down:{one}"})
    assert _order(cast.ana)[-2:] == [two, one]
    client.post("/views/order/", {"do": f"down:{one}"})
    assert _order(cast.ana)[-2:] == [two, one]
    client.post("/views/order/", {"do": "up:open"})
    assert _order(cast.ana)[:2] == ["open", "mine"]
    client.post("/views/order/", {"do": "up:nonsense"})
    assert _order(cast.ana)[:2] == ["open", "mine"]
    assert _order(cast.lea)[:2] == ["mine", "open"]
    assert re.search('href="/queue/open/".*href="/queue/mine/"', page_at(client, "/queue/mine/"), re.S)


def test_what_was_dragged_keeps_its_order_and_new_views_stand_at_the_end(as_user: Browser, cast: Cast) -> None:
    views = [_keep(cast.ana, name=name) for name in "ABC"]
    slugs = [f"view-{view.pk}" for view in views]

    answer = as_user(cast.ana).post(
        "/views/order/", {"order": f"{slugs[2]},{slugs[0]},nonsense,{slugs[1]}"}, headers={"HX-Request": "true"}
    )

    assert answer.status_code == 204
    assert _order(cast.ana)[-3:] == [slugs[2], slugs[0], slugs[1]]
    new = _keep(cast.ana, name="AA")
    assert _order(cast.ana)[-1] == f"view-{new.pk}"
    assert len(Preferences.of(User.objects.get(pk=cast.ana.pk)).view_order) >= 3


def test_a_step_by_htmx_says_where_the_list_stands_now(as_user: Browser, ana: User) -> None:
    answer = as_user(ana).post("/views/order/", {"do": "up:open"}, headers={"HX-Request": "true"})

    assert "All open is number 1 of 7." in words_of(answer.content.decode())


def test_somebody_has_a_hundred_views_at_most(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickets.models.saved_view.MOST_OWN", 2)
    _keep(cast.ana)
    _keep(cast.ana)

    with pytest.raises(Refusal):
        _keep(cast.ana)
