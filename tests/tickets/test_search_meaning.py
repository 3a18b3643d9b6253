"""Words that were misspelt: what they are taken for, and that nothing is told of tickets one may not see."""

from __future__ import annotations

import random

import pytest
from django.db import connection

from helpdesk.common import trigrams
from tests import factories
from tests.cast import Cast
from tickets.models import SearchWord
from tickets.query.fields import Vocabulary
from tickets.query.language import write
from tickets.search import indexing, meaning, vocabulary

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


def meant(cast: Cast, typed: str, *, user: object = None) -> list[tuple[str, int]]:
    indexing.index_all()
    who = user or cast.mia
    tree = Vocabulary(who).read(typed).tree  # type: ignore[arg-type]
    return [(write(each.tree), each.number) for each in meaning.meant(tree, user=who)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("factrua", "factura"),  # two letters changed places
        ("ruter", "router"),
        ("fatcura", "factura"),
        ("facturra", "factura"),
        ("gramofone", "gramophone"),
        ("instalacoin", "instalación"),  # with the accents it was written with
        ("ñnadú", "ñandú"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_closest_one(cast: Cast, typed: str, right: str) -> None:
    factories.a_ticket(cast.carla, subject="La factura y la instalación", text="Router, gramophone and a ñandú")

    assert meant(cast, typed) == [(right, 1)]


def test_the_rest_of_the_question_stays(cast: Cast) -> None:
    factories.a_ticket(cast.carla, subject="Open", text="The router hums")
    factories.a_ticket(cast.carla, subject="Done", text="The router hums").reply(
        by=cast.ana, text="It is off.", then="resolved"
    )

    assert meant(cast, "rotuer hums status:open -zebra") == [("router hums status:open -zebra", 1)]
    assert meant(cast, '"rotuer hums"') == [('"router hums"', 2)]


def test_several_misspelt_words_are_put_right_at_once(cast: Cast) -> None:
    factories.a_ticket(cast.carla, text="The router hums at night")
    factories.a_ticket(cast.carla, text="Only the router")

    assert meant(cast, "rotuer nihgt") == [("router night", 1)]
    assert meant(cast, '"rotuer hmus at nihgt"') == [('"router hums at night"', 1)]


def test_what_many_more_say_is_offered_for_what_hardly_any_says(cast: Cast) -> None:
    factories.a_ticket(cast.carla, text="My rotuer")
    for _ticket in range(9):
        factories.a_ticket(cast.carla, text="My router")
    assert meant(cast, "rotuer") == []

    factories.a_ticket(cast.carla, text="My router")
    assert meant(cast, "rotuer") == [("router", 10)]
    assert meant(cast, "router") == []


def test_what_only_another_slip_says_is_not_offered_beside_what_many_say(cast: Cast) -> None:
    factories.a_ticket(cast.carla, text="My ruiter")
    factories.a_ticket(cast.carla, text="My router")
    assert sorted(meant(cast, "ruoter")) == [("router", 1), ("ruiter", 1)]

    for _ticket in range(10):
        factories.a_ticket(cast.carla, text="My router")
    assert meant(cast, "ruoter") == [("router", 11)]


def test_forms_of_one_word_are_offered_once(cast: Cast) -> None:
    factories.a_ticket(cast.carla, text="Factura, facturas")
    assert len(meant(cast, "factrua")) == 1


def test_a_word_that_only_tickets_of_others_say_is_not_told(cast: Cast) -> None:
    factories.a_ticket(cast.dora, text="A gramophone, confidentials", team=cast.installations)
    factories.a_ticket(cast.carla, text="The meter, confidential", mailbox=cast.support)

    assert meant(cast, "gramofone", user=cast.mia) == [("gramophone", 1)]
    assert meant(cast, "gramofone", user=cast.ana) == []
    # Not even where a form of it is said by a ticket that one may see.
    assert meant(cast, "confidentiasl", user=cast.ana) == [("confidential", 1)]


@pytest.mark.parametrize("typed", ["", "abc", "4411x", "status:open", "…", "x" * 900, "zzzzqqqq", "rout*", "-factrua"])
def test_where_nothing_is_near_nothing_is_offered(cast: Cast, typed: str) -> None:
    factories.a_ticket(cast.carla, subject="factura", text="the router")
    assert meant(cast, typed) == []


def test_a_word_is_learnt_once_however_often_it_is_said(cast: Cast) -> None:
    assert vocabulary.learn(["Zebra and zebra", "ZEBRA cebra"]) == 2
    assert vocabulary.learn(["zebra"]) == 0
    assert SearchWord.objects.filter(word="zebra").count() == 1
    assert not SearchWord.objects.filter(word="and").exists()


def test_what_is_no_word_is_not_learnt() -> None:
    assert vocabulary.learn(["ES-4411-B abc4411defgh 💥 " + "x" * 300]) == 0


def test_steps_are_what_a_plain_table_says() -> None:
    rng = random.Random(7)
    for _pair in range(500):
        one, other = ("".join(rng.choice("abc") for _letter in range(rng.randint(1, 7))) for _word in range(2))
        expected = _plain_steps(one, other)
        for most in (1, 2, 3, 9):
            assert vocabulary.steps(one, other, most=most) == min(expected, most + 1), (one, other, most)


def _plain_steps(one: str, other: str) -> int:
    table = {(at, 0): at for at in range(len(one) + 1)} | {(0, at): at for at in range(len(other) + 1)}
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            ways = [table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (one[i - 1] != other[j - 1])]
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                ways.append(table[i - 2, j - 2] + 1)
            table[i, j] = min(ways)
    return table[len(one), len(other)]


def test_one_wrong_letter_anywhere_in_a_word_is_found_among_very_many(cast: Cast) -> None:
    rng = random.Random(3)
    many = {"".join(rng.choice("abcdefghilmnoprstu") for _letter in range(rng.randint(5, 11))) for _word in range(3000)}
    vocabulary.learn(many)
    for word in rng.sample(sorted(many), 60):
        at = rng.randrange(len(word) - 1)
        for wrong in (word[:at] + word[at + 1] + word[at] + word[at + 2 :], f"{word[:at]}x{word[at:]}"):
            if wrong != word and len(wrong) > 5:
                assert word in vocabulary.closest(wrong, most=6), (word, wrong)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has its trigrams always")
def test_without_trigrams_the_search_works_and_offers_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.a_ticket(cast.carla, text="the router")
    assert meant(cast, "rotuer") == [("router", 1)]
    monkeypatch.setattr(trigrams, "are_there", lambda _connection: False)
    assert meant(cast, "rotuer") == []
