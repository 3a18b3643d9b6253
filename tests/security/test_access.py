"""Every address against every role: what is not theirs is refused, and refused before anything changes."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from cx.models import Promise
from helpdesk.api import urls as api
from helpdesk.people.access import ABILITIES
from helpdesk.people.models import ApiToken, User
from helpdesk.workspace import urls as workspace
from tests import factories
from tickets.models import Attachment, Draft, Event, InboundEmail, Message, Note, Notification, Ticket

pytestmark = pytest.mark.django_db

# Who may ask at all, whatever the ticket. Everything that is not named here is for whoever sees tickets.
REPLIES = {
    "assignment", "team", "priority", "resolution", "reopening", "waiting", "snooze", "waking", "replies", "undo-reply",
    "bulk", "bulk-people", "bulk-action", "bulk-progress", "bulk-stop", "bulk-undo",
    "customer-edit", "customer-merge", "customer-split", "known-customers", "follow-up-plan", "ticket-follow-up",
    "follow-up-done", "follow-up-move", "follow-up-drop", "follow-up-resume",
    "promises", "promise-kept", "promise-withdrawn", "ticket-new", "spam", "spam-undo", "merging", "unmerging",
    "undelivered-resend", "undelivered-settle", "undelivered-unsettle", "after-sending",
    "ticket-macros", "macros", "macro-new", "macro", "macro-delete", "macro-restore",
    "macro-undo", "macros-ready", "macros-ready-undo",
    "ticket-write", "side-new", "side-undo", "side-end", "side-reopen",
    "planned-again", "planned-stop", "planned-send", "bin", "deleting", "undeleting", "splitting", "unsplitting",
    "requester", "links", "unlinking", "children-replies", "children-resolving",
    "review-ask", "review-stop", "review", "review-approve", "review-return", "review-again", "review-text",
    "review-take", "review-give-back", "properties", "ticket-tags", "checklist", "ticket-time",
    "complaint-seek", "complaint-examine", "complaint-decide", "complaint-tell", "complaint-object", "complaint-end",
    "complaint-back", "promises-found", "promise-found-answered", "promise-found-settled",
    "recoveries", "recovery-take-back", "recovery-put-back", "customer-consent",
}  # fmt: skip
NAMES_FIELDS = {
    "custom-fields", "custom-field-new", "custom-field", "custom-field-retire", "custom-field-return", "budgets",
}  # fmt: skip
KEEPS_OFFERS = {"offer-new", "offer", "offer-withdraw", "offer-put-back"}
WRITES_ARTICLES = {"article-new", "article-edit", "article-delete", "article-restore"}
TAGS = {
    "tagging", "tagging-confirm", "tagging-undo", "confirm", "confirm-ticket", "confirm-undo", "second-look",
    "second-look-skip", "suggestions",
}  # fmt: skip
NAMES_TAGS = {"wording", "model-use"}
RUNS_MAIL = {
    "mail", "mail-retry-all", "inbound-email", "inbound-email-raw", "inbound-email-retry", "inbound-email-discard",
    "mail-retry-progress", "inbound-email-spam", "inbound-email-block", "blocked", "blocked-remove",
    "inbound-email-take-back", "ledger", "ledger-missing", "promises-untracked",
}  # fmt: skip
ADMINISTERS = {"mailboxes", "mailbox-new", "mailbox", "mailbox-test"}
OUTBOX = {"outbox", "outbox-email", "outbox-html", "outbox-raw"}
BY_LINK = {"picture", "notice-stop"}  # signed links of their own: for the frame of a mail, and for mail programs
REPORTS = {"queue", "report", "report-heat-map", "recovery-report"}
SIGNED_IN = [pattern for pattern in workspace.urlpatterns if pattern.name not in BY_LINK]
NUMBERED = [pattern for pattern in workspace.urlpatterns if "number" in pattern.pattern.converters]


def names(patterns: list[URLPattern]) -> list[str]:
    return [str(pattern.name) for pattern in patterns]


def needs(name: str) -> str:
    for ability, those in (("reply", REPLIES), ("tag", TAGS), ("name_tags", NAMES_TAGS),
                           ("name_fields", NAMES_FIELDS), ("keep_offers", KEEPS_OFFERS),
                           ("write_articles", WRITES_ARTICLES), ("review_colleagues", {"tagging-refinement"}),
                           ("run_mail", RUNS_MAIL), ("read_outbox", OUTBOX),
                           ("administer", ADMINISTERS), ("see_reports", REPORTS),
                           ("write_notes", {"notes", "draft", "mentionable", "customer-notes", "customer-note-remove",
                                            "customer-note-restore"})):  # fmt: skip
        if name in those:
            return ability
    return "see_tickets"


def address(pattern: URLPattern, *, number: int, pk: int = 1) -> str:
    given = {
        "number": number, "pk": pk, "view": "open", "mode": "note", "token": "x", "slug": "x", "note": 1, "key": "x",
        "state": "tracked",
    }  # fmt: skip
    return reverse(f"workspace:{pattern.name}", kwargs={name: given[name] for name in pattern.pattern.converters})


def everything() -> tuple[object, ...]:
    """What the rows say, to compare before and after."""
    tickets = Ticket.objects.order_by("pk").values_list("status", "priority", "team", "assignee", "updated_at")
    kept = (Event, Message, Note, Draft, Promise, Notification)
    mail = InboundEmail.objects.order_by("pk").values_list("state", "attempts")
    return (*tickets, *mail, *(model.objects.count() for model in kept))  # type: ignore[attr-defined]


@pytest.fixture
def foreign(dora, installations) -> Ticket:
    """A ticket of another team, with something of everything."""
    ticket = factories.a_ticket(dora, team=installations, text="A foreign secret")
    return ticket


SHUT = [(role, each) for role in ABILITIES for each in SIGNED_IN if needs(str(each.name)) not in ABILITIES[role]]


@pytest.mark.parametrize(("role", "pattern"), SHUT, ids=[f"{role}-{each.name}" for role, each in SHUT])
def test_no_role_passes_a_door_that_is_not_its_own(cast, ticket, as_user, role, pattern):
    user = User.objects.filter(role=role).first() or User.objects.create_user("cora@alborada.example", role=role)
    before = everything()
    for method in ("get", "post"):
        answer = getattr(as_user(user), method)(address(pattern, number=ticket.number))
        assert answer.status_code in (403, 405), (method, answer.status_code)
    assert everything() == before


@pytest.mark.parametrize("pattern", SIGNED_IN, ids=names(SIGNED_IN))
def test_nobody_comes_in_without_signing_in(client, ticket, pattern):
    before = everything()
    for method in ("get", "post"):
        answer = getattr(client, method)(address(pattern, number=ticket.number))
        assert answer.status_code == 405 or answer["Location"].startswith("/sign-in/")
    assert everything() == before


@pytest.mark.parametrize("who", ["ana", "lou", "lea"])
@pytest.mark.parametrize("pattern", NUMBERED, ids=names(NUMBERED))
def test_a_ticket_of_another_team_is_nowhere(cast, foreign, as_user, who, pattern):
    before = everything()
    for method in ("get", "post"):
        answer = getattr(as_user(getattr(cast, who)), method)(
            address(pattern, number=foreign.number), {"text": "x", "assignee": cast.ana.pk, "team": cast.billing.pk}
        )
        assert answer.status_code in (403, 404, 405), (method, answer.status_code)
        assert "A foreign secret" not in answer.content.decode()
    assert everything() == before


def test_a_ticket_that_is_not_there_and_one_that_is_not_theirs_look_alike(cast, foreign, as_user):
    client = as_user(cast.ana)
    there, absent = (client.get(f"/tickets/{number}/").content.decode() for number in (foreign.number, 99999))
    differs = re.compile(rf'value="\w{{64}}"|/tickets/(?:{foreign.number}|99999)/')
    assert differs.sub("", there) == differs.sub("", absent)


def test_what_hangs_on_another_ticket_is_not_reached_through_ones_own(cast, ticket, foreign, as_user, deliver):
    from django.core.files.base import ContentFile

    theirs = foreign.messages.get()
    Message.objects.filter(pk=theirs.pk).update(html="<p>A foreign secret</p>")
    attachment = Attachment(message=theirs, filename="a.txt", content_type="text/plain", size=1, sha256="0" * 64)
    attachment.file.save("x", ContentFile(b"A foreign secret"))
    reply = foreign.reply(by=cast.ben, text="An answer", undo_seconds=60)
    promise = Promise.make(foreign, what="Come", due_at=timezone.now() + timedelta(days=1), by=cast.ben)
    client, own = as_user(cast.ana), f"/tickets/{ticket.number}"
    assert client.get(f"{own}/files/{attachment.pk}/").status_code == 404
    assert client.get(f"{own}/files/{attachment.pk}/preview/").status_code == 404
    assert client.get(f"{own}/messages/{theirs.pk}/original/").status_code == 404
    assert client.post(f"{own}/promises/{promise.pk}/kept/").status_code == 404
    assert client.post(f"{own}/promises/{promise.pk}/withdrawn/").status_code == 404
    client.post(f"{own}/replies/{reply.pk}/undo/")
    assert Message.objects.filter(pk=reply.pk).exists()
    promise.refresh_from_db()
    assert promise.is_pending


def test_a_ticket_is_given_only_to_people_who_can_answer_it(cast, ticket, as_user):
    client = as_user(cast.ana)
    for stranger in (cast.ben, cast.lou, cast.gus):
        client.post(f"/tickets/{ticket.number}/assignment/", {"assignee": stranger.pk})
        ticket.refresh_from_db()
        assert ticket.assignee is None


# --- The mail pages ----------------------------------------------------------------------------------------------


def test_a_lead_reads_the_mail_of_their_own_teams_only(cast, as_user, deliver):
    from tickets.models import Mailbox

    visits = Mailbox.objects.create(address="visits@alborada.example", name="Visits", team=cast.installations)
    deliver(factories.a_mail(sender="mailer-daemon@example.net", subject="Foreign", text="A foreign secret",
                             auto_submitted="auto-generated", to=visits.address), mailbox=visits)  # fmt: skip
    foreign = InboundEmail.objects.get()
    deliver(factories.a_mail(text="Ours"))
    client = as_user(cast.lea)
    for path in (f"/mail/{foreign.pk}/", f"/mail/{foreign.pk}/raw/"):
        assert client.get(path).status_code == 404
    assert "Foreign" not in client.get("/mail/").content.decode()
    assert client.post(f"/mail/{foreign.pk}/retrying/").status_code == 404
    assert client.post(f"/mail/{foreign.pk}/discarding/", {"reason": "x"}).status_code == 404
    assert client.post(f"/mail/{foreign.pk}/discarding/undo/").status_code == 404
    assert client.post(f"/mail/{foreign.pk}/spam/").status_code == 404
    assert client.post(f"/mail/{foreign.pk}/blocking/", {"whom": "address"}).status_code == 404
    client.post("/mail/retrying/")
    foreign.refresh_from_db()
    assert foreign.ticket is None
    assert as_user(cast.mia).get(f"/mail/{foreign.pk}/").status_code == 200
    ours = InboundEmail.objects.latest("pk")
    assert client.get(f"/mail/{ours.pk}/").status_code == 200
    ours.ticket.move(to=cast.installations, by=cast.olu)
    assert client.get(f"/mail/{ours.pk}/raw/").status_code == 404


def test_a_link_to_a_new_password_is_read_by_its_owner_and_administrators(cast, client, as_user, settings):
    from helpdesk.accounts import account_mail
    from tickets.models import OutboxEmail

    client.post("/password/", {"email": cast.olu.email})
    account_mail.send_due()
    mail = OutboxEmail.objects.get()
    for path in (f"/outbox/{mail.pk}/", f"/outbox/{mail.pk}/html/", f"/outbox/{mail.pk}/raw/"):
        assert as_user(cast.mia).get(path).status_code == 404
        assert as_user(cast.lea).get(path).status_code == 403
        assert as_user(cast.olu).get(path).status_code == 200
    assert cast.olu.email not in as_user(cast.mia).get("/outbox/").content.decode()


def test_notifications_stop_telling_of_tickets_that_were_taken_away(cast, ticket, as_user):
    ticket.assign(to=cast.ana, by=cast.mia)
    ticket.unassign(by=cast.mia)
    ticket.move(to=cast.installations, by=cast.mia)
    Ticket.objects.filter(pk=ticket.pk).update(subject="A foreign secret")
    page = as_user(cast.ana).get("/notifications/").content.decode()
    assert "A foreign secret" not in page


def test_somebody_who_left_is_written_to_no_more(cast, resolved_ticket, settle):
    resolved_ticket.assign(to=cast.ana, by=cast.mia)
    User.objects.filter(pk=cast.ana.pk).update(is_active=False)
    resolved_ticket.refresh_from_db()
    resolved_ticket.reopen(by=None, reason="survey")
    assert not resolved_ticket.deliveries.filter(address=cast.ana.email).exists()


# --- The API -----------------------------------------------------------------------------------------------------

API = [pattern for pattern in api.urlpatterns if "number" in pattern.pattern.converters]


def machine(user: User) -> Client:
    _row, key = ApiToken.issue(user=user, name="test")
    return Client(headers={"Authorization": f"Bearer {key}"})


@pytest.mark.parametrize(("pattern", "who"), list(itertools.product(API, ["ana", "lou", "gus"])))
def test_the_api_knows_no_ticket_of_another_team(cast, foreign, pattern, who):
    path, before = reverse(f"api:{pattern.name}", args=[foreign.number]), everything()
    for method in ("get", "post", "delete", "put", "patch"):
        answer = getattr(machine(getattr(cast, who)), method)(
            path, {"text": "x", "assignee": cast.ana.email}, content_type="application/json"
        )
        assert answer.status_code in (403, 404, 405), (method, answer.status_code)
        assert "A foreign secret" not in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize("pattern", [each for each in api.urlpatterns if each.name not in ("token", "schema")])
def test_the_api_asks_for_a_token_and_takes_no_cookie(cast, ticket, as_user, pattern):
    path = reverse(f"api:{pattern.name}", args=[ticket.number] if pattern.pattern.converters else [])
    for client, method in itertools.product((Client(), as_user(cast.olu)), ("get", "post")):
        assert getattr(client, method)(path).status_code in (401, 405)


def test_a_light_agent_cannot_answer_by_api(cast, ticket):
    for verb, body in (("replies", {"text": "x"}), ("assignment", {"assignee": None}), ("resolution", {}),
                       ("reopening", {}), ("tagging/confirmation", {})):  # fmt: skip
        answer = machine(cast.lou).post(f"/api/v1/tickets/{ticket.number}/{verb}/", body, "application/json")
        assert answer.status_code == 403, verb


def test_by_api_too_a_ticket_is_given_only_to_people_who_can_answer_it(cast, ticket):
    for stranger in (cast.ben, cast.lou, cast.gus):
        answer = machine(cast.ana).post(
            f"/api/v1/tickets/{ticket.number}/assignment/", {"assignee": stranger.email}, "application/json"
        )
        assert answer.status_code in (400, 422)
        ticket.refresh_from_db()
        assert ticket.assignee is None


def test_whoever_opens_a_ticket_by_api_may_read_it(cast):
    """Ben works in Installations; the only mailbox is Billing's."""
    answer = machine(cast.ben).post(
        "/api/v1/tickets/", {"subject": "S", "text": "T", "email": "carla@example.com"}, "application/json"
    )
    assert answer.status_code == 201


def test_a_token_ends_with_the_login(cast, ticket):
    client = machine(cast.ana)
    assert client.get("/api/v1/tickets/").status_code == 200
    User.objects.filter(pk=cast.ana.pk).update(is_active=False)
    assert client.get("/api/v1/tickets/").status_code == 401
