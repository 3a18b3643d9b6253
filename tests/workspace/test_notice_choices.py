"""Which notices a person gets, over which channels, and when they want quiet."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.common import tokens
from helpdesk.people.models import User
from helpdesk.people.preferences import Preferences
from tickets import notifying
from tickets.mail import composing
from tickets.models import Notification

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
PAGE = "/notifications/choices/"
Kind = Notification.Kind


def ticked(html: str) -> set[str]:
    boxes = re.findall(r'<input class="check" type="checkbox" name="told" value="([^"]+)"[^>]*?( checked)?>', html)
    return {value for value, is_ticked in boxes if is_ticked}


def test_at_first_everything_shows_in_the_page_and_the_urgent_comes_by_mail(as_user: Browser, ana: User) -> None:
    found = ticked(as_user(ana).get(PAGE).content.decode())
    in_page = {f"{kind}:page" for kind in Kind.values if kind != Kind.NEW_FOR_TEAM}
    assert found == in_page | {"not_solved:mail", "undelivered:mail", "mentioned:mail", "not_sent:mail"}


def test_what_is_chosen_is_kept_and_shown(as_user: Browser, ana: User) -> None:
    client = as_user(ana)
    chosen = {
        "told": ["assigned:page", "assigned:mail", "noted:digest", "new_for_team:page"],
        "digest_at": "07:15", "quiet_from": "22:00", "quiet_until": "06:30",
    }  # fmt: skip
    for _ in range(2):
        assert client.post(PAGE, chosen).status_code == 302

    ana.refresh_from_db()
    kept = Preferences.of(ana)
    assert (kept.digest_at, kept.quiet_from, kept.quiet_until) == ("07:15", "22:00", "06:30")
    assert notifying.channels_of(ana, Kind.ASSIGNED) == ("page", "mail")
    assert notifying.channels_of(ana, Kind.BREACHED) == ()
    html = client.get(PAGE).content.decode()
    assert ticked(html) == set(chosen["told"])
    assert 'value="22:00"' in html


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"quiet_from": "22:00"}, "Enter when the quiet hours end"),
        ({"quiet_until": "06:00"}, "Enter when the quiet hours begin"),
        ({"digest_at": "soon"}, "Enter a time like 18:00"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_ticked_stays(
    as_user: Browser, ana: User, sent: dict[str, Any], said: str
) -> None:
    answer = as_user(ana).post(PAGE, {**sent, "told": ["noted:mail"]})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert html.count(said) == 2  # on top, and at the field
    assert ticked(html) == {"noted:mail"}
    ana.refresh_from_db()
    assert notifying.channels_of(ana, Kind.NOTED) == ("page",)


def test_a_box_that_is_not_on_the_page_is_refused(as_user: Browser, ana: User) -> None:
    assert as_user(ana).post(PAGE, {"told": ["noted:pigeon"]}).status_code == 422


class TestTheLinkInTheMail:
    @pytest.fixture
    def path(self, ana: User, settings: Any) -> str:
        return composing.stop_notices_url(ana, Kind.NOT_SOLVED).removeprefix(settings.PUBLIC_URL)

    def test_looking_changes_nothing(self, client: Client, path: str, ana: User) -> None:
        for method in (client.get, client.head):
            assert method(path).status_code == 200
        ana.refresh_from_db()
        assert notifying.is_mailed(ana, Kind.NOT_SOLVED)

    def test_a_mail_program_ends_it_with_one_click_and_without_a_cookie(self, path: str, ana: User) -> None:
        client = Client(enforce_csrf_checks=True)
        for _ in range(2):
            assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
        ana.refresh_from_db()
        assert notifying.channels_of(ana, Kind.NOT_SOLVED) == ("page",)

    def test_a_person_ends_it_and_takes_it_back(self, client: Client, path: str, ana: User) -> None:
        assert "no more of these" in client.post(path, {"stop": "1"}, follow=True).content.decode()
        assert "Stop these emails?" in client.post(path, {"again": "1"}, follow=True).content.decode()
        ana.refresh_from_db()
        assert notifying.is_mailed(ana, Kind.NOT_SOLVED)

    def test_that_of_the_digest_ends_the_digest(self, client: Client, ana: User, settings: Any) -> None:
        path = composing.stop_notices_url(ana, notifying.DIGEST).removeprefix(settings.PUBLIC_URL)
        client.post(path, {"stop": "1"})
        ana.refresh_from_db()
        assert Preferences.of(ana).digest_at == ""

    def test_what_we_did_not_sign_leads_nowhere(self, client: Client, ana: User) -> None:
        other = tokens.make(tokens.Purpose.STOP_SURVEYS, user=ana.pk, kind="not_solved")
        unknown = tokens.make(tokens.Purpose.STOP_NOTICES, user=ana.pk, kind="pigeon")
        nobody = tokens.make(tokens.Purpose.STOP_NOTICES, user=0, kind="not_solved")
        for token in ("x", other, unknown, nobody):
            assert client.post(f"/notifications/stop/{token}/").status_code == 404
