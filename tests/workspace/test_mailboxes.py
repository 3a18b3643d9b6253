"""Settings of mailboxes, and the ledger that says whether all their mail is here."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.people.models import User
from helpdesk.workspace.views import ledger
from tests import factories
from tests.cast import Cast
from tests.workspace.listing import through_all_pages
from tickets.models import FolderEntry, MailAlarm, Mailbox, MailFolder, MailSource

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]

ADDRESS = {"address": "visits@alborada.example", "name": "Alborada", "language": "en", "is_active": "on"}
LISTENER = ADDRESS | {"way_in": "listener"}
IMAP = ADDRESS | {
    "way_in": "imap", "host": "imap.alborada.example", "port": "993", "security": "tls", "username": "visits",
    "sign_in": "password", "password": "open sesame", "which_mail": "all", "after_reading": "leave", "uses_idle": "on",
}  # fmt: skip


def a_source(mailbox: Mailbox, **values: Any) -> MailSource:
    given = {"host": "imap.alborada.example", "username": "support", "password": "open sesame", **values}
    return MailSource.objects.create(mailbox=mailbox, **given)


def shown(client: Client, mailbox: Mailbox) -> str:
    return client.get(f"/settings/mailboxes/{mailbox.pk}/").content.decode()


# --- Settings ---------------------------------------------------------------------------------------------------------


def test_a_mailbox_that_mail_is_sent_to(as_user: Browser, cast: Cast) -> None:
    client = as_user(cast.olu)
    values = LISTENER | {
        "team": str(cast.installations.pk),
        "signature": "Alborada\nCalle Mayor 1",
        "trusted_servers": "MX.alborada.example, mx2.alborada.example\nmx.alborada.example",
        "holds_strangers": "on",
    }

    answer = client.post("/settings/mailboxes/new/", values, follow=True)

    made = Mailbox.objects.get(address="visits@alborada.example")
    assert "visits@alborada.example is saved." in answer.content.decode()
    assert made.team == cast.installations
    assert made.signature == "Alborada\nCalle Mayor 1"
    assert made.trusted_servers == ["mx.alborada.example", "mx2.alborada.example"]
    assert made.holds_strangers
    assert not made.allows_plain_smtp
    assert not MailSource.objects.exists()


def test_a_mailbox_that_is_fetched(as_user: Browser, cast: Cast) -> None:
    as_user(cast.olu).post("/settings/mailboxes/new/", IMAP | {"after_reading": "move", "move_to": "Read"})

    source = MailSource.objects.get(mailbox__address="visits@alborada.example")
    assert (source.host, source.port, source.security) == ("imap.alborada.example", 993, "tls")
    assert source.password == "open sesame"
    assert (source.after_reading, source.move_to) == ("move", "Read")
    assert source.uses_idle


def test_a_mailbox_at_microsoft_needs_no_password(as_user: Browser, cast: Cast) -> None:
    permission = {"sign_in": "microsoft", "password": "", "client_id": "app", "refresh_token": "0.AX", "tenant": "t"}

    as_user(cast.olu).post("/settings/mailboxes/new/", IMAP | permission)

    source = MailSource.objects.get()
    assert (source.sign_in, source.client_id, source.refresh_token, source.tenant) == ("microsoft", "app", "0.AX", "t")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (LISTENER | {"address": ""}, "Enter the address"),
        (LISTENER | {"address": "visits"}, "Enter an address like support@example.com"),
        (LISTENER | {"address": "visits+1@alborada.example"}, "Enter the address without a plus part"),
        (LISTENER | {"address": "Support@alborada.example"}, "Another mailbox has this address."),
        (IMAP | {"host": ""}, "Enter the server’s name"),
        (IMAP | {"host": "imaps://mail.example.com"}, "Enter the name alone, such as imap.example.com"),
        (IMAP | {"port": "99999"}, "A port is a number from 1 to 65535."),
        (IMAP | {"port": "²"}, "A port is a number, mostly 993 or 143."),
        (IMAP | {"username": ""}, "Enter the user name"),
        (IMAP | {"password": ""}, "Enter the password"),
        (IMAP | {"sign_in": "google"}, "Enter the client ID"),
        (IMAP | {"sign_in": "google", "client_id": "app"}, "Enter the refresh token"),
        (IMAP | {"after_reading": "move"}, "Enter the folder that mail is moved to"),
    ],
)
def test_an_error_says_what_is_right_and_keeps_what_was_typed(
    as_user: Browser, cast: Cast, values: dict[str, str], words: str
) -> None:
    answer = as_user(cast.olu).post("/settings/mailboxes/new/", values | {"signature": "Typed before"})

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "<title>Error:" in html
    assert html.count(words) == 2  # in the summary and at the field
    assert "Typed before" in html
    assert "open sesame" not in html
    assert Mailbox.objects.count() == 1


def test_what_is_hidden_is_not_complained_of(as_user: Browser, cast: Cast) -> None:
    values = IMAP | {"way_in": "listener", "host": "", "port": "none", "password": "", "security": ""}

    as_user(cast.olu).post("/settings/mailboxes/new/", values)

    assert Mailbox.objects.filter(address="visits@alborada.example").exists()


def test_a_password_is_never_shown_again_and_an_empty_one_keeps_it(as_user: Browser, cast: Cast) -> None:
    source = a_source(cast.support)
    client = as_user(cast.olu)
    html = shown(client, cast.support)
    assert "open sesame" not in html
    assert "Stored. Leave it empty to keep it." in html

    kept = IMAP | {"address": cast.support.address, "username": "support", "password": "", "sent_folder": "Sent"}
    client.post(f"/settings/mailboxes/{cast.support.pk}/", kept)

    source.refresh_from_db()
    assert source.password == "open sesame"
    assert source.sent_folder == "Sent"


@pytest.mark.parametrize(
    ("elsewhere", "why"),
    [
        ({"host": "imap.elsewhere.example"}, "it would go to another server."),
        ({"host": "imap.elsewhere.example", "username": "somebody"}, "it would go to another server."),
        ({"port": "143"}, "it would be sent in another way."),
        ({"security": "none"}, "it would be sent in another way."),
        ({"username": "somebody"}, "the user name is another one."),
    ],
)
def test_a_stored_password_goes_to_no_other_place(
    as_user: Browser, cast: Cast, elsewhere: dict[str, str], why: str
) -> None:
    source = a_source(cast.support)
    values = IMAP | {"address": cast.support.address, "username": "support", "password": ""} | elsewhere

    answer = as_user(cast.olu).post(f"/settings/mailboxes/{cast.support.pk}/", values)

    assert answer.status_code == 422
    words = f"Enter the password again, because {why}"
    assert answer.content.decode().count(words) == 2  # in the summary and at the field
    source.refresh_from_db()
    assert source.host == "imap.alborada.example"


def test_another_account_is_read_from_its_beginning_at_once(as_user: Browser, cast: Cast) -> None:
    later = timezone.now() + timedelta(minutes=10)
    source = a_source(
        cast.support, failing_since=timezone.now(), error="Wrong password", due_at=later, claimed_at=timezone.now()
    )
    folder = MailFolder.objects.create(source=source, name="INBOX", uid_validity=1, last_uid=900)
    values = IMAP | {"address": cast.support.address, "username": "new", "password": "a new one"}

    as_user(cast.olu).post(f"/settings/mailboxes/{cast.support.pk}/", values)

    source.refresh_from_db()
    folder.refresh_from_db()
    assert source.password == "a new one"
    assert source.error == ""
    assert source.failing_since is None
    assert source.due_at < later
    assert source.claimed_at is not None  # whoever fetches is not disturbed
    assert folder.ended_at is not None


def test_saving_without_a_change_leaves_the_fetching_as_it_is(as_user: Browser, cast: Cast) -> None:
    later = timezone.now() + timedelta(minutes=10)
    source = a_source(cast.support, due_at=later, error="Wrong password")
    values = IMAP | {"address": cast.support.address, "username": "support", "password": ""}

    as_user(cast.olu).post(f"/settings/mailboxes/{cast.support.pk}/", values)

    source.refresh_from_db()
    assert source.due_at == later
    assert source.error == "Wrong password"


def test_a_secret_that_is_not_used_any_more_is_forgotten(as_user: Browser, cast: Cast) -> None:
    source = a_source(cast.support)
    permission = {"sign_in": "google", "client_id": "app", "client_secret": "s", "refresh_token": "1//x"}
    values = IMAP | {"address": cast.support.address, "username": "support", "password": ""} | permission

    as_user(cast.olu).post(f"/settings/mailboxes/{cast.support.pk}/", values)

    source.refresh_from_db()
    assert (source.password, source.client_secret, source.refresh_token) == ("", "s", "1//x")


def test_mail_that_is_no_longer_fetched_stays(as_user: Browser, cast: Cast) -> None:
    source = a_source(cast.support)
    folder = MailFolder.objects.create(source=source, name="INBOX", uid_validity=1)
    inbound = factories.deliver_raw(factories.a_mail(), mailbox=cast.support)
    FolderEntry.objects.create(folder=folder, uid=1, inbound_email=inbound)

    as_user(cast.olu).post(f"/settings/mailboxes/{cast.support.pk}/", LISTENER | {"address": cast.support.address})

    assert not MailSource.objects.exists()
    inbound.refresh_from_db()
    assert inbound.ticket is not None


def test_a_mailbox_is_taken_out_of_use_and_stays_in_the_list(as_user: Browser, cast: Cast) -> None:
    client = as_user(cast.olu)
    values = {name: value for name, value in LISTENER.items() if name != "is_active"}

    html = client.post(
        f"/settings/mailboxes/{cast.support.pk}/", values | {"address": cast.support.address}, follow=True
    ).content.decode()

    cast.support.refresh_from_db()
    assert not cast.support.is_active
    assert "Not in use" in html
    assert Mailbox.addressed_by([cast.support.address]) == []


def test_the_list_of_mailboxes_has_a_budget(as_user: Browser, cast: Cast, django_assert_max_num_queries: Any) -> None:
    for number in range(20):
        a_source(Mailbox.objects.create(address=f"m{number}@alborada.example", name="Alborada", team=cast.billing))
    client = as_user(cast.olu)

    with django_assert_max_num_queries(9):
        html = client.get("/settings/mailboxes/").content.decode()

    assert html.count('<th scope="row"') == 21


# --- The ledger -------------------------------------------------------------------------------------------------------


def fetched(cast: Cast, *, on_server: int, here: int, missing: int = 0) -> MailFolder:
    """A folder of which so many are here, and so many could not be had."""
    source = MailSource.objects.filter(mailbox=cast.support).first() or a_source(cast.support)
    folder = MailFolder.objects.create(source=source, name="INBOX", uid_validity=1, on_server=on_server)
    for uid in range(1, here + 1):
        raw = factories.a_mail(sender=f"person{uid}@example.com", subject=f"Mail {uid}")
        inbound = factories.deliver_raw(raw, mailbox=cast.support)
        FolderEntry.objects.create(folder=folder, uid=uid, inbound_email=inbound)
    for uid in range(here + 1, here + missing + 1):
        FolderEntry.objects.create(folder=folder, uid=uid, attempts=2, problem="A mail of 80 MB is too large.")
    return folder


def test_a_difference_of_zero_is_said_with_a_check_mark(as_user: Browser, cast: Cast) -> None:
    fetched(cast, on_server=3, here=3)

    html = as_user(cast.olu).get("/mail/ledger/").content.decode()

    assert re.search(r'class="zero"><svg[^>]*><use href="[^"]*#check"/></svg>0<', html)
    assert "<dt>On the server</dt><dd>3</dd>" in html
    assert '<dt class="sum">Messages in tickets</dt><dd class="sum">3</dd>' in html


def test_a_difference_leads_to_the_mails_that_are_missing_and_why(as_user: Browser, cast: Cast) -> None:
    fetched(cast, on_server=5, here=3, missing=2)
    client = as_user(cast.olu)

    html = client.get("/mail/ledger/").content.decode()
    link = re.search(r'<a class="off" href="([^"]+)">.*?2 missing</a>', html)
    assert link
    page = client.get(link[1]).content.decode()

    assert "5 on the server, 3 of them here." in page
    assert page.count('<th scope="row">') == 2
    assert "A mail of 80 MB is too large." in page


def test_every_missing_mail_stands_on_one_page_of_the_list(
    as_user: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "ROWS", 3)
    fetched(cast, on_server=8, here=0, missing=8)

    seen = through_all_pages(
        as_user(cast.olu), f"/mail/ledger/{cast.support.pk}/missing/", row=r'<th scope="row">(\d+)<'
    )

    assert sorted(map(int, seen)) == list(range(1, 9))


def test_what_was_stored_is_all_accounted_for(as_user: Browser, cast: Cast, deliver: Any) -> None:
    deliver(factories.a_mail())
    deliver(factories.a_mail(sender="robot@shop.example", subject="Away", auto_submitted="auto-replied"))
    deliver(factories.a_mail(sender=cast.support.address, subject="From ourselves"))

    html = as_user(cast.olu).get("/mail/ledger/").content.decode()

    assert "<dt>Stored here in all</dt><dd>3</dd>" in html
    assert "<dt>Needed nothing</dt><dd>1</dd>" in html
    assert '<a href="/mail/?kind=held">Held</a></dt><dd>1</dd>' in html


def test_an_open_alarm_stands_on_top_and_beside_every_page_of_whoever_runs_mail(as_user: Browser, cast: Cast) -> None:
    a_source(cast.support, error="Wrong password", failing_since=timezone.now())
    MailAlarm.objects.create(mailbox=cast.support, kind="silent", words="Nothing could be fetched for 20 minutes.")
    MailAlarm.objects.create(mailbox=cast.support, kind="unread", words="It is over.", ended_at=timezone.now())
    client = as_user(cast.lea)

    html = client.get("/mail/ledger/").content.decode()

    assert "Nothing could be fetched for 20 minutes." in html
    assert "It is over." not in html
    assert "Wrong password" in html
    assert '<span class="n late">1<span class="vh"> alarms' in client.get("/queue/open/").content.decode()
    assert "alarms" not in as_user(cast.ana).get("/queue/open/").content.decode()


def test_a_lead_sees_the_books_of_their_teams_mailboxes(as_user: Browser, cast: Cast) -> None:
    theirs = Mailbox.objects.create(address="visits@alborada.example", name="Visits", team=cast.installations)
    MailAlarm.objects.create(mailbox=theirs, kind="silent", words="A foreign alarm")
    client = as_user(cast.lea)

    html = client.get("/mail/ledger/").content.decode()

    assert "support@alborada.example" in html
    assert "visits@alborada.example" not in html
    assert "A foreign alarm" not in html
    assert client.get(f"/mail/ledger/{theirs.pk}/missing/").status_code == 404
    assert "visits@alborada.example" in as_user(cast.mia).get("/mail/ledger/").content.decode()


@pytest.mark.data_layer
@pytest.mark.parametrize("how_many", [1, 20])
def test_the_ledger_has_a_budget(
    as_user: Browser, cast: Cast, django_assert_max_num_queries: Any, how_many: int
) -> None:
    for number in range(how_many):
        mailbox = Mailbox.objects.create(address=f"m{number}@alborada.example", name="Alborada", team=cast.billing)
        MailFolder.objects.create(source=a_source(mailbox), name="INBOX", uid_validity=1, on_server=number)
    client = as_user(cast.olu)

    with django_assert_max_num_queries(15):
        html = client.get("/mail/ledger/").content.decode()

    assert html.count('class="card book"') == how_many + 1


# --- The test ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def _nobody_listens(settings: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.MAIL_HOST, settings.MAIL_PORT = free.getsockname()


@pytest.mark.usefixtures("_nobody_listens")
def test_a_mailbox_is_saved_and_tried_and_each_step_says_what_was_seen(as_user: Browser, cast: Cast) -> None:
    values = LISTENER | {"address": cast.support.address, "signature": "Saved first", "then": "test"}

    html = as_user(cast.olu).post(f"/settings/mailboxes/{cast.support.pk}/", values).content.decode()

    cast.support.refresh_from_db()
    assert cast.support.signature == "Saved first"
    assert "Mail comes in: does not work yet" in html
    assert "Mail goes out: does not work yet" in html
    assert "There is no mail server yet: mail stays in the outbox here." in html


@pytest.mark.usefixtures("_nobody_listens")
def test_a_mailbox_elsewhere_is_tried_at_its_own_server(as_user: Browser, cast: Cast, settings: Any) -> None:
    a_source(cast.support, host="127.0.0.1", port=settings.MAIL_PORT, security="none")

    html = as_user(cast.olu).post(f"/settings/mailboxes/{cast.support.pk}/testing/").content.decode()

    assert "Connect: does not work yet" in html
    assert f"Nothing answers on port {settings.MAIL_PORT} of 127.0.0.1." in html
    assert "open sesame" not in html
    cast.support.refresh_from_db()
    assert cast.support.tested_at is None


def test_plus_addresses_are_not_given_out_where_nobody_saw_one_arrive(as_user: Browser, cast: Cast) -> None:
    assert cast.support.takes_plus_addresses  # our listener takes them

    as_user(cast.olu).post(f"/settings/mailboxes/{cast.support.pk}/", IMAP | {"address": cast.support.address})

    cast.support.refresh_from_db()
    assert not cast.support.takes_plus_addresses
