"""What somebody with a login, or a customer with none, tries in the agents' rooms: search, views, lists, bulk, merging,
follow-ups, notices, macros, streams. What is not theirs stays unknown, and nonsense is answered with words."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cx.models import FollowUp
from helpdesk.people.models import Customer, CustomerAddress, Membership, Organisation, Team, User
from tests import factories
from tests.cast import Cast
from tickets import bulk, notifying
from tickets.models import BulkAction, BulkItem, Macro, Notification, Presence, SavedView, Ticket
from tickets.search import indexing

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
Browser = Callable[[User], Client]

SECRET = "Zyzzyva"  # a word that stands in the foreign ticket alone
PAYLOAD = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def foreign(cast: Cast) -> Ticket:
    """A ticket of Installations, of a customer of whom Billing knows nothing; everything about it bears the word."""
    organisation = Organisation.objects.create(name=f"{SECRET} Works")
    customer = Customer.objects.create(name=f"{SECRET} Quill", organisation=organisation, phone="+34 600 555 777")
    CustomerAddress.objects.create(customer=customer, address="quill@zyzzyva.example")
    ticket = factories.a_ticket(customer, team=cast.installations, subject=f"{SECRET} leak", text=f"The {SECRET} leaks")
    ticket.add_note(by=cast.ben, text=f"A note on {SECRET}")
    indexing.index_all()
    return ticket


# --- Knowing of what is not theirs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ana", "lou", "lea"])
def test_search_and_suggestions_know_nothing_of_another_teams_ticket(
    cast: Cast, foreign: Ticket, as_user: Browser, who: str
) -> None:
    client = as_user(getattr(cast, who))
    asked = [
        SECRET, f"{SECRET.lower()}*", f'"the {SECRET} leaks"', "quill@zyzzyva.example", "from:zyz", "from:quill@",
        'from:"_yzzyva"', "from:%", "from:.*", "subject:zyz", f"#{foreign.number}", str(foreign.number),
        f"number:{foreign.number}", "number:>0", "team:installations", "team:none", "has:notes", "assignee:none",
        "-word", "600555777", "zyzzyva.example",
    ]  # fmt: skip
    for text in asked:
        for path in ("/search/", "/queue/open/") if who == "ana" else ("/search/",):
            said = client.get(path, {"q": text}, follow=True).content.decode()
            assert f"{SECRET} Quill" not in said, (path, text)
            assert f"{SECRET} leak<" not in said, (path, text)
            assert f"/tickets/{foreign.number}/" not in said, (path, text)
        said = client.get("/search/suggestions/", {"q": text}).content.decode()
        assert "Quill" not in said, text
        assert f"/tickets/{foreign.number}/" not in said, text


def test_a_number_that_is_not_theirs_is_answered_like_one_that_is_none(
    cast: Cast, foreign: Ticket, as_user: Browser
) -> None:
    client = as_user(cast.ana)
    for path in ("/search/?q=%s", "/queue/open/?q=%s", "/search/suggestions/?q=%s", "/news/?in=open&changed=%s"):
        there, absent = (client.get(path % number).content.decode() for number in (foreign.number, 98765))
        differs = re.compile(rf'value="\w{{64}}"|{foreign.number}|98765|since=\d+|"\w{{64}}"')
        assert differs.sub("", there) == differs.sub("", absent), path


def test_a_plan_about_another_teams_ticket_is_not_told_in_the_list_of_customers(
    cast: Cast, ticket: Ticket, as_user: Browser
) -> None:
    hidden = factories.a_ticket(cast.carla, team=cast.installations, subject="Roof", text="Roof")
    soon, later = timezone.now() + timedelta(days=1), timezone.now() + timedelta(days=2)
    FollowUp.plan(cast.carla, text="A secret plan", due_at=soon, owner=cast.ben, ticket=hidden)
    for query in ("", "?contact=none", "?contact=overdue"):
        assert "A secret plan" not in as_user(cast.ana).get(f"/customers/{query}").content.decode()
    assert "Carla" in as_user(cast.ana).get("/customers/?contact=none").content.decode()
    FollowUp.plan(cast.carla, text="A plan of ours", due_at=later, owner=cast.ana, ticket=ticket)
    said = as_user(cast.ana).get("/customers/").content.decode()
    assert "A plan of ours" in said
    assert "A secret plan" not in said
    assert "A secret plan" in as_user(cast.mia).get("/customers/").content.decode()


# --- Nonsense --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["हि-दी", "a-Ŀ", "⒜-b", "a\u200c-b\u200d", "col·le-ga·", "ﷺ-a", "½-1", "ǅ-ß"])
def test_words_of_any_script_with_hyphens_are_looked_for(cast: Cast, as_user: Browser, text: str) -> None:
    factories.a_ticket(cast.carla, subject=text, text=f"She said {text} to me", team=cast.billing)
    indexing.index_all()
    client = as_user(cast.ana)
    for asked in (text, f'"{text}"', f"{text}*", f"subject:{text}", f"from:{text}"):
        assert client.get("/search/", {"q": asked}).status_code == 200
        assert client.get("/queue/open/", {"q": asked}, follow=True).status_code == 200
        assert client.get("/search/suggestions/", {"q": asked}).status_code == 200
    assert f"/tickets/{Ticket.objects.get().number}/" in client.get("/search/", {"q": text}).content.decode()


@pytest.mark.parametrize("since", ["9" * 15, "253402300800000", "٩" * 15, "²" * 13, "-1", "1e5", "0"])
def test_moments_beyond_every_calendar_are_no_errors_in_the_news(
    cast: Cast, ticket: Ticket, as_user: Browser, since: str
) -> None:
    said = {"in": "open", "changed": str(ticket.number), "shown": str(ticket.number), "since": since}
    assert as_user(cast.olu).get("/news/", said).status_code == 200


BRACKETS = [
    "(" * 500 + "a" + ")" * 400,
    "(a " * 300,
    "-(a OR " * 60 + "b",
    "-" * 990 + "a",
    '-"' + "the and " * 110 + '"',
]
HEAPS = [
    "from:" + ",".join(f"a{n}" for n in range(240)), "subject:" + ",".join(f"w{n}" for n in range(240)),
    "number:" + ",".join(map(str, range(240))), " OR ".join(f"w{n}*" for n in range(150)), " ".join(["w*"] * 300),
    "from:" + "a*" * 490, "from:" + "(a+)+" * 200, '"' + "the " * 245 + '"', "a" + "!" * 990 + "a", "a" + "'b" * 490,
    'from:"a,"b,"c,' * 70, "日本" * 490, "created:>9999-12-31 due:<999999999d created:-5d updated:>99999-01-01",
    " ".join(f"-(from:a{n} subject:b{n} c{n})" for n in range(16)), "assignee:" + ",".join(f"{n}@y" for n in range(99)),
]  # fmt: skip


@pytest.mark.parametrize("text", [*BRACKETS, *HEAPS], ids=range(len(BRACKETS) + len(HEAPS)))
def test_whatever_is_asked_is_answered_in_good_time(cast: Cast, ticket: Ticket, as_user: Browser, text: str) -> None:
    for number in range(5):
        factories.a_ticket(cast.carla, subject=f"w{number} and the", text="the the and is " * 500, team=cast.billing)
    indexing.index_all()
    client = as_user(cast.olu)
    began = time.process_time()
    for path in ("/search/", "/search/suggestions/", "/queue/open/", "/queue/open/filter/", "/views/new/", "/news/"):
        answer = client.get(path, {"q": text, "in": "open", "changed": str(ticket.number)}, follow=True)
        assert answer.status_code == 200, path
    assert client.get(ticket.get_absolute_url(), {"in": "open", "q": text}).status_code == 200
    assert time.process_time() - began < 10


def test_not_within_not_means_what_it_says(cast: Cast, as_user: Browser) -> None:
    for subject in ("alpha", "beta", "gamma", "alpha beta", "beta gamma", "alpha gamma"):
        factories.a_ticket(cast.carla, subject=subject, text="x", team=cast.billing)
    indexing.index_all()
    client = as_user(cast.ana)

    def found(text: str) -> set[str]:
        said = client.get("/search/", {"q": text}).content.decode()
        hits = re.findall(r"/tickets/(\d+)/", said)
        return set(Ticket.objects.filter(number__in=hits).values_list("subject", flat=True))

    assert found("-(alpha OR -beta)") == {"beta", "beta gamma"}
    assert found("-(alpha OR -(beta OR -gamma))") == {"beta", "beta gamma"}
    assert found("-(alpha -(beta OR -gamma))") == {"beta", "gamma", "alpha beta", "beta gamma", "alpha"}


def test_a_filter_of_marks_alone_keeps_no_worker_busy(cast: Cast, ticket: Ticket, as_user: Browser) -> None:
    rows = {f"f-{n}.field": "words" for n in range(50)}
    values = {f"f-{n}.value": ["a" + "!" * 990 + "a"] * 30 for n in range(50)}
    began = time.process_time()
    answer = as_user(cast.ana).post("/queue/open/filter/", {"f.kind": "all", **rows, **values})
    assert answer.status_code == 200
    assert time.process_time() - began < 6


# --- The ends of the calendar ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["America/Bogota", "Pacific/Kiritimati"])
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_no_day_is_kept_that_no_page_could_read_again(
    cast: Cast, ticket: Ticket, as_user: Browser, zone: str, day: str
) -> None:
    User.objects.filter(pk=cast.ana.pk).update(time_zone=zone)
    plan = FollowUp.plan(cast.carla, text="Call", due_at=timezone.now() + timedelta(days=1), owner=cast.ana)
    client = as_user(User.objects.get(pk=cast.ana.pk))
    own, when = f"/tickets/{ticket.number}", {"due_on": day, "due_time": "23:59"}
    for path, said in (
        (f"{own}/snooze/", {"on": day, "at": "23:59"}),
        ("/bulk/?in=open", {"do": "snooze", "tickets": str(ticket.number), "on": day, "at": "23:59"}),
        (f"{own}/promises/", {"what": "x", **when}),
        (f"{own}/follow-ups/", {"text": "x", **when}),
        (f"/customers/{cast.carla.pk}/follow-ups/", {"text": "x", **when}),
        (f"/follow-ups/{plan.pk}/moving/", when),
        (f"/follow-ups/{plan.pk}/moving/", {"back_to": f"{day}T23:59:59-23:59"}),
        (f"/follow-ups/{plan.pk}/moving/", {"back_to": f"{day}T00:00:00+23:59"}),
        ("/notifications/read/undo/", {"read_at": f"{day}T23:59:59-23:59"}),
        ("/notifications/read/undo/", {"read_at": f"{day}T00:00:00+23:59"}),
    ):
        assert client.post(path, said).status_code < 500, path
    pages = (
        f"{own}/",
        "/queue/open/",
        "/queue/snoozed/",
        "/follow-ups/",
        "/customers/",
        f"/customers/{cast.carla.pk}/",
    )
    for path in pages:
        assert client.get(path).status_code == 200, path
    ticket.refresh_from_db()
    assert ticket.is_open
    assert FollowUp.objects.contacts().get().due_at == plan.due_at


def test_a_zero_byte_in_a_reason_for_dropping_is_no_error(cast: Cast, ticket: Ticket, as_user: Browser) -> None:
    plan = FollowUp.plan(cast.carla, text="Call", due_at=timezone.now() + timedelta(days=1), owner=cast.ana)
    as_user(cast.ana).post(f"/follow-ups/{plan.pk}/dropping/", {"reason": "no\x00 need"})
    plan.refresh_from_db()
    assert plan.reason == "no need"


# --- Acting on what is not theirs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("do", ["assign:me", "unassign", "move", "snooze:tomorrow", "resolve", "spam", "merge", "wait"])
def test_lots_touch_no_foreign_ticket_and_tell_nothing_of_it(
    cast: Cast, ticket: Ticket, foreign: Ticket, as_user: Browser, do: str
) -> None:
    before = Ticket.objects.filter(pk=foreign.pk).values().get()
    for into in (str(foreign.number), str(ticket.number), "98765"):
        numbers = f"{foreign.number} 98765"
        said = {"do": do, "tickets": numbers, "into": into, "to": f"team-{cast.billing.pk}", "reason": "x"}
        answer = as_user(cast.ana).post("/bulk/?in=open", said, follow=True)
        assert SECRET not in answer.content.decode()
    assert Ticket.objects.filter(pk=foreign.pk).values().get() == before
    reasons = BulkItem.objects.filter(number__in=[foreign.number, 98765]).values_list("reason", flat=True)
    assert len(set(reasons)) <= 1


def test_a_lot_of_somebody_else_is_nowhere(cast: Cast, ticket: Ticket, as_user: Browser) -> None:
    action = bulk.act("prioritise", by=cast.lea, values={"priority": "high"}, numbers=[ticket.number])
    client = as_user(cast.ana)
    for tail, method in (("", "get"), ("progress/", "get"), ("stopping/", "post"), ("undoing/", "post")):
        assert getattr(client, method)(f"/bulk/{action.pk}/{tail}").status_code == 404, tail
    ticket.refresh_from_db()
    assert ticket.priority == "high"


def test_who_lost_the_role_or_the_team_goes_on_with_nothing(cast: Cast, ticket: Ticket) -> None:
    """The lot began while they might; a worker comes to it later."""
    lot = BulkAction.objects.create(verb="prioritise", values={"priority": "urgent"}, by=cast.ana, total=1)
    item = BulkItem.objects.create(action=lot, number=ticket.number)
    Membership.objects.filter(user=cast.ana).delete()
    bulk.run(lot)
    item.refresh_from_db()
    assert (item.state, item.reason) == (BulkItem.State.FAILED, "There is no such ticket for you.")
    lot = BulkAction.objects.create(verb="prioritise", values={"priority": "urgent"}, by=cast.lea, total=1)
    BulkItem.objects.create(action=lot, number=ticket.number)
    User.objects.filter(pk=cast.lea.pk).update(role="light_agent")
    bulk.run(lot)
    lot.refresh_from_db()
    ticket.refresh_from_db()
    assert (lot.state, ticket.priority) == (BulkAction.State.STOPPED, "normal")


def test_a_view_comes_back_only_with_what_its_owner_may_share_now(cast: Cast, as_user: Browser) -> None:
    team = Team.objects.create(name="Gone", slug="gone")
    Membership.objects.create(user=cast.lea, team=team)
    lea = User.objects.get(pk=cast.lea.pk)
    said: dict[str, Any] = {"query": "status:open", "order": "due"}
    view = SavedView.keep(by=lea, name="Ours", audience="team", team=team, **said)
    kept = signing.dumps([lea.pk, view.remove(by=lea)], salt="workspace.deleted-view")
    assert as_user(cast.ana).post("/views/restoring/", {"kept": kept}).status_code == 404
    assert as_user(lea).post("/views/restoring/", {"kept": kept[:-2]}).status_code == 404
    Membership.objects.filter(team=team).delete()
    assert as_user(lea).post("/views/restoring/", {"kept": kept}).status_code == 302
    User.objects.filter(pk=lea.pk).update(role="agent")
    assert as_user(lea).post("/views/restoring/", {"kept": kept}).status_code == 302
    Team.objects.filter(pk=team.pk).delete()
    assert as_user(lea).post("/views/restoring/", {"kept": kept}).status_code == 302
    assert not SavedView.objects.exists()


# --- What strangers write, shown in the rooms ------------------------------------------------------------------------


def test_no_page_takes_a_name_or_a_subject_for_markup(cast: Cast, as_user: Browser) -> None:
    User.objects.filter(pk=cast.lea.pk).update(name=PAYLOAD)
    Customer.objects.filter(pk=cast.carla.pk).update(name=PAYLOAD)
    Organisation.objects.filter(pk=cast.carla.organisation_id).update(name=PAYLOAD)
    lea = User.objects.get(pk=cast.lea.pk)
    ticket = factories.a_ticket(
        Customer.objects.get(pk=cast.carla.pk), subject=PAYLOAD, text=PAYLOAD, team=cast.billing
    )
    ticket.assign(to=cast.ana, by=lea)
    ticket.add_note(by=lea, text=PAYLOAD)
    other = factories.a_ticket(cast.dora, subject=PAYLOAD, text="x", team=cast.billing)
    Presence.keep(ticket, by=lea)
    Macro.objects.create(owner=cast.ana, name=PAYLOAD, text=PAYLOAD)
    view = SavedView.keep(by=cast.ana, name=PAYLOAD[:60], query="status:open", audience="me", team=None, order="due")
    FollowUp.plan(cast.carla, text=PAYLOAD, due_at=timezone.now() + timedelta(days=1), owner=cast.ana, ticket=ticket)
    indexing.index_all()
    client = as_user(cast.ana)
    client.post("/preferences/display/", {"layout": "list"})
    asked = [
        f"/tickets/{ticket.number}/", f"/tickets/{ticket.number}/merging/", f"/tickets/{ticket.number}/macros/",
        "/queue/open/", f"/queue/view-{view.pk}/", f"/views/{view.pk}/", "/views/", "/notifications/", "/customers/",
        f"/customers/{cast.carla.pk}/", f"/customers/{cast.carla.pk}/merging/", "/follow-ups/", "/settings/macros/",
        "/search/?q=onerror", "/customers/known/?name=onerror", "/tickets/new/",
    ]  # fmt: skip
    asked += [
        f"/{path}?q={{}}" for path in ("search/", "queue/open/", "customers/", "queue/open/filter/", "views/new/")
    ]
    for path in asked:
        for typed in (PAYLOAD, f"from:'{PAYLOAD}'", f"x:{PAYLOAD}", f"created:{PAYLOAD}"):
            said = client.get(path.format(typed.replace("&", "%26").replace('"', "%22")), follow=True)
            assert said.status_code == 200, path
            assert "<img src=x" not in said.content.decode(), path
    client.get("/notifications/menu/", headers={"HX-Request": "true"})
    told = client.get("/search/suggestions/?q=onerror")
    assert told["Content-Type"] == "application/json"
    for item in (each for group in json.loads(told.content)["groups"] for each in group["items"]):
        assert item.get("url", "/").startswith("/")
    numbers = [str(ticket.number), str(other.number)]
    said = client.post("/bulk/?in=open", {"do": "merge", "tickets": numbers}, follow=True)
    assert "<img src=x" not in said.content.decode()


def test_the_way_back_leads_to_a_list_of_ours(cast: Cast, as_user: Browser) -> None:
    for there in (
        "https://evil.example/",
        "//evil.example/queue/",
        "/queue/\r\nX: y",
        "/queue/..//evil.example",
        "\\x",
    ):
        answer = as_user(cast.ana).post("/preferences/display/", {"layout": "list", "next": there})
        assert answer.status_code == 302
        assert answer["Location"].startswith("/queue/")
        assert "\n" not in answer["Location"]


def test_every_change_of_the_new_rooms_asks_for_a_token_and_a_post(cast: Cast, ticket: Ticket) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.olu)
    posts = (
        "bulk", "view-new", "view-order", "view-restore", "merging", "unmerging", "presence", "display",
        "after-sending", "customer-merge", "customer-edit", "follow-up-plan", "ticket-follow-up", "macro-new",
        "notifications-read", "notifications-unread", "notice-choices", "queue-filter",
    )  # fmt: skip
    given = {"number": ticket.number, "pk": cast.carla.pk, "view": "open"}
    from helpdesk.workspace.urls import urlpatterns

    for pattern in (each for each in urlpatterns if each.name in posts):
        path = reverse(f"workspace:{pattern.name}", kwargs={name: given[name] for name in pattern.pattern.converters})
        assert client.post(path, {"do": "assign:me", "tickets": str(ticket.number)}).status_code == 403, path
        client.get(path, {"do": "save", "name": "x", "state": "writing", "other": cast.dora.pk})
    ticket.refresh_from_db()
    assert ticket.assignee is None
    assert not Presence.objects.exists()
    assert not SavedView.objects.exists()
    assert not BulkAction.objects.exists()


# --- Mail to ourselves -----------------------------------------------------------------------------------------------


def test_no_digest_tells_of_a_ticket_that_was_taken_away(cast: Cast, foreign: Ticket, ticket: Ticket) -> None:
    notifying.choose(
        cast.ben, channels={Notification.Kind.ASSIGNED: ["digest"]}, quiet_from="", quiet_until="", digest_at="08:00"
    )
    foreign.assign(to=cast.ben, by=cast.mia)
    Membership.objects.filter(user=cast.ben).delete()
    foreign.unassign(by=cast.mia)
    notifying.send_due(now=timezone.now() + timedelta(days=2))
    assert not foreign.deliveries.filter(address=cast.ben.email).exists()


def test_a_link_to_stop_mails_opens_nothing_else(cast: Cast, ticket: Ticket, client: Client) -> None:
    from helpdesk.common import tokens

    stop = tokens.make(tokens.Purpose.STOP_NOTICES, user=cast.ana.pk, kind="assigned")
    assert client.get(f"/notifications/stop/{stop}/").status_code == 200
    assert client.get(f"/r/{stop}/").status_code in (404, 410)
    assert client.get(f"/notifications/stop/{stop[:-1]}/").status_code == 404
    follow = tokens.make(tokens.Purpose.FOLLOW_TICKET, ticket=ticket.number)
    assert client.post(f"/notifications/stop/{follow}/").status_code == 404
    for odd in ({"user": 10**30, "kind": "assigned"}, {"user": None, "kind": ""}, {"ticket": ticket.number}):
        token = tokens.make(tokens.Purpose.STOP_NOTICES, **odd)
        assert client.post(f"/notifications/stop/{token}/").status_code == 404
