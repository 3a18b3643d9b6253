"""Customers are found by a part of anything that is known of them, whatever way it came to be known."""

from __future__ import annotations

import random

import pytest
from django.db import connection
from django.db.models import QuerySet

from helpdesk.common.text import fold
from helpdesk.people.models import Customer, CustomerAddress, Organisation
from tests.cast import Cast
from tickets import identities, tasks
from tickets.search import indexing

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


def found(text: str) -> list[str]:
    return list(Customer.objects.matching(text).order_by("name").values_list("name", flat=True))


@pytest.fixture
def jose() -> Customer:
    organisation = Organisation.objects.create(name="Panadería Núñez")
    customer = Customer.objects.create(name="José Whitlock", phone="+34 600 123-456", organisation=organisation)
    CustomerAddress.objects.create(customer=customer, address="J.Whitlock@brookfield.example")
    return customer


@pytest.mark.parametrize(
    "text",
    ["jose", "JOSÉ", "José", "whit", "lock", "whitlock@", "@brook", "field.ex", "panaderia", "NUNEZ", "panadería whi",
     "600 123", "600123456", "+34600123456", "0034 600 123 456", "123-456", "(600) 12 34 56", "lock  jos"],
)  # fmt: skip
def test_any_part_finds_them(jose: Customer, text: str) -> None:
    Customer.objects.create(name="Somebody else", phone="900 555 777")
    assert found(text) == ["José Whitlock"]


@pytest.mark.parametrize(
    "text", ["", "  ", "josefina", "600 999", "%", "_", "jose%lock", "\\", "whitlock panama", "\x00"]
)
def test_what_is_not_known_of_them_finds_nobody(jose: Customer, text: str) -> None:
    assert found(text) == []


def test_what_changes_is_found_at_once(jose: Customer) -> None:
    jose.name = "Ana Ibáñez"
    jose.save(update_fields=["name"])
    CustomerAddress.objects.create(customer=jose, address="new@example.org")

    assert found("ibanez") == found("new@example") == found("brookfield") == ["Ana Ibáñez"]
    assert found("jose") == []


def test_a_first_mail_brings_both_name_and_address() -> None:
    Customer.writing_from("dolores@example.org", name="Dolores Marín")
    Customer.writing_from("nobody.known@example.org")
    Customer.writing_from("nobody.known@example.org", name="Known Now")

    assert found("marin dolores@ex") == ["Dolores Marín"]
    assert found("nobody.known") == ["Known Now"]
    assert found("now") == ["Known Now"]


def test_a_first_mail_costs_no_query_more(django_assert_num_queries: object) -> None:
    Customer.writing_from("first@example.org", name="First")
    with django_assert_num_queries(6):  # type: ignore[operator]  # two of them the savepoint, one the search's own
        Customer.writing_from("second@example.org", name="Second")


def test_what_was_written_past_them_is_taken_up_by_a_worker(jose: Customer) -> None:
    Customer.objects.bulk_create([Customer(name="Loaded Löwe")])
    Customer.objects.filter(pk=jose.pk).update(name="Renamed")
    assert jose.organisation
    jose.organisation.name = "Zebra & Söhne"
    jose.organisation.save()
    assert found("lowe") == found("renamed") == found("sohne") == []

    tasks.index_tickets()

    assert found("lowe") == ["Loaded Löwe"]
    assert found("renamed") == found("sohne") == ["Renamed"]
    assert indexing.index_customers() == 0


def test_an_address_that_goes_finds_them_no_more(jose: Customer) -> None:
    jose.addresses.get().delete()
    indexing.index_all()
    assert found("brookfield") == []
    assert found("whit") == ["José Whitlock"]


def test_customers_are_taken_up_some_at_a_time(cast: Cast) -> None:
    Customer.objects.bulk_create([Customer(name=f"Loaded {number}") for number in range(7)])
    assert indexing.index_customers(limit=5) == 5
    assert indexing.index_customers(limit=5) == 2
    assert len(found("loaded")) == 7


def killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_an_interrupted_round_is_begun_anew(jose: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    Customer.objects.filter(pk=jose.pk).update(name="Renamed")
    monkeypatch.setattr(QuerySet, "bulk_update", killed)
    with pytest.raises(KeyboardInterrupt):
        indexing.index_customers()
    monkeypatch.undo()
    assert found("renamed") == []
    assert indexing.index_customers() == 1
    assert found("renamed") == ["Renamed"]


def test_merged_customers_are_found_as_the_one_they_are(cast: Cast, ticket: object) -> None:
    from tests import factories

    factories.a_ticket(cast.dora)
    merge = identities.merge(cast.dora, into=cast.carla, by=cast.mia)
    assert found("dora@example.org") == ["Carla Cruz"]
    assert found("dahl") == []

    assert merge
    identities.split(merge, by=cast.mia)
    assert found("dora@example.org") == ["Dora Dahl"]
    assert found("carla@example.com") == ["Carla Cruz"]


def test_every_answer_is_that_of_a_plain_scan() -> None:
    rng = random.Random(11)
    names = ["José", "jose", "Núñez", "Whitlock", "Ana", "Ibáñez", "O’Hara", "Łukasz", "Straße", "李 小龙", "D'Arc"]
    for number in range(60):
        customer = Customer.objects.create(
            name=" ".join(rng.sample(names, 2)), phone=rng.choice(["", f"+34 6{number:02} 11 22"])
        )
        CustomerAddress.objects.create(
            customer=customer, address=f"{rng.choice('abc')}{number}@{rng.choice('xyz')}.example"
        )
    known = {
        each.pk: "\n".join(map(fold, [each.name, each.phone, *(a.address for a in each.addresses.all())]))
        for each in Customer.objects.prefetch_related("addresses")
    }
    for _question in range(200):
        words = rng.choice([*names, "@x.ex", "b1", "a", "zz", "example"]).split()
        text = " ".join(word[rng.randint(0, 2) :] or word for word in words)
        expected = {pk for pk, lines in known.items() if all(part in lines for part in fold(text).split())}
        assert set(Customer.objects.matching(text).values_list("pk", flat=True)) == expected, text


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite looks through short rows")
def test_postgresql_has_an_index_of_parts() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_indexes WHERE indexname IN ('customer_found_by', 'search_word_trigrams')"
        )
        assert cursor.fetchone()[0] == 2
