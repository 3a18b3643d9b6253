"""A request as its customer sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cx.models import Promise
from helpdesk.common import tokens
from helpdesk.portal import limits, stamps
from tests import factories
from tests.portal.conftest import altered, read, sent_before, token_of
from tickets.models import Attachment, Delivery, EventKind, Message, Status, Ticket

pytestmark = pytest.mark.django_db

NOTE = "zanahoria-nobody-outside-may-read-this"


@pytest.fixture
def a_file():
    """Make a file that hangs on a message."""

    def _file(message: Message, content: bytes = b"%PDF-1.7") -> Attachment:
        kept = Attachment(message=message, filename="bill.pdf", content_type="application/pdf", size=8, sha256="0")
        kept.file.save("x", ContentFile(content))
        return kept

    return _file


def url_of(ticket: Ticket, name: str = "request", **more: object) -> str:
    return reverse(f"portal:{name}", kwargs={"token": token_of(ticket), **more})


def reply(browser: Client, ticket: Ticket, **form: object):
    return browser.post(url_of(ticket, "request-reply"), {"stamp": stamps.new(), **form})


# --- Reading ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_what_was_said_newest_first(browser, ticket, ana, settle):
    ticket.reply(by=ana, text="We look into it.")
    settle()

    page = read(browser.get(url_of(ticket)))

    assert page.index("We look into it.") < page.index("You charged me twice")
    assert "Ana" in page
    assert "Alonso" not in page
    assert "ana@alborada.example" not in page


def test_older_messages_are_one_click_away(browser, ticket, carla, ana):
    for n in range(4):
        ticket.receive(text=f"Message number {n}", customer=carla, channel="email")

    html = browser.get(url_of(ticket)).content.decode()

    assert "Show 3 earlier messages" in html
    assert html.index('<details class="earlier"') < html.index("Message number 1")


def test_nothing_internal_is_on_the_page(browser, ticket, ana, ben, installations, settle):
    ticket.add_note(by=ana, text=NOTE)
    ticket.reply(by=ana, text="We look into it.")
    settle()
    ticket.move(to=installations, by=ana)
    ticket.assign(to=ben, by=ana)
    ticket.prioritise(priority="urgent", by=ana)

    page = browser.get(url_of(ticket)).content.decode()

    for hidden in (NOTE, "Installations", "Ben", "Barker", "urgent", "Urgent", "moved the ticket"):
        assert hidden not in page


def test_a_note_is_in_no_answer_of_this_door(browser, ticket, ana, invitation):
    ticket.add_note(by=ana, text=NOTE)
    survey = tokens.make(tokens.Purpose.ANSWER_SURVEY, invitation=invitation.pk)
    stop = tokens.make(tokens.Purpose.STOP_SURVEYS, customer=ticket.requester_id)
    answers = [
        browser.get("/"),
        browser.get("/health/"),
        browser.get("/requests/new/"),
        browser.get(url_of(ticket)),
        reply(browser, ticket, text=""),
        browser.get(url_of(ticket), {"said": "sent"}),
        browser.get(f"/s/{survey}/"),
        browser.post(f"/s/{survey}/", {"score": "2", "solved": "no"}, follow=True),
        browser.get(f"/surveys/stop/{stop}/"),
        browser.post(f"/surveys/stop/{stop}/", follow=True),
        browser.post("/links/", {"email": "carla@example.com"}, follow=True),
        browser.get(f"/r/{altered(token_of(ticket))}/"),
    ]

    for answer in answers:
        assert NOTE not in answer.content.decode()
        assert answer.status_code < 500


def test_a_reply_that_can_still_be_taken_back_leaves_no_trace(browser, ticket, ana, settle):
    before = read(browser.get(url_of(ticket)))
    message = ticket.reply(by=ana, text="Hasty words.", then="resolved", undo_seconds=30)
    Promise.make(ticket, what="A hasty promise", due_at=timezone.now() + timedelta(days=1), by=ana, message=message)

    during = read(browser.get(url_of(ticket)))

    assert "Hasty" not in during
    assert "hasty" not in during
    assert "Ana" not in during
    assert "Yes, it’s solved" in during
    assert during == before

    Delivery.objects.filter(message=message).update(due_at=timezone.now())
    settle()
    after = read(browser.get(url_of(ticket)))
    assert "Hasty words." in after
    assert "A hasty promise" in after
    assert "Answered by Ana" in after


def test_a_reply_by_phone_is_shown_at_once(browser, carla, ana, support):
    carla.addresses.all().delete()
    ticket = factories.a_ticket(carla, channel="phone")
    ticket.reply(by=ana, text="As I said on the phone.", to=[])

    assert "As I said on the phone." in read(browser.get(url_of(ticket)))


def test_words_of_a_stranger_are_not_shown(browser, ticket, dora):
    ticket.receive(text="I am somebody else", customer=dora, channel="email", is_from_stranger=True)
    ticket.receive(text="I was written to", customer=dora, channel="email")

    page = read(browser.get(url_of(ticket)))

    assert "I am somebody else" not in page
    assert "I was written to" in page
    assert "dora@example.org" not in page


def test_markup_that_was_typed_stays_text(browser, carla, support):
    ticket = factories.a_ticket(carla, mailbox=support, subject="<i>Hm</i>", text="<script>alert(1)</script>")

    html = browser.get(url_of(ticket)).content.decode()

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "<i>Hm" not in html


def test_promises_are_shown_with_what_became_of_them(browser, ticket, ana):
    tomorrow = timezone.now() + timedelta(days=1)
    kept, broken, withdrawn = (
        Promise.make(ticket, what=what, due_at=tomorrow, by=ana) for what in ("A refund", "A visit", "A mistake")
    )
    Promise.make(ticket, what="A call", due_at=tomorrow, by=ana)
    kept.keep(by=ana)
    withdrawn.withdraw(by=ana)
    Promise.objects.filter(pk=broken.pk).update(state="broken", settled_at=timezone.now())

    page = read(browser.get(url_of(ticket)))

    assert "What we promised you" in page
    assert "A refund" in page
    assert "Done" in page
    assert "Late" in page
    assert "A call" in page
    assert "Tomorrow" in page
    assert "A mistake" not in page


@pytest.mark.parametrize(
    ("prepare", "now", "title"),
    [
        (lambda t, ana: None, "Our answer", None),
        (lambda t, ana: t.reply(by=ana, text="Hello"), "Solved", "Answered by Ana"),
        (lambda t, ana: t.reply(by=ana, text="Which one?", then="waiting"), "Your answer", "Answered by Ana"),
        (lambda t, ana: t.reply(by=ana, text="Done.", then="resolved"), None, "Solved"),
        (lambda t, ana: t.resolve(by=ana, reason="They called."), None, "Solved"),
    ],
)
def test_the_line_says_how_far_it_is(browser, ticket, ana, settle, prepare, now, title):
    prepare(ticket, ana)
    settle()

    html = browser.get(url_of(ticket)).content.decode()

    line = html[html.index('class="track') : html.index("</ol>", html.index('class="track'))]
    assert "Received" in line
    assert title is None or title in line
    if now:
        assert line[line.index('aria-current="step"') :].split("</b>")[0].endswith(now)
    else:
        assert "aria-current" not in line


def test_a_request_is_read_in_its_own_language(browser, ticket):
    ticket.language = "es"
    ticket.save()

    response = browser.get(url_of(ticket), headers={"Accept-Language": "en"})

    assert '<html lang="es"' in response.content.decode()
    assert response["Content-Language"] == "es"


def test_times_are_the_companys_not_the_readers(ticket, ana, as_user):
    ana.time_zone = "America/Lima"
    ana.save()
    Ticket.objects.filter(pk=ticket.pk).update(created_at=timezone.now().replace(month=1, day=5, hour=12, minute=7))

    page = read(as_user(ana).get(url_of(ticket)))

    assert "13:07" in page  # Madrid in January


def test_a_page_behind_a_link_is_kept_and_found_by_nobody(browser, ticket, a_file):
    file = a_file(ticket.messages.first())
    for response in (
        browser.get(url_of(ticket)),
        browser.get(url_of(ticket, "request-file", pk=file.pk)),
        reply(browser, ticket, text=""),
        browser.get(f"/r/{altered(token_of(ticket))}/"),
    ):
        assert response["Cache-Control"] == "private, no-store"
        assert response["Referrer-Policy"] == "same-origin"
        assert "noindex" in response["X-Robots-Tag"]


def test_opening_the_link_confirms_the_address_once(browser, dora, support):
    ticket = factories.a_ticket(dora, mailbox=support, channel="web")

    browser.head(url_of(ticket))
    ticket.refresh_from_db()
    assert not ticket.is_address_confirmed

    browser.get(url_of(ticket))
    browser.get(url_of(ticket))
    ticket.refresh_from_db()
    assert ticket.is_address_confirmed
    assert dora.addresses.get().confirmed_at
    assert ticket.events.filter(kind=EventKind.CONFIRMED).count() == 1


def test_one_of_us_confirms_nobodys_address(as_user, ana, dora, support):
    ticket = factories.a_ticket(dora, mailbox=support, channel="web")

    assert as_user(ana).get(url_of(ticket)).status_code == 200

    ticket.refresh_from_db()
    assert not ticket.is_address_confirmed


def test_the_page_costs_few_queries_however_long_the_story(browser, ticket, carla, ana, django_assert_max_num_queries):
    for n in range(15):
        ticket.receive(text=f"More {n}", customer=carla, channel="email")
        ticket.reply(by=ana, text=f"Answer {n}")
    Delivery.objects.update(state=Delivery.State.SENT)
    assert "Answer 14" in browser.get(url_of(ticket)).content.decode()

    with django_assert_max_num_queries(20):
        browser.get(url_of(ticket))


# --- Whose ------------------------------------------------------------------------------------------------------------


def test_doras_link_shows_nothing_of_carla(browser, ticket, dora, a_file):
    file = a_file(ticket.messages.first())
    hers = factories.a_ticket(dora, subject="Dora's own", text="Something of mine")

    page = browser.get(url_of(hers)).content.decode()

    for hidden in ("Carla", "carla@", str(ticket.number), "charged me twice"):
        assert hidden not in page
    assert browser.get(url_of(hers, "request-file", pk=file.pk)).status_code == 404
    assert browser.get(url_of(ticket, "request-file", pk=file.pk)).status_code == 200


def test_carlas_two_requests_do_not_show_each_other(browser, ticket, carla, a_file):
    other = factories.a_ticket(carla, subject="Another matter", text="Altogether different")
    file = a_file(other.messages.first())

    page = browser.get(url_of(ticket)).content.decode()

    assert str(other.number) not in page
    assert "Altogether" not in page
    assert browser.get(url_of(ticket, "request-file", pk=file.pk)).status_code == 404


@pytest.mark.parametrize("purpose", [p for p in tokens.Purpose if p != tokens.Purpose.FOLLOW_TICKET])
def test_a_token_for_something_else_opens_no_request(browser, ticket, purpose):
    token = tokens.make(purpose, ticket=ticket.number)

    assert browser.get(f"/r/{token}/").status_code == 404


def test_an_altered_link_opens_nothing_and_offers_a_new_one(browser, ticket, a_file):
    file = a_file(ticket.messages.first())
    bad = altered(token_of(ticket))
    for response in (
        browser.get(f"/r/{bad}/"),
        browser.post(f"/r/{bad}/replies/", {"text": "Hello"}),
        browser.post(f"/r/{bad}/solved/"),
        browser.get(f"/r/{bad}/files/{file.pk}/"),
        browser.get(f"/r/{token_of(ticket)[:-4]}/"),
        browser.get("/r/x/"),
        browser.get("/r/" + "a" * 3000 + "/"),
    ):
        page = read(response)
        assert response.status_code == 404
        assert "This link does not work" in page
        assert "Send me my link" in page
        assert str(ticket.number) not in page
    assert ticket.messages.count() == 1


def test_a_link_to_a_ticket_that_is_gone_says_the_same(browser, cast):
    token = tokens.make(tokens.Purpose.FOLLOW_TICKET, ticket=999_999)

    assert "This link does not work" in read(browser.get(f"/r/{token}/"))


@pytest.mark.parametrize("values", [{}, {"ticket": None}, {"ticket": "x"}, {"ticket": [1]}])
def test_a_link_that_names_nothing_says_the_same(browser, cast, values):
    assert browser.get(f"/r/{tokens.make(tokens.Purpose.FOLLOW_TICKET, **values)}/").status_code == 404


def test_an_expired_link_shows_nothing_and_offers_a_new_one(browser, ticket):
    old = sent_before(timedelta(days=61), lambda: token_of(ticket))

    for response in (browser.get(f"/r/{old}/"), browser.post(f"/r/{old}/replies/", {"text": "Hello"})):
        page = response.content.decode()
        assert response.status_code == 410
        assert "This link has expired" in page
        assert "Send a new link" in page
        for hidden in ("carla@", "Carla", "charged me twice", ticket.subject, 'type="email"'):
            assert hidden not in page
    assert ticket.messages.count() == 1


# --- Files ------------------------------------------------------------------------------------------------------------


def test_files_are_downloads_that_run_nowhere(browser, ticket, a_file):
    file = a_file(ticket.messages.first(), b"<script>alert(1)</script>")

    response = browser.get(url_of(ticket, "request-file", pk=file.pk))

    assert response["Content-Disposition"] == 'attachment; filename="bill.pdf"'
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"


def test_a_file_of_a_reply_that_can_be_taken_back_is_not_there(browser, ticket, ana, a_file):
    file = a_file(ticket.reply(by=ana, text="See the bill.", undo_seconds=30))

    assert browser.get(url_of(ticket, "request-file", pk=file.pk)).status_code == 404


def test_a_file_whose_bytes_are_gone_is_not_found(browser, ticket, a_file):
    file = a_file(ticket.messages.first())
    file.file.delete(save=False)
    Attachment.objects.filter(pk=file.pk).update(file="attachments/aa/gone")

    assert browser.get(url_of(ticket, "request-file", pk=file.pk)).status_code == 404


# --- Writing ----------------------------------------------------------------------------------------------------------


def test_a_reply_lands_in_the_ticket_with_its_files(browser, resolved_ticket, settle):
    settle()
    photo = SimpleUploadedFile("photo.jpg", b"\xff\xd8", "image/jpeg")

    response = reply(browser, resolved_ticket, text="It is back.\r\nSince today.", attachments=[photo])

    resolved_ticket.refresh_from_db()
    message = resolved_ticket.messages.latest("pk")
    assert response.status_code == 302
    assert message.text == "It is back.\nSince today."
    assert message.channel == "web"
    assert message.customer == resolved_ticket.requester
    assert message.attachments.get().filename == "photo.jpg"
    assert resolved_ticket.is_open
    page = read(browser.get(response["Location"]))
    assert "Your reply is with us." in page
    assert "photo.jpg" in page


def test_the_same_reply_twice_is_one_message(browser, ticket):
    form = {"stamp": stamps.new(), "text": "Hello again"}

    browser.post(url_of(ticket, "request-reply"), form)
    browser.post(url_of(ticket, "request-reply"), form)

    assert ticket.messages.filter(text="Hello again").count() == 1


def test_the_same_words_said_later_are_said_again(browser, ticket):
    reply(browser, ticket, text="Any news?")
    reply(browser, ticket, text="Any news?")

    assert ticket.messages.filter(text="Any news?").count() == 2


def test_a_reply_to_a_closed_request_opens_one_that_continues_it(browser, resolved_ticket, settle):
    resolved_ticket.close()
    form = {"stamp": stamps.new(), "text": "It is back."}

    response = browser.post(url_of(resolved_ticket, "request-reply"), form)
    browser.post(url_of(resolved_ticket, "request-reply"), form)

    resolved_ticket.refresh_from_db()
    new = Ticket.objects.exclude(pk=resolved_ticket.pk).get()
    assert resolved_ticket.is_closed
    assert new.continues == resolved_ticket
    assert new.subject == resolved_ticket.subject
    assert new.team == resolved_ticket.team
    assert new.is_address_confirmed
    assert new.messages.filter(author="customer").get().text == "It is back."
    assert new.deliveries.get().kind == "acknowledgement"
    page = read(browser.get(response["Location"]))
    assert "We opened a new request for it." in page
    assert str(new.number) in page


@pytest.mark.parametrize(("text", "says"), [("", "Write your reply"), ("\u200b \n", "Write your reply")])
def test_an_empty_reply_is_refused_in_words(browser, ticket, text, says):
    response = reply(browser, ticket, text=text)

    assert response.status_code == 422
    assert "<title>Error: " in response.content.decode()
    assert read(response).count(says) >= 2
    assert ticket.messages.count() == 1


def test_a_reply_that_is_too_long_is_kept_in_the_form(browser, ticket):
    response = reply(browser, ticket, text="long " * 5000)

    assert response.status_code == 422
    assert "long long long" in response.content.decode()


def test_a_flood_of_replies_stops_and_keeps_the_words(browser, ticket, monkeypatch):
    monkeypatch.setattr(limits, "REPLIES_AN_HOUR", 2)
    for n in range(2):
        assert reply(browser, ticket, text=f"Hello {n}").status_code == 302

    response = reply(browser, ticket, text="One more")

    assert response.status_code == 429
    assert "One more" in response.content.decode()
    assert ticket.messages.count() == 3


def test_reloading_a_reply_leads_to_the_page(browser, ticket):
    assert browser.get(url_of(ticket, "request-reply")).status_code == 302


def test_yes_it_is_solved(browser, ticket, settle):
    response = browser.post(url_of(ticket, "request-solved"))
    browser.post(url_of(ticket, "request-solved"))

    ticket.refresh_from_db()
    assert ticket.status == Status.RESOLVED
    assert ticket.resolution_reason == "The customer says that it is solved."
    assert ticket.events.filter(kind=EventKind.RESOLVED).count() == 1
    page = read(browser.get(response["Location"]))
    assert "Thank you for telling us." in page
    assert "Yes, it’s solved" not in page


def test_only_a_post_solves(browser, ticket):
    assert browser.get(url_of(ticket, "request-solved")).status_code == 405
    browser.head(url_of(ticket, "request-solved"))

    ticket.refresh_from_db()
    assert ticket.is_open
