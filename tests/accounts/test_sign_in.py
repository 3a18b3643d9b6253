from __future__ import annotations

import re
from email import message_from_bytes, policy

import pytest
from django.test import Client

from helpdesk.accounts import account_mail, first_run
from helpdesk.common.visitors import address_of
from helpdesk.people.models import AccountEmail, Company, User
from tests.cast import PASSWORD
from tickets.models import OutboxEmail

pytestmark = pytest.mark.django_db


def sign_in(client, user, password=PASSWORD, **extra):
    return client.post("/sign-in/", {"email": user.email, "password": password, **extra})


def test_ana_signs_in_and_out(client, ana):
    assert client.get("/sign-in/").status_code == 200
    assert sign_in(client, ana)["Location"] == "/queue/"
    assert client.post("/sign-out/")["Location"] == "/"
    assert "_auth_user_id" not in client.session


def test_a_wrong_password_and_an_unknown_email_sound_the_same(client, ana):
    wrong = sign_in(client, ana, "not this one").content.decode()
    nobody = client.post("/sign-in/", {"email": "nobody@alborada.example", "password": "x"}).content.decode()
    words = "That email and password do not belong together."
    assert words in wrong
    assert words in nobody


def test_after_five_tries_even_the_right_password_waits(client, ana):
    for _ in range(5):
        sign_in(client, ana, "no")
    answer = sign_in(client, User(email=f" {ana.email.upper()} "))
    assert answer.status_code == 422
    assert "Too many tries" in answer.content.decode()


def test_signing_in_leads_back_but_never_to_another_site(client, ana):
    assert sign_in(client, ana, next="/reports/")["Location"] == "/reports/"
    other = Client()
    assert sign_in(other, ana, next="https://evil.example/")["Location"] == "/queue/"
    assert sign_in(Client(), ana, next="//evil.example/")["Location"] == "/queue/"


def test_somebody_switched_off_stays_out(client, ana):
    client.force_login(ana)
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert client.get("/profile/")["Location"].startswith("/sign-in/")
    assert sign_in(Client(), ana).status_code == 422


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(client, ana):
    client.post("/password/", {"email": ana.email})
    account_mail.send_due()
    account_mail.send_due()

    sent = message_from_bytes(bytes(OutboxEmail.objects.get().raw), policy=policy.default)
    url = re.search(r"http://\S+/password/\S+", sent.get_body(("plain",)).get_content())[0]
    path = url.partition("8000")[2]
    # With "no-referrer" a browser would send the form from the origin "null", which is refused as forged.
    assert client.get(path)["Referrer-Policy"] == "same-origin"
    assert client.post(path, {"password": "short"}).status_code == 422
    assert client.post(path, {"password": "quite another sentence"})["Location"] == "/queue/"
    assert Client().get(path).status_code == 410
    assert sign_in(Client(), ana, "quite another sentence").status_code == 302


def test_asking_for_a_password_tells_nobody_who_works_here(client, ana):
    known, unknown = (client.post("/password/", {"email": e}) for e in (ana.email, "nobody@alborada.example"))
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert AccountEmail.objects.count() == 1
    for _ in range(5):
        client.post("/password/", {"email": ana.email})
    assert AccountEmail.objects.count() == 3


def test_a_forwarded_address_is_believed_from_listed_proxies_only(rf, settings):
    request = rf.get("/", headers={"X-Forwarded-For": "1.2.3.4, 10.0.0.2"})
    request.META["REMOTE_ADDR"] = "10.0.0.1"
    assert address_of(request) == "10.0.0.1"
    settings.TRUSTED_PROXIES = ["10.0.0.1", "10.0.0.2"]
    assert address_of(request) == "1.2.3.4"


class TestFirstRun:
    ANSWERS = {
        "company": "Casa Azul",
        "language": "es",
        "time_zone": "Europe/Madrid",
        "name": "Olga",
        "email": "o@azul.example",
        "password": "tres palabras sin dueño",
    }

    def test_an_empty_installation_leads_to_its_first_page_until_it_is_set_up(self, client, db):
        assert client.get("/")["Location"] == "/set-up/"
        assert client.get("/set-up/").status_code == 200
        assert client.post("/set-up/", self.ANSWERS)["Location"] == "/set-up/mailbox/"
        assert client.get("/set-up/mailbox/").status_code == 200
        assert client.get("/set-up/").status_code == 404
        assert Company.current().name == "Casa Azul"
        assert User.objects.get().is_admin

    def test_what_is_missing_is_said_and_what_was_typed_stays(self, client, db):
        page = client.post("/set-up/", {**self.ANSWERS, "password": "short"})
        assert page.status_code == 422
        assert "Casa Azul" in page.content.decode()
        assert not User.objects.exists()

    def test_from_another_machine_it_takes_the_code_of_the_terminal(self, client, db):
        elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
        assert client.get("/set-up/", **elsewhere).status_code == 403
        assert client.post("/set-up/", self.ANSWERS, **elsewhere).status_code == 403
        assert client.get(f"/set-up/?code={first_run.set_up_code()}", **elsewhere).status_code == 200

    def test_the_demo_is_removed_only_by_an_administrator_who_types_its_name(self, client, olu, ana, ticket):
        company = Company.objects.get()
        company.is_demo = True
        company.save()
        client.force_login(ana)
        assert client.post("/set-up/remove-demo/", {"name": "Alborada"}).status_code == 403
        client.force_login(olu)
        assert client.post("/set-up/remove-demo/", {"name": "Albo"}).status_code == 422
        assert User.objects.exists()
        assert client.post("/set-up/remove-demo/", {"name": "alborada"})["Location"] == "/set-up/"
        assert not User.objects.exists()
        assert Company.objects.get().set_up_at is None


def test_language_and_theme_are_chosen_on_the_page_one_is_on(client, ana):
    client.force_login(ana)
    answer = client.post("/language/", {"language": "es", "next": "/profile/"})
    assert answer["Location"] == "/profile/"
    assert client.get("/profile/")["Content-Language"] == "es"
    client.post("/theme/", {"theme": "dark"})
    assert 'data-theme="dark"' in client.get("/profile/").content.decode()
    assert client.post("/language/", {"language": "xx", "next": "https://evil.example"})["Location"] == "/"


def test_every_page_has_a_policy_without_inline_code(client, company):
    policy_header = client.get("/sign-in/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy_header
    assert "unsafe" not in policy_header
