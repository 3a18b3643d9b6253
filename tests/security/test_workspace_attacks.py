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
        for path in ("/search/", "/queue/open/", "/queue/closed/", "/queue/open/filter/", "/views/new/"):
            said = client.get(path, {"q": text}, follow=True).content.decode()
            assert f"{SECRET} Quill" not in said and f"{SECRET} leak<" not in said, (path, text)
            assert f"/tickets/{foreign.number}/" not in said, (path, text)
        for name in ("q", "term"):
            said = client.get("/search/suggestions/", {name: text}).content.decode()
            assert "Quill" not in said and f"/tickets/{foreign.number}/" not in said, text


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
    assert "A plan of ours" in said and "A secret plan" not in said
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
