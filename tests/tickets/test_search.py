"""What a search finds: held against a plain scan, kept up to date, and only what a person may see."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from snowballstemmer import stemmer

from helpdesk.common.text import fold
from helpdesk.people.models import Customer, CustomerAddress
from tests import factories
from tests.cast import Cast
from tickets import tasks
from tickets.models import Attachment, Event, Message, Note, SearchEntry, Ticket
from tickets.query.tree import Words
from tickets.search import documents, has_words, indexing, suggesting, tokens, vocabulary, words_q

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
SEEDS = range(40) if os.environ.get("TEST_SIZE") == "full" else range(2)


def found(text: str, **how: bool) -> list[str]:
    """Subjects, what was said last first."""
    indexing.index_all()
    tickets = Ticket.objects.filter(words_q(Words(text, **how))).order_by("-search_entry__place")
    return list(tickets.values_list("subject", flat=True))


# --- What is found ----------------------------------------------------------------------------------------------------


def test_words_are_found_wherever_the_ticket_says_them(cast: Cast) -> None:
    ticket = factories.a_ticket(
        cast.carla, subject="About the meter", text="It hums at night.", expected="A silent one",
        mailbox=cast.support,
    )  # fmt: skip
    ticket.reply(by=cast.ana, text="A technician comes tomorrow.")
    ticket.add_note(by=cast.ana, text="Her neighbour complained before.")
    message = ticket.messages.earliest("pk")
    Attachment.objects.create(
        message=message, filename="humming-noise.mp3", content_type="audio/mpeg", size=1, sha256="0"
    )
    factories.a_ticket(cast.dora, subject="Something else", text="Nothing of the kind.")

    for word in ("meter", "hums", "silent", "technicians", "neighbours", "noise", "Cruz", "carla@example.com", "casa"):
        assert found(word) == ["About the meter"], word


def test_accents_and_endings_make_no_difference(cast: Cast) -> None:
    factories.a_ticket(cast.carla, subject="Facturación duplicada", text="Dos facturas en septiembre")
    factories.a_ticket(cast.dora, subject="Refunds", text="I was refunded twice")

    for word in ("factura", "FACTURACION", "facturación", "duplicado"):
        assert found(word) == ["Facturación duplicada"], word
    for word in ("refund", "refunding"):
        assert found(word) == ["Refunds"], word


def test_a_word_in_quotes_is_that_word(cast: Cast) -> None:
    factories.a_ticket(cast.carla, subject="One", text="the router")
    factories.a_ticket(cast.carla, subject="Many", text="the routers")

    assert found("router", is_phrase=True) == ["One"]
    assert sorted(found("router")) == ["Many", "One"]


def test_words_in_quotes_follow_each_other_in_one_text(cast: Cast) -> None:
    factories.a_ticket(cast.carla, subject="No light", text="There is no light here.")
    factories.a_ticket(cast.carla, subject="Ends with no", text="light, is there? no")

    assert found("no light", is_phrase=True) == ["No light"]
    assert found("light here", is_phrase=True) == ["No light"]
    assert found("ends with no light", is_phrase=True) == []  # the subject ends in between
    assert found("is no li", is_phrase=True, is_beginning=True) == ["No light"]


def test_a_phrase_is_found_at_the_end_of_a_very_long_thread(cast: Cast) -> None:
    long = " ".join(f"word{number % 5000}" for number in range(40_000))
    ticket = factories.a_ticket(cast.carla, subject="Long", text=f"{long} the very last words")
    ticket.receive(text=f"{long} zebra crossing {'again ' * 1000}", customer=cast.carla, channel="email")

    assert found("very last words", is_phrase=True) == ["Long"]
    assert found("zebra crossing", is_phrase=True) == ["Long"]
    assert found("last very", is_phrase=True) == []


def test_numbers_of_orders_and_addresses_are_found_as_they_are_typed(cast: Cast) -> None:
    factories.a_ticket(cast.carla, subject="Order ES-4411-B", text="see https://shop.example/es/4411?b=2")

    for text in ("ES-4411-B", "es4411b", "4411", "shop.example"):
        assert found(text) == ["Order ES-4411-B"], text
    assert found("ES-4411-C") == []


@pytest.mark.parametrize(
    "text", ["4411", "2026", "whitlock@", "whitlock@brook", "g.whitlock@brookfield.example", "@brook"]
)
def test_parts_of_numbers_and_addresses_are_found(cast: Cast, text: str) -> None:
    factories.a_ticket(cast.carla, subject="Order ES4411B2026", text="from g.whitlock@brookfield.example")
    factories.a_ticket(
        cast.carla, subject="Another", text="whitney@brooklyn.example 441 12026" if text != "@brook" else ""
    )

    assert found(text) == ["Order ES4411B2026"]


def test_a_beginning_finds_what_goes_on(cast: Cast) -> None:
    factories.a_ticket(cast.carla, subject="Router", text="x")
    assert found("rou", is_beginning=True) == ["Router"]
    assert found("rou") == []


def test_a_question_without_words_lets_everything_through(cast: Cast) -> None:
    factories.a_ticket(cast.carla, subject="Router")
    assert found("… :-)") == ["Router"]
    assert not has_words("… :-)")


@pytest.mark.parametrize("text", ["'", "\\", "a' | 'b", '"', "%", "a:* & b", "*", "-", "NEAR(a b)", "=a", "\x00", "😀"])
def test_no_sign_that_is_typed_means_anything_to_the_database(cast: Cast, text: str) -> None:
    factories.a_ticket(cast.carla, subject="Router", text="a b")
    for phrase in (False, True):
        for beginning in (False, True):
            found(text, is_phrase=phrase, is_beginning=beginning)


def test_what_was_said_last_comes_first(cast: Cast) -> None:
    first = factories.a_ticket(cast.carla, subject="First", text="light")
    factories.a_ticket(cast.carla, subject="Second", text="light")
    assert found("light") == ["Second", "First"]

    first.receive(text="Still there?", customer=cast.carla, channel="email", at=timezone.now() + timedelta(seconds=5))
    assert found("light") == ["First", "Second"]


def test_automatic_messages_are_not_what_a_ticket_says(cast: Cast) -> None:
    ticket = factories.a_ticket(cast.carla, subject="Quiet")
    Message.objects.create(ticket=ticket, author="automatic", text="We have your gramophone")
    assert found("gramophone") == []


# --- Held against a plain scan ----------------------------------------------------------------------------------------

POOL = re.findall(
    r"\S+",
    "factura facturas facturación facturar router routers routing refund refunds refunded línea líneas linea averia "
    "averías avería the la el no de light luz año ano años instalación installation installer ES-4411-B e-mail email "
    "wi-fi wifi carla@example.com 4411 24/7 can’t cant ñandú Straße strasse ﬁne",
)
_PLAIN = re.compile(r"[a-z0-9]+(?:[-][a-z0-9]+)*")
_STEM = [stemmer("english"), stemmer("spanish")]


class PlainScan:
    """The same answers in the simplest way there is."""

    def __init__(self, parts: list[str]) -> None:
        self.rows = [self.read(part)[0] for part in parts]
        self.words = {word for part in parts for some in self.read(part) for word in some}

    @staticmethod
    def read(text: str) -> tuple[list[str], list[str]]:
        """Its words in a row, and those that hyphens hold together."""
        runs = _PLAIN.findall(fold(text).replace("’", ""))
        return [word for run in runs for word in run.split("-")], [run.replace("-", "") for run in runs if "-" in run]

    def says(self, asked: Words) -> bool:
        if asked.is_phrase:
            return self.in_a_row(self.read(asked.text)[0], is_open=asked.is_beginning)
        runs = _PLAIN.findall(fold(asked.text).replace("’", ""))
        return all(self._says_run(run, is_open=asked.is_beginning and run is runs[-1]) for run in runs)

    def _says_run(self, run: str, *, is_open: bool) -> bool:
        row = run.split("-")
        if len(row) > 1 and self.in_a_row(row, is_open=is_open):
            return True
        return self._says_word("".join(row), is_open=is_open)

    def _says_word(self, word: str, *, is_open: bool) -> bool:
        if is_open:
            return any(each.startswith(word) for each in self.words)
        return any(self._stems(word) & self._stems(each) for each in self.words)

    @staticmethod
    def _stems(word: str) -> set[str]:
        return {each.stemWord(word) for each in _STEM} if word.isalpha() and len(word) > 2 else {word}

    def in_a_row(self, row: list[str], *, is_open: bool) -> bool:
        if len(row) == 1:
            return any(each.startswith(row[0]) if is_open else each == row[0] for each in self.words)
        text = f" {' '.join(row)}" + ("" if is_open else " ")
        return any(text in f" {' '.join(each)} " for each in self.rows)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_answer_is_that_of_a_plain_scan(cast: Cast, seed: int) -> None:
    rng = random.Random(seed)

    def some(most: int) -> str:
        said = [rng.choice(POOL) for _word in range(rng.randint(1, most))]
        return "".join(word + rng.choice([" ", " ", ", ", ". ", "\n"]) for word in said)

    scans = {}
    for _ticket in range(30):
        parts = [some(6), some(12), some(9)]
        ticket = factories.a_ticket(cast.dora, subject=parts[0], text=parts[1])
        ticket.add_note(by=cast.ana, text=parts[2])
        scans[ticket.pk] = PlainScan([
            ticket.subject, *parts[1:], "Dora Dahl", "dora@example.org", "Dahl and Daughters"
        ])  # fmt: skip
    indexing.index_all()

    for _question in range(150):
        text = " ".join(rng.choice(POOL) for _word in range(rng.choice([1, 1, 2, 3])))
        is_phrase, is_beginning = rng.random() < 0.4, rng.random() < 0.3
        if is_beginning:
            text = text[: -rng.randint(1, 2)].rstrip("-’@/ ") or text
        asked = Words(text, is_phrase=is_phrase, is_beginning=is_beginning)
        expected = {pk for pk, scan in scans.items() if scan.says(asked)}
        assert set(Ticket.objects.filter(words_q(asked)).values_list("pk", flat=True)) == expected, asked
        without = set(Ticket.objects.filter(~words_q(asked)).values_list("pk", flat=True))
        assert without == set(scans) - expected, asked


# --- Kept up to date --------------------------------------------------------------------------------------------------


def test_a_ticket_is_taken_up_once_for_all_its_events(cast: Cast) -> None:
    ticket = factories.a_ticket(cast.carla)
    ticket.add_note(by=cast.ana, text="hello")

    assert indexing.index_waiting(limit=1) == 3
    assert indexing.index_waiting() == 0
    assert not Event.objects.filter(is_indexed=False).exists()
    assert SearchEntry.objects.count() == 1


def test_what_is_there_already_is_taken_up_newest_first_in_batches(cast: Cast) -> None:
    tickets = [factories.a_ticket(cast.carla) for _number in range(5)]

    indexing.index_waiting(limit=4)

    assert set(SearchEntry.objects.values_list("ticket", flat=True)) == {tickets[3].pk, tickets[4].pk}
    assert indexing.index_all(batch=2) == 6
    assert SearchEntry.objects.count() == 5


def test_the_worker_takes_up_what_waits(cast: Cast) -> None:
    factories.a_ticket(cast.carla)
    tasks.index_tickets()
    assert SearchEntry.objects.count() == 1


def change_name(cast: Cast, ticket: Ticket) -> None:
    cast.carla.name = "Zelda"
    cast.carla.save()


def add_address(cast: Cast, ticket: Ticket) -> None:
    CustomerAddress.objects.create(customer=cast.carla, address="zelda@example.net")


def change_organisation(cast: Cast, ticket: Ticket) -> None:
    organisation = cast.carla.organisation
    assert organisation
    organisation.name = "Zelda and Sons"
    organisation.save()


def reply(cast: Cast, ticket: Ticket) -> None:
    ticket.reply(by=cast.ana, text="Zelda")


@pytest.mark.parametrize("change", [change_name, add_address, change_organisation, reply])
def test_what_changes_is_found(cast: Cast, ticket: Ticket, change: Callable[[Cast, Ticket], None]) -> None:
    assert found("zelda") == []
    change(cast, ticket)
    assert found("zelda") == [ticket.subject]


def test_what_was_taken_back_is_not_found(cast: Cast, ticket: Ticket) -> None:
    message = ticket.reply(by=cast.ana, text="gramophone")
    assert found("gramophone") == [ticket.subject]
    message.delete()
    assert found("gramophone") == []


def test_a_deleted_ticket_is_gone_from_the_index(cast: Cast) -> None:
    ticket = factories.a_ticket(cast.carla, text="gramophone")
    indexing.index_all()
    SearchEntry.objects.filter(ticket=ticket).delete()

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"INSERT INTO {tokens.FULL_TEXT} ({tokens.FULL_TEXT}) VALUES ('integrity-check')")
            cursor.execute(f"SELECT count(*) FROM {tokens.FULL_TEXT} WHERE {tokens.FULL_TEXT} MATCH 'gramophone'")
            assert cursor.fetchone()[0] == 0
    assert found("gramophone") == []


def test_preparing_twice_changes_nothing(cast: Cast) -> None:
    factories.a_ticket(cast.carla, text="gramophone")
    indexing.index_all()
    tokens.prepare(connection)
    assert found("gramophone") == ["The bill is wrong"]


def test_the_command_takes_up_what_waits_and_everything_when_asked(cast: Cast) -> None:
    factories.a_ticket(cast.carla)
    said = StringIO()
    call_command("index_search", stdout=said, stderr=StringIO())
    assert "Took up 2 events" in said.getvalue()

    SearchEntry.objects.all().delete()
    call_command("index_search", stdout=said, stderr=StringIO())
    assert not SearchEntry.objects.exists()
    call_command("index_search", "--anew", stdout=said, stderr=StringIO())
    assert SearchEntry.objects.count() == 1


def test_tickets_loaded_in_bulk_get_their_entries_at_once(cast: Cast) -> None:
    for _number in range(3):
        factories.a_ticket(cast.carla, text="gramophone")
    assert indexing.write_missing(batch=2) == 3
    assert indexing.write_missing() == 0
    assert Ticket.objects.filter(words_q(Words("gramophones"))).count() == 3


def test_documents_cost_as_many_queries_for_many_as_for_one(cast: Cast, django_assert_max_num_queries: object) -> None:
    ids = [factories.a_ticket(cast.carla).pk for _number in range(5)]
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        assert len(documents.of_tickets(ids)) == 5


def test_notes_and_messages_are_told_apart(cast: Cast, ticket: Ticket) -> None:
    ticket.add_note(by=cast.ana, text="secret")
    Note.objects.get()
    parts = documents.of_tickets([ticket.pk])[ticket.pk].parts
    assert [part.text for part in parts if part.where == documents.Where.NOTE] == ["secret"]


# --- Suggestions ------------------------------------------------------------------------------------------------------


def test_customers_are_suggested_by_parts_of_their_names_and_addresses(cast: Cast) -> None:
    factories.a_ticket(cast.carla, mailbox=cast.support)
    factories.a_ticket(cast.dora, team=cast.installations)
    indexing.index_all()

    for typed in ("car", "cruz", "carla@exam", "casa cr", "CRÚ"):
        assert suggesting.customers(typed, user=cast.ana) == [cast.carla], typed
    assert suggesting.customers("dor", user=cast.ana) == []  # of another team: nobody she knows of
    assert suggesting.customers("dor", user=cast.mia) == [cast.dora]
    assert suggesting.customers("d", user=cast.mia) == []


def test_customers_are_suggested_by_letters_in_the_middle_of_their_names(cast: Cast) -> None:
    factories.a_ticket(cast.carla, mailbox=cast.support)
    factories.a_ticket(cast.dora, team=cast.installations)
    indexing.index_all()

    for typed in ("ruz", "arla@exam", "ÁRLA"):
        assert suggesting.customers(typed, user=cast.ana) == [cast.carla], typed
    assert suggesting.customers("ahl", user=cast.ana) == []  # of another team
    assert suggesting.customers("ahl", user=cast.mia) == [cast.dora]


def test_tickets_are_suggested_by_subject_and_number(cast: Cast) -> None:
    mine = factories.a_ticket(cast.carla, subject="Router broken", text="zebra", mailbox=cast.support)
    foreign = factories.a_ticket(cast.dora, subject="Router foreign", team=cast.installations)
    indexing.index_all()

    assert suggesting.tickets("broken rou", user=cast.ana) == [mine]
    assert suggesting.tickets("rout", user=cast.ana) == [mine]
    assert suggesting.tickets("zebra", user=cast.ana) == []
    assert suggesting.tickets(f"#{mine.number}", user=cast.ana) == [mine]
    assert suggesting.tickets(str(foreign.number), user=cast.ana) == []


def test_a_customer_is_suggested_once(cast: Cast) -> None:
    other = Customer.objects.create(name="Carl Other")
    for _number in range(3):
        factories.a_ticket(cast.carla)
    factories.a_ticket(other)
    indexing.index_all()
    assert suggesting.customers("carl", user=cast.mia) == [other, cast.carla]


# --- A worker that dies ----------------------------------------------------------------------------------------------


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def _die_before_the_commit() -> None:
    with transaction.atomic():
        tasks.index_tickets()
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("owner", "step"),
    [(documents, "of_tickets"), (vocabulary, "learn"), (SearchEntry.objects, "bulk_create"), (None, "")],
    ids=["reading", "learning words", "writing entries", "before the commit"],
)
def test_a_round_that_is_killed_leaves_everything_to_the_next(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, owner: object, step: str
) -> None:
    for number in range(4):
        factories.a_ticket(cast.carla, subject=f"Gramophone {number}")
    assert indexing.index_waiting(limit=4) == 4
    with monkeypatch.context() as dying:
        if owner:
            dying.setattr(owner, step, _die)
        with pytest.raises(KeyboardInterrupt):
            _die_before_the_commit()

    assert SearchEntry.objects.count() == 2
    assert Event.objects.filter(is_indexed=False).count() == 4
    tasks.index_tickets()
    assert not Event.objects.filter(is_indexed=False).exists()
    assert len(found("gramophone")) == 4


# --- Several workers --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_second_worker_leaves_the_first_alone(cast: Cast) -> None:
    factories.a_ticket(cast.carla)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [indexing.LOCK])
            assert indexing.index_waiting() == 0
            cursor.execute("SELECT pg_advisory_unlock(%s)", [indexing.LOCK])
        assert indexing.index_waiting() == 2
    finally:
        other.close()
