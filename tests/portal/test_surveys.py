"""How it was: what is recorded, and what never is."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from cx import surveys
from cx.models import Response
from helpdesk.common import tokens
from tests.portal.conftest import altered, read, sent_before
from tickets.models import Notification, Status, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(invitation) -> str:
    return f"/s/{surveys.token_for(invitation)}/"


@pytest.fixture
def stop_url(carla) -> str:
    return f"/surveys/stop/{tokens.make(tokens.Purpose.STOP_SURVEYS, customer=carla.pk)}/"


# --- Looking records nothing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("score", ["", "1", "5", "9", "0", "-1", "x", "1' OR 1=1"])
def test_looking_records_nothing(browser, url, resolved_ticket, score):
    before = resolved_ticket.events.count()

    assert browser.get(url, {"score": score}).status_code == 200
    assert browser.head(url, {"score": score}).status_code == 200
    browser.get(f"{url}provisional/", {"score": score})
    browser.head(f"{url}provisional/", {"score": score})

    assert not Response.objects.exists()
    assert resolved_ticket.events.count() == before


def test_the_score_clicked_in_the_mail_is_chosen(browser, url):
    html = browser.get(url, {"score": "2"}).content.decode()

    assert 'value="2" checked' in html
    assert html.count(" checked") == 1


def test_a_score_beyond_the_scale_chooses_nothing(browser, url):
    assert " checked" not in browser.get(url, {"score": "7"}).content.decode()


def test_the_question_names_who_helped(browser, url, resolved_ticket):
    page = browser.get(url).content.decode()

    assert "the help you got from Ana?" in page
    assert "Alonso" not in page
    assert str(resolved_ticket.number) in page


def test_the_page_speaks_the_tickets_language(browser, url, resolved_ticket):
    Ticket.objects.filter(pk=resolved_ticket.pk).update(language="es")

    assert '<html lang="es"' in browser.get(url).content.decode()


# --- Answering -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "about"),
    [
        ({"score": "1", "short": "response_time", "better": "quality"}, "response_time"),
        ({"score": "3", "short": "promise_mismatch"}, "promise_mismatch"),
        ({"score": "4", "short": "quality", "better": "quality"}, ""),
        ({"score": "5", "short": "quality", "better": "experience_process"}, "experience_process"),
    ],
)
def test_an_answer_is_final_and_keeps_what_belongs_to_its_score(browser, url, form, about):
    response = browser.post(url, {**form, "solved": "yes", "comment": " A call before noon \r\n"})

    given = Response.objects.get()
    assert response.status_code == 302
    assert given.score == int(form["score"])
    assert given.about == about
    assert given.is_solved is True
    assert given.comment == "A call before noon"
    assert given.is_final
    assert "Thank you" in read(browser.get(response["Location"]))


def test_not_solved_reopens_the_ticket_and_says_that_we_are_on_it(browser, url, resolved_ticket, ana):
    response = browser.post(url, {"score": "2", "solved": "no", "comment": "It fails again."})

    resolved_ticket.refresh_from_db()
    assert resolved_ticket.status == Status.OPEN
    assert Notification.objects.filter(user=ana, kind=Notification.Kind.NOT_SOLVED).count() == 1
    page = browser.get(response["Location"]).content.decode()
    assert "We are on it" in page
    assert str(resolved_ticket.number) in page
    assert "/r/" not in page


def test_not_solved_on_a_closed_ticket_names_the_one_that_goes_on(browser, url, resolved_ticket):
    resolved_ticket.close()

    response = browser.post(url, {"score": "1", "solved": "no"})

    new = Ticket.objects.get(continues=resolved_ticket)
    assert str(new.number) in read(browser.get(response["Location"]))


def test_sending_twice_is_one_answer_and_one_reopening(browser, url, resolved_ticket):
    for _ in range(2):
        browser.post(url, {"score": "2", "solved": "no"})

    assert Response.objects.count() == 1
    assert resolved_ticket.messages.filter(author="customer", channel="web").count() == 1


@pytest.mark.parametrize(
    "form", [{}, {"score": ""}, {"score": "0"}, {"score": "6"}, {"score": "x"}, {"score": "5", "comment": "x" * 5001},
             {"score": "5", "better": "weather"}, {"score": "2", "solved": "perhaps"}],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_the_rest_kept(browser, url, form):
    response = browser.post(url, {"comment": "Words that stay", **form})

    assert response.status_code == 422
    assert "<title>Error: " in response.content.decode()
    if "comment" not in form:
        assert "Words that stay" in response.content.decode()
    assert not Response.objects.exists()


def test_an_answer_can_be_changed_for_fourteen_days(browser, url):
    browser.post(url, {"score": "2", "short": "quality", "comment": "Bad"})

    with time_machine.travel(timezone.now() + timedelta(days=13)):
        html = browser.get(url).content.decode()
        assert 'value="2" checked' in html
        assert "Bad" in html
        browser.post(url, {"score": "5"})
        assert Response.objects.get().score == 5

    with time_machine.travel(timezone.now() + timedelta(days=15)):
        assert "older than that" in read(browser.get(url))
        response = browser.post(url, {"score": "1"})
        assert response.status_code == 422
        assert "14 days" in read(response)
        assert Response.objects.get().score == 5


# --- Provisional -----------------------------------------------------------------------------------------------------


def test_the_first_human_signal_notes_the_score(browser, url):
    response = browser.post(f"{url}provisional/", {"score": "2", "comment": "half a sen"})

    given = Response.objects.get()
    assert response.status_code == 204
    assert (given.score, given.is_final, given.comment) == (2, False, "")


def test_a_provisional_score_is_not_shown_as_thanked_and_can_be_finished(browser, url):
    browser.post(f"{url}provisional/", {"score": "2"})

    assert 'value="2" checked' in browser.get(url, {"sent": ""}).content.decode()
    browser.post(url, {"score": "3"})
    given = Response.objects.get()
    assert (given.score, given.is_final) == (3, True)


def test_a_provisional_score_never_replaces_a_final_one(browser, url):
    browser.post(url, {"score": "5"})

    assert browser.post(f"{url}provisional/", {"score": "1"}).status_code == 204

    given = Response.objects.get()
    assert (given.score, given.is_final) == (5, True)


def test_a_provisional_post_reopens_nothing(browser, url, resolved_ticket):
    browser.post(f"{url}provisional/", {"score": "1", "solved": "no"})

    resolved_ticket.refresh_from_db()
    assert resolved_ticket.status == Status.RESOLVED


@pytest.mark.parametrize("form", [{}, {"score": "9"}, {"score": "x"}])
def test_nothing_chosen_yet_is_nothing_noted(browser, url, form):
    assert browser.post(f"{url}provisional/", form).status_code == 204
    assert not Response.objects.exists()


# --- Other kinds -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "scores", "says"), [("nps", 11, "recommend Alborada"), ("ces", 7, "made it easy")])
def test_other_scales_are_asked_in_their_own_words(browser, url, invitation, kind, scores, says):
    invitation.kind = kind
    invitation.save()

    page = browser.get(url, {"score": "0" if kind == "nps" else "7"}).content.decode()

    assert page.count('name="score"') == scores
    assert page.count(" checked") == 1
    assert says in page
    assert "What fell short" not in page


def test_nought_is_an_answer(browser, url, invitation):
    invitation.kind = "nps"
    invitation.save()

    browser.post(url, {"score": "0"})

    assert Response.objects.get().score == 0


# --- Links -----------------------------------------------------------------------------------------------------------


def test_an_altered_link_answers_nothing(browser, invitation):
    bad = altered(surveys.token_for(invitation))

    for response in (
        browser.get(f"/s/{bad}/"),
        browser.post(f"/s/{bad}/", {"score": "5"}),
        browser.post(f"/s/{bad}/provisional/", {"score": "5"}),
    ):
        assert response.status_code == 404
        assert "This link does not work" in read(response)
    assert not Response.objects.exists()


def test_a_link_works_for_thirty_days(browser, invitation):
    old = sent_before(timedelta(days=31), lambda: surveys.token_for(invitation))

    for response in (browser.get(f"/s/{old}/"), browser.post(f"/s/{old}/", {"score": "5"})):
        assert response.status_code == 410
        assert "This link has expired" in read(response)
    assert not Response.objects.exists()


def test_a_link_to_a_request_answers_no_survey(browser, invitation):
    token = tokens.make(tokens.Purpose.FOLLOW_TICKET, invitation=invitation.pk)

    assert browser.post(f"/s/{token}/", {"score": "5"}).status_code == 404


# --- No more questions -----------------------------------------------------------------------------------------------


def test_a_look_stops_nothing(browser, stop_url, carla):
    response = browser.get(stop_url)
    browser.head(stop_url)

    carla.refresh_from_db()
    assert carla.refuses_surveys_at is None
    assert "Stop asking me" in read(response)
    assert "carla" not in response.content.decode().lower()


def test_one_click_stops_it_and_another_undoes_it(browser, stop_url, carla):
    stopped = browser.post(stop_url, {"stop": "1"}, follow=True)
    carla.refresh_from_db()
    assert carla.refuses_surveys_at
    assert "Ask me again" in read(stopped)

    again = browser.post(stop_url, {"again": "1"}, follow=True)
    carla.refresh_from_db()
    assert carla.refuses_surveys_at is None
    assert "Stop asking me" in read(again)


def test_a_mail_program_stops_it_without_cookie_or_redirect(cast, stop_url, carla):
    machine = Client(enforce_csrf_checks=True)

    response = machine.post(stop_url, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")

    carla.refresh_from_db()
    assert response.status_code == 200
    assert carla.refuses_surveys_at


def test_whoever_stopped_is_not_asked(stop_url, browser, resolved_ticket):
    browser.post(stop_url)
    resolved_ticket.requester.refresh_from_db()

    assert surveys.reason_not_to_ask(resolved_ticket, now=timezone.now()) == "They asked us to stop asking"


def test_an_old_link_still_stops(browser, carla):
    old = sent_before(
        timedelta(days=800), lambda: tokens.make(tokens.Purpose.STOP_SURVEYS, customer=carla.pk)
    )  # fmt: skip

    browser.post(f"/surveys/stop/{old}/")

    carla.refresh_from_db()
    assert carla.refuses_surveys_at


def test_an_altered_link_stops_nobody(browser, stop_url, carla):
    token = stop_url.split("/")[-2]

    assert browser.post(f"/surveys/stop/{altered(token)}/").status_code == 404
    carla.refresh_from_db()
    assert carla.refuses_surveys_at is None
