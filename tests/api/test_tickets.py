from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from cx.models import Tagging
from helpdesk.people.models import ApiToken
from tests import factories
from tests.cast import PASSWORD
from tickets.models import Attachment, Message, Ticket

pytestmark = pytest.mark.django_db

URL = "/api/v1/tickets/"


@pytest.fixture
def as_machine():
    def _client(user) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiToken.issue(user=user, name='test')[1]}")
        return client

    return _client


@pytest.fixture
def suggested(ticket):
    return Tagging.suggest(
        ticket,
        values={"journey_stage": "use", "gap_primary": "quality", "direction": "below", "severity": 2,
                "root_cause": "technology"},
        model_version="test",
    )  # fmt: skip


def test_a_password_buys_a_token_and_the_token_can_be_ended(ana, ticket):
    client = APIClient()
    key = client.post("/api/v1/token/", {"email": ana.email, "password": PASSWORD}, format="json").json()["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")

    assert client.get(URL).status_code == 200
    assert client.delete("/api/v1/token/").status_code == 204
    assert client.get(URL).status_code == 401
    assert not ApiToken.objects.filter(digest=key).exists()


def test_a_wrong_password_buys_nothing_and_five_tries_are_enough(ana):
    client = APIClient()
    codes = [
        client.post("/api/v1/token/", {"email": ana.email, "password": "no"}, format="json").status_code
        for _ in range(6)
    ]
    assert codes == [401] * 5 + [429]


def test_nobody_lists_tickets_without_a_token(ticket):
    assert Client().get(URL).status_code == 401
    assert Client().get(URL, headers={"Authorization": "Bearer pu_nonsense"}).status_code == 401


def test_ben_does_not_learn_that_the_ticket_exists(as_machine, ben, ticket):
    client = as_machine(ben)
    for path in ("", "replies/", "notes/", "tagging/", "resolution/", "assignment/"):
        method = client.get if not path else client.post
        there = method(f"{URL}{ticket.number}/{path}", {}, format="json")
        nowhere = method(f"{URL}99999999/{path}", {}, format="json")
        assert there.status_code == nowhere.status_code == 404
        assert there.json() == nowhere.json()
    assert client.get(URL).json()["results"] == []


def test_a_guest_has_no_tickets_at_all(as_machine, gus, ticket):
    assert as_machine(gus).get(URL).status_code == 403


def test_a_light_agent_writes_notes_but_does_not_answer(as_machine, lou, ticket):
    client = as_machine(lou)
    assert client.post(f"{URL}{ticket.number}/notes/", {"text": "Seen."}, format="json").status_code == 201
    assert client.post(f"{URL}{ticket.number}/replies/", {"text": "Hello"}, format="json").status_code == 403
    assert client.post(f"{URL}{ticket.number}/tagging/confirmation/").status_code == 403


def test_a_ticket_is_opened_answered_and_resolved(as_machine, ana, billing):
    client = as_machine(ana)
    body = {"subject": "Wrong name", "text": "My name is spelt wrong.", "email": "new@example.com", "channel": "store"}
    made = client.post(URL, body, format="json")
    number = made.json()["number"]

    assert made.status_code == 201
    assert made.json()["messages"][0]["text"] == "My name is spelt wrong."
    refused = client.post(f"{URL}{number}/resolution/", {}, format="json")
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "refused"
    assert client.post(f"{URL}{number}/replies/", {"text": "Corrected."}, format="json").status_code == 201
    assert client.post(f"{URL}{number}/resolution/", {}, format="json").json()["status"] == "resolved"
    assert Message.objects.get(author="agent").deliveries.get().address == "new@example.com"


def test_nonsense_is_answered_with_the_field_it_is_in(as_machine, ana, ticket):
    client = as_machine(ana)
    answer = client.post(URL, {"subject": "", "channel": "pigeon"}, format="json")
    assert answer.status_code == 400
    assert set(answer.json()["error"]["fields"]) == {"subject", "channel", "text"}
    assert client.get(URL, {"after": "§§§"}).status_code == 400
    assert client.get(URL, {"limit": "0"}).status_code == 400


def test_a_suggestion_is_confirmed_changed_and_taken_back(as_machine, ana, ticket, suggested):
    client, url = as_machine(ana), f"{URL}{ticket.number}/tagging/"

    assert client.get(f"{URL}{ticket.number}/").json()["tagging"]["is_confirmed"] is False
    assert client.post(f"{url}confirmation/").json()["is_confirmed"] is True
    changed = client.post(url, {"journey_stage": "purchase", "gap_primary": "none"}, format="json").json()
    assert (changed["direction"], changed["severity"], changed["root_cause"]) == ("met", None, None)
    assert client.delete(url).json()["journey_stage"] == "use"


def test_a_person_corrects_feeling_and_churn_too_and_each_field_says_who_decided(as_machine, ana, ticket, suggested):
    body = {"journey_stage": "use", "gap_primary": "quality", "sentiment": "negative", "churn_risk": True}
    said = as_machine(ana).post(f"{URL}{ticket.number}/tagging/", body, format="json").json()
    assert (said["sentiment"], said["churn_risk"]) == ("negative", True)
    assert said["sources"]["sentiment"] == said["sources"]["gap_primary"] == "person"


def test_what_contradicts_the_codebook_is_refused(as_machine, ana, ticket):
    body = {"journey_stage": "use", "gap_primary": "quality", "gap_secondary": "quality"}
    answer = as_machine(ana).post(f"{URL}{ticket.number}/tagging/", body, format="json")
    assert answer.status_code == 422
    assert not Tagging.objects.exists()


def test_pages_follow_each_other_without_gap_or_repeat(as_machine, ana, carla, support, django_assert_max_num_queries):
    for i in range(7):
        factories.a_ticket(carla, subject=f"Number {i}", mailbox=support)
    Ticket.objects.update(due_next_at=Ticket.objects.first().due_next_at)  # all due at one moment
    client, seen, after = as_machine(ana), [], ""
    while True:
        with django_assert_max_num_queries(9):
            page = client.get(URL, {"limit": 3, **({"after": after} if after else {})}).json()
        seen += [row["number"] for row in page["results"]]
        if not (after := page["next"]):
            break
    assert len(seen) == len(set(seen)) == 7


def test_the_schema_is_served_and_names_every_path():
    schema = Client().get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/tickets/{number}/tagging/confirmation/" in schema["paths"]


# --- Whom a reply goes to, and files ---------------------------------------------------------------------------------


@pytest.fixture
def mailed(deliver):
    """Carla's ticket by mail, with Bob on Cc."""
    return deliver(factories.a_mail(cc="bob@example.com")).ticket


def _written_to(ticket: Ticket) -> list[str]:
    return list(ticket.deliveries.filter(kind="message").order_by("pk").values_list("address", flat=True))


@pytest.mark.parametrize(
    "body, addresses",
    [
        ({}, ["carla@example.com", "bob@example.com"]),
        ({"to": ["zoe@new.example"]}, ["zoe@new.example"]),
        ({"cc": []}, ["carla@example.com"]),
        ({"to": ["Bob@Example.com"], "cc": ["carla@example.com", "bob@example.com"]},
         ["bob@example.com", "carla@example.com"]),
    ],
)  # fmt: skip
def test_a_reply_goes_to_whom_it_names_or_by_the_rule_of_the_pages(as_machine, ana, mailed, body, addresses):
    answer = as_machine(ana).post(f"{URL}{mailed.number}/replies/", {"text": "Hello", **body}, format="json")

    assert answer.status_code == 201
    assert answer.json()["to"] + answer.json()["cc"] == addresses
    assert _written_to(mailed) == addresses


@pytest.mark.parametrize(
    "to, status",
    [(["nonsense"], 400), ([], 422), (["support+x@alborada.example"], 422), (["ben@alborada.example"], 422)],
)
def test_a_reply_goes_neither_to_us_nor_to_nobody(as_machine, ana, mailed, to, status):
    answer = as_machine(ana).post(f"{URL}{mailed.number}/replies/", {"text": "Hello", "to": to}, format="json")

    assert answer.status_code == status
    assert _written_to(mailed) == []


def test_files_come_as_a_form_and_go_with_the_reply(as_machine, ana, mailed):
    form = {
        "text": "Here it is.", "then": "resolved", "to": ["carla@example.com"], "cc": ["bob@example.com"],
        "attachments": [
            SimpleUploadedFile("../plan.pdf", b"%PDF", "application/pdf"), SimpleUploadedFile("empty.txt", b""),
        ],
    }  # fmt: skip
    answer = as_machine(ana).post(f"{URL}{mailed.number}/replies/", form, format="multipart")

    assert answer.status_code == 201
    assert [(file["filename"], file["size"]) for file in answer.json()["attachments"]] == [
        ("plan.pdf", 4),
        ("empty.txt", 0),
    ]
    assert _written_to(mailed) == ["carla@example.com", "bob@example.com"]
    shown = as_machine(ana).get(f"{URL}{mailed.number}/").json()["messages"][-1]
    assert shown["attachments"][0]["content_type"] == "application/pdf"


def test_files_beyond_the_limits_are_named_and_nothing_is_sent(as_machine, ana, mailed, settings):
    settings.UPLOAD_FILE_MB = 1
    form = {"text": "Here", "attachments": [SimpleUploadedFile("film.mp4", b"x" * 1_100_000)]}
    answer = as_machine(ana).post(f"{URL}{mailed.number}/replies/", form, format="multipart")

    assert answer.status_code == 400
    assert "film.mp4" in str(answer.json()["error"]["fields"]["attachments"])
    assert _written_to(mailed) == []
    assert not Attachment.objects.exists()


def test_a_refused_reply_leaves_no_file(as_machine, ana, mailed):
    form = {"text": "Here", "to": ["support@alborada.example"], "attachments": [SimpleUploadedFile("a.txt", b"x")]}

    assert as_machine(ana).post(f"{URL}{mailed.number}/replies/", form, format="multipart").status_code == 422
    assert not Attachment.objects.exists()


def test_the_schema_says_how_files_are_sent():
    schema = Client().get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    kinds = schema["paths"]["/api/v1/tickets/{number}/replies/"]["post"]["requestBody"]["content"]
    named = {kind: body["schema"]["$ref"].rpartition("/")[2] for kind, body in kinds.items()}

    assert set(named) == {"application/json", "multipart/form-data"}
    assert "attachments" in schema["components"]["schemas"][named["multipart/form-data"]]["properties"]
    assert "attachments" not in schema["components"]["schemas"][named["application/json"]]["properties"]
