"""The public form."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cx.models import Tagging
from helpdesk.common.uploads import Limits
from helpdesk.people.models import Customer
from helpdesk.portal import limits, receiving, stamps, uploads
from tests.portal.conftest import read
from tickets.models import Attachment, Delivery, EventKind, Message, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

FORM = "/requests/new/"


def send(browser, form, **headers):
    return browser.post(FORM, form, headers=headers)


def test_the_form_needs_no_account_and_no_cookie(browser, filled_in):
    shown = browser.get(FORM)
    browser.cookies.clear()

    response = send(browser, filled_in())

    assert shown.status_code == 200
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("portal:request-sent"))


def test_a_request_becomes_a_ticket_with_all_that_was_said(browser, filled_in, support, billing):
    send(browser, filled_in(topic="discovery"))

    ticket = Ticket.objects.get()
    assert ticket.channel == "web"
    assert ticket.topic == "discovery"
    assert ticket.expected == "Someone to come, or a call"
    assert ticket.subject == "The installer was booked for this morning and did not come"
    assert ticket.requester.name == "Nora Nuevo"
    assert ticket.requester.email == "nora@example.net"
    assert ticket.mailbox == support
    assert ticket.team == billing
    assert ticket.language == "en"
    assert not ticket.is_address_confirmed
    message = ticket.messages.get(author="customer")
    assert message.text.endswith("Nobody called.")
    assert message.channel == "web"
    assert [d.kind for d in ticket.deliveries.all()] == ["acknowledgement"]


def test_the_language_of_the_page_is_the_tickets(browser, filled_in):
    send(browser, filled_in(), Accept_Language="es-MX,es;q=0.9")

    assert Ticket.objects.get().language == "es"


def test_the_mailbox_of_the_language_answers(browser, filled_in):
    from tickets.models import Mailbox

    spanish = Mailbox.objects.create(address="ayuda@alborada.example", name="Alborada", language="es")

    send(browser, filled_in(), Accept_Language="es")

    assert Ticket.objects.get().mailbox == spanish


def test_the_receipt_has_the_number_and_no_way_in(browser, filled_in):
    response = browser.get(send(browser, filled_in())["Location"])

    ticket = Ticket.objects.get()
    assert str(ticket.number) in read(response)
    assert "/r/" not in response.content.decode()
    assert "nora@example.net" not in response.content.decode()
    assert "no-store" in response["Cache-Control"]


def test_a_receipt_that_was_made_up_leads_back_to_the_form(browser):
    for receipt in ("", "x", "eyJudW1iZXIiOjF9:1a:bb"):
        assert browser.get(reverse("portal:request-sent"), {"receipt": receipt})["Location"] == FORM


# --- What is wrong is said, and nothing typed is lost ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"email": ""}, "Enter your email"),
        ({"email": "nora"}, "Enter an email like name@example.com"),
        ({"email": "Support+x@alborada.example"}, "Enter your own email"),
        ({"topic": ""}, "Choose what it is about"),
        ({"topic": "weather"}, "Choose what it is about"),
        ({"text": " \u200b\n"}, "Tell us what happened"),
        ({"text": "x" * 20_001}, "Use at most 20000 characters"),
        ({"expected": "x" * 2001}, "Use at most 2000 characters"),
    ],
)
def test_an_error_stands_above_and_at_the_field(browser, filled_in, changed, says):
    form = filled_in(**changed)

    response = send(browser, form)

    html = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: " in html
    assert read(response).count(says) >= 2
    assert form["name"] in html
    assert form["stamp"] in html
    if "expected" not in changed:
        assert "Someone to come, or a call" in html
    assert not Ticket.objects.exists()


def test_each_error_leads_to_its_field(browser):
    import re

    html = send(browser, {}).content.decode()

    for target in re.findall(r'<a href="#(id_[a-z_0-9]+)"', html):
        assert f'id="{target}"' in html
    assert 'aria-invalid="true"' in html


@pytest.mark.parametrize(
    "junk", [{"email": "a\x00b@example.com"}, {"text": "a\x00b"}, {"stamp": "\x00"}, {"name": "\x00"}]
)
def test_nothing_that_is_sent_breaks_the_form(browser, filled_in, junk):
    assert send(browser, filled_in(**junk)).status_code in (302, 422)


# --- Files -----------------------------------------------------------------------------------------------------------


def a_file(name="photo.jpg", content=b"\xff\xd8\xff", content_type="image/jpeg"):
    return SimpleUploadedFile(name, content, content_type)


def test_files_are_kept_with_the_message(browser, filled_in):
    send(browser, filled_in(attachments=[a_file(), a_file("../../etc/pass\u202ewd.pdf", b"%PDF", "text/html; x")]))

    first, second = Attachment.objects.order_by("pk")
    assert (first.filename, first.content_type, first.size) == ("photo.jpg", "image/jpeg", 3)
    assert first.file.read() == b"\xff\xd8\xff"
    assert second.filename == "passwd.pdf"
    assert "photo" not in first.file.name
    assert first.message == Message.objects.get(author="customer")


def test_too_many_files_are_refused_and_the_words_kept(browser, filled_in):
    response = send(browser, filled_in(attachments=[a_file(f"{n}.jpg") for n in range(6)]))

    assert response.status_code == 422
    assert "Choose at most 5 files" in read(response)
    assert "Choose your files again" in read(response)
    assert "did not come" in response.content.decode()
    assert not Attachment.objects.exists()


def test_a_file_that_is_too_large_is_named_and_not_kept(browser, filled_in, monkeypatch):
    monkeypatch.setattr(uploads, "LIMITS", Limits(files=5, each=1000, total=10_000))

    response = send(browser, filled_in(attachments=[a_file("small.jpg"), a_file("film.mp4", b"x" * 1001)]))

    assert response.status_code == 422
    assert "Too large: film.mp4" in read(response)
    assert "did not come" in response.content.decode()


def test_an_upload_without_end_is_not_listened_to(browser, filled_in, monkeypatch):
    monkeypatch.setattr(uploads, "LIMITS", Limits(files=5, each=1000, total=10_000))

    response = send(browser, filled_in(attachments=[a_file("film.mp4", b"x" * 500_000)]))

    assert response.status_code == 422
    assert not Ticket.objects.exists()


def test_an_empty_file_is_no_reason_to_fail(browser, filled_in):
    response = send(browser, filled_in(attachments=[a_file("empty.txt", b"")]))

    assert response.status_code == 422
    assert "The submitted file is empty" in read(response)


# --- Twice -----------------------------------------------------------------------------------------------------------


def test_the_same_form_twice_is_one_ticket(browser, filled_in):
    form = filled_in()

    first, second = send(browser, form), send(browser, form)

    assert Ticket.objects.count() == 1
    assert Message.objects.filter(author="customer").count() == 1
    assert Delivery.objects.count() == 1
    number = str(Ticket.objects.get().number)
    assert number in read(browser.get(first["Location"]))
    assert number in read(browser.get(second["Location"]))


def test_whoever_goes_back_and_writes_something_else_is_heard(browser, filled_in):
    form = filled_in()

    send(browser, form)
    send(browser, {**form, "text": "And the router is missing, too."})

    assert Ticket.objects.count() == 2


def test_two_people_with_the_same_words_have_two_tickets(browser, filled_in):
    send(browser, filled_in())
    send(browser, filled_in(email="otto@example.net"))

    assert Ticket.objects.count() == 2


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_double_click_at_the_same_moment_is_one_ticket(cast):
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    from django.db import connection

    if connection.vendor != "postgresql":
        pytest.skip("SQLite writes one after the other; the race is PostgreSQL's")
    together = Barrier(4)

    def click() -> int:
        together.wait()
        try:
            said = {"email": "nora@example.net", "name": "", "topic": "use", "text": "It is dead.", "expected": ""}
            return receiving.open_request(key="one", **said).ticket.number
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        numbers = {future.result() for future in [pool.submit(click) for _ in range(4)]}

    assert len(numbers) == 1
    assert Ticket.objects.count() == 1
    assert Customer.objects.by_address("nora@example.net").count() == 1


# --- Somebody else's address -----------------------------------------------------------------------------------------


def test_a_known_customer_is_neither_shown_nor_changed(browser, filled_in, carla):
    carla.language = "en"
    carla.save()

    response = send(browser, filled_in(email="CARLA@example.com", name="Mallory"), Accept_Language="es")

    receipt = browser.get(response["Location"])
    carla.refresh_from_db()
    assert carla.name == "Carla Cruz"
    assert carla.language == "en"
    assert "Carla" not in receipt.content.decode()
    assert carla.addresses.get().confirmed_at is None
    assert Customer.objects.count() == 2  # Carla and Dora
    assert Ticket.objects.get().messages.get(author="customer").text.endswith("\n\nMallory")


def test_a_nameless_customer_is_given_no_name_by_a_stranger(browser, filled_in, carla):
    carla.name = ""
    carla.save()

    send(browser, filled_in(email="carla@example.com", name="Mallory"))

    carla.refresh_from_db()
    assert carla.name == ""


def test_known_or_not_the_form_answers_the_same(browser, filled_in, carla):
    known = browser.get(send(browser, filled_in(email="carla@example.com"))["Location"])
    unknown = browser.get(send(browser, filled_in())["Location"])

    numbers = sorted(str(ticket.number) for ticket in Ticket.objects.all())
    assert read(known).replace(numbers[0], "N") == read(unknown).replace(numbers[1], "N")


# --- Machines --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "headers", "why"),
    [
        ({"website": "https://pills.example"}, {}, "nobody sees"),
        ({"stamp": ""}, {}, "our form"),
        ({"stamp": "forged:1a:bb"}, {}, "our form"),
        ({"stamp": None}, {}, "sooner"),
        ({}, {"Sec_Fetch_Site": "cross-site"}, "another site"),
    ],
)
def test_what_looks_like_a_machine_waits_for_a_person_unanswered(browser, filled_in, settle, changed, headers, why):
    form = filled_in(**changed)
    if form["stamp"] is None:
        form["stamp"] = stamps.new()

    response = send(browser, form, **headers)
    settle()

    ticket = Ticket.objects.get()
    assert ticket.is_open
    assert why in ticket.events.get(kind=EventKind.CREATED).details["held_because"]
    assert not Delivery.objects.exists()
    assert "One of us looks at it first" in read(browser.get(response["Location"]))


def test_an_old_form_is_as_good_as_a_new_one(browser, filled_in):
    from datetime import timedelta

    from tests.portal.conftest import sent_before

    send(browser, filled_in(stamp=sent_before(timedelta(days=3), stamps.new)))

    assert Ticket.objects.get().events.get(kind=EventKind.CREATED).details["held_because"] == ""


# --- Limits ----------------------------------------------------------------------------------------------------------


def test_twenty_requests_an_hour_from_one_connection(browser, filled_in, monkeypatch):
    monkeypatch.setattr(limits, "REQUESTS_AN_HOUR", 3)
    for n in range(3):
        assert send(browser, filled_in(email=f"n{n}@example.net")).status_code == 302

    form = filled_in(email="one-more@example.net")
    response = send(browser, form)

    assert limits.REQUESTS_A_DAY == 240
    assert response.status_code == 429
    assert "Your text is still here" in read(response)
    assert "support@alborada.example" in read(response)
    assert "did not come" in response.content.decode()
    assert Ticket.objects.count() == 3


def test_one_address_gets_ten_an_hour_from_anywhere(browser, filled_in):
    for n in range(10):
        form = filled_in(text=f"Again {n}")
        assert browser.post(FORM, form, REMOTE_ADDR=f"198.51.100.{n}").status_code == 302

    assert browser.post(FORM, filled_in(), REMOTE_ADDR="198.51.100.99").status_code == 429


def test_what_is_held_is_limited_more(browser, filled_in):
    for n in range(5):
        assert send(browser, filled_in(stamp="", email=f"n{n}@example.net")).status_code == 302

    assert send(browser, filled_in(stamp="", email="x@example.net")).status_code == 429
    assert send(browser, filled_in(email="person@example.net")).status_code == 302


def test_forwarded_addresses_are_believed_from_our_proxies_only(browser, filled_in, settings, monkeypatch):
    monkeypatch.setattr(limits, "REQUESTS_AN_HOUR", 1)

    assert send(browser, filled_in(email="a@example.net"), X_Forwarded_For="203.0.113.1").status_code == 302
    assert send(browser, filled_in(email="b@example.net"), X_Forwarded_For="203.0.113.2").status_code == 429

    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    assert send(browser, filled_in(email="c@example.net"), X_Forwarded_For="203.0.113.3").status_code == 302
    assert send(browser, filled_in(email="d@example.net"), X_Forwarded_For="203.0.113.4").status_code == 302
    assert send(browser, filled_in(email="e@example.net"), X_Forwarded_For="203.0.113.4").status_code == 429


def test_one_household_is_one_connection(rf, settings):
    first, second = rf.get("/", REMOTE_ADDR="2001:db8:1:2::5"), rf.get("/", REMOTE_ADDR="2001:db8:1:2:a:b:c:d")

    assert limits.connection_of(first) == limits.connection_of(second) == "2001:db8:1:2::/64"
    assert limits.connection_of(rf.get("/", REMOTE_ADDR="192.0.2.7")) == "192.0.2.7"


def test_a_victim_gets_five_mails_and_no_more(browser, filled_in, settle):
    for n in range(8):
        browser.post(FORM, filled_in(text=f"Spam {n}"), REMOTE_ADDR=f"198.51.100.{n}")
    settle()

    assert Ticket.objects.count() == 8
    assert Delivery.objects.filter(address="nora@example.net").count() == 5


# --- Subjects --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("It fails. Since Monday.", "It fails"),
        ("No funciona\ndesde el lunes", "No funciona"),
        ("¿Por qué? No lo sé.", "¿Por qué?"),
        ("Version 2.5 is slow", "Version 2.5 is slow"),
        ("word " * 40, None),
        ("x" * 500, None),
    ],
)
def test_the_first_sentence_is_the_subject(text, subject):
    found = receiving.subject_of(text)

    assert found == subject if subject else 0 < len(found) <= 80


def test_somebody_who_never_bought_anything_may_ask_and_the_ticket_says_discovery(browser, filled_in, settle):
    text = "Do you have fibre in Frigiliana, Calle Real 12? What speed is there, and which hours are you open?"
    send(browser, filled_in(topic="discovery", text=text, expected="", name=""))
    settle()

    tagging = Tagging.objects.current().get(ticket=Ticket.objects.get())
    assert (tagging.journey_stage, tagging.gap_primary) == ("discovery", "none")
    assert Customer.objects.get(addresses__address="nora@example.net").customer_since is None
