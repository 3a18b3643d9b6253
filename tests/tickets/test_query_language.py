"""What is typed is read as it was meant, and written in one way only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any as Anything
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk.people.models import User
from tests.cast import Cast
from tickets.query import dates
from tickets.query.fields import FIELDS, Vocabulary
from tickets.query.language import (
    DEEPEST,
    MOST_TERMS,
    MOST_TYPED,
    MOST_UNKNOWN,
    Asked,
    Why,
    joined,
    normal,
    words,
    write,
)
from tickets.query.telling import described, told
from tickets.query.tree import EVERYTHING, All, Any, Has, Node, Not, Op, Words, walk

pytestmark = pytest.mark.django_db


def known() -> Vocabulary:
    return Vocabulary(User(role="admin", pk=1))


def read(text: str, **how: bool) -> Asked:
    return known().read(text, **how)


# --- Reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, written",
    [
        ("", ""),
        ("stage:use", "stage:use"),
        ("etapa:uso", "stage:use"),
        ("Stage: Use", "stage:use"),
        ("gap:response_time", "gap:response_time"),
        ('brecha:"tiempo de respuesta"', "gap:response_time"),
        ("brecha:«Tiempo de respuesta»", "gap:response_time"),
        ("gap:response time", "gap:response_time"),
        ("dirección:“mejor de lo esperado”", "direction:exceeded"),
        ("causa:formación", "cause:training"),
        ("tagged:no", "tagged:none"),
        ("etiquetado:sí", "tagged:suggested,confirmed"),
        ("tags:surprise", "direction:exceeded"),
        ("stage:use,purchase", "stage:purchase,use"),  # in the journey's order
        ("estado:abierto prioridad:alta canal:correo", "status:open priority:high channel:email"),
        ("status:OPEN", "status:open"),
        ("is:open", "status:open"),
        ("is:unread -es:tarde", "is:unread -is:late"),
        ("assignee:me,nobody", "assignee:me,none"),
        ("asignado:Ana@Alborada.example", "assignee:ana@alborada.example"),
        ("from:ana de:garcía", "from:ana from:garcía"),
        ('subject:"no bill"', 'subject:"no bill"'),
        ("severity:critical severity:>=2 severity:1..2", "severity:3 severity:>=2 severity:1..2"),
        ("number:#10012", "number:10012"),
        ("promise:not kept department:IT and digital", "promise:broken department:technology"),
        ("created:>2026-10-01 created:31/10/2026", "created:>2026-10-01 created:2026-10-31"),
        ("created:2026-10-01..2026-10-31", "created:2026-10-01..2026-10-31"),
        ("created:2026-10-01.. updated:..2026-10-31", "created:>=2026-10-01 updated:<=2026-10-31"),
        ("creado:hoy actualizado:ayer vence:mañana", "created:today updated:yesterday due:tomorrow"),
        ("created:7d created:7 días created:1 week", "created:7d created:1w"),
        ("due:<2h due:none", "due:<2h due:none"),
        ("a b", "a b"),
        ("a OR b O c", "a OR b OR c"),
        ("a b OR c", "(a b) OR c"),
        ("a (b OR c)", "a (b OR c)"),
        ("a AND b Y c", "a b c"),
        ("-a NOT b NO c", "-a -b -c"),
        ("NOT NOT a", "a"),
        ("-(a OR b) -(c d)", "-(a OR b) -(c d)"),
        ("((a))", "a"),
        ("(a b) (b c)", "a b c"),
        ('"exact phrase" «otra frase» “third one”', '"exact phrase" "otra frase" "third one"'),
        ('rout* "new rout*"', 'rout* "new rout*"'),
        ("re: your bill", "re your bill"),
        ("12:30 http://example.com", '12:30 "http://example.com"'),
        ("¿dónde? ¡no!", "dónde no"),
        ("OR a OR", "a"),
        ("(a", "a"),
        ("a) b", "a b"),
        ("- -- * ()", ""),
        ('"OR" "stage:use"', '"OR" "stage:use"'),
    ],
)
def test_what_is_typed_means_what_it_says_in_either_language(text: str, written: str) -> None:
    asked = read(text)

    assert write(asked.tree) == written
    assert asked.unknown == ()


@pytest.mark.parametrize(
    "text, written",
    [
        ("use", "stage:use"),
        ("promesa incumplida uso", "gap:promise_mismatch stage:use"),
        ("response time in use", "gap:response_time stage:use"),
        ("Mejor de lo esperado", "direction:exceeded"),
        ("untagged", "tagged:none"),
        ('"use"', '"use"'),  # in quotation marks a word is a word
        ("use router", "stage:use router"),
        ("-quality", "-gap:quality"),
        ("no", "no"),  # says nothing of tags without its key
        ("and", "and"),
    ],
)
def test_above_a_list_a_label_alone_means_its_tag(text: str, written: str) -> None:
    assert write(read(text, takes_labels=True).tree) == written


def test_elsewhere_a_label_alone_is_a_word() -> None:
    assert read("response time").tree == All((Words("response"), Words("time")))


@pytest.mark.parametrize(
    "text, number", [("#10012", 10012), ("10012", 10012), (" #10012 ", 10012), ("10012 use", None), ("１２３", None)]
)
def test_a_number_alone_is_a_ticket(text: str, number: int | None) -> None:
    assert read(text).number == number


@pytest.mark.parametrize(
    "text, unknown, why, rest",
    [
        ("stage:moon", "moon", Why.NO_VALUE, ""),
        ("stage:quality", "quality", Why.NO_VALUE, ""),  # a gap, not a stage
        ("stage:use,moon", "moon", Why.NO_VALUE, "stage:use"),
        ("colour:red", "colour:red", Why.NO_FIELD, ""),
        ("stage:use colour:red gap:quality", "colour:red", Why.NO_FIELD, "stage:use gap:quality"),
        ("stage:", "stage:", Why.NOTHING_BEHIND, ""),
        ("stage:>use", ">use", Why.NO_VALUE, ""),
        ("created:soon", "soon", Why.NO_VALUE, ""),
        ("created:2026-13-01", "2026-13-01", Why.NO_VALUE, ""),
        ("created:99999d", "99999d", Why.NO_VALUE, ""),
        ("assignee:nobody-like-that a", "nobody-like-that", Why.NO_VALUE, "a"),
    ],
)
def test_what_means_nothing_is_told_and_the_rest_is_followed(text: str, unknown: str, why: Why, rest: str) -> None:
    asked = read(text)

    assert [(each.text, each.why) for each in asked.unknown] == [(unknown, why)]
    assert write(asked.tree) == rest
    assert unknown.strip(":") in told(asked.unknown[0])


def test_colleagues_and_teams_are_found_by_name(cast: Cast) -> None:
    mia = Vocabulary(cast.mia)

    assert write(mia.read("assignee:Ana Alonso").tree) == "assignee:ana@alborada.example"
    assert write(mia.read("asignado:ana router").tree) == "assignee:ana@alborada.example router"
    assert write(mia.read("team:Billing,none").tree) == "team:billing,none"
    assert write(mia.read("mailbox:support@alborada.example").tree) == "mailbox:support@alborada.example"


def test_a_name_that_several_have_means_any_of_them(cast: Cast) -> None:
    User.objects.create_user("ana.b@alborada.example", "x", name="Ana Bravo", role="agent")

    assert write(Vocabulary(cast.mia).read("assignee:ana").tree) == (
        "assignee:ana@alborada.example,ana.b@alborada.example"
    )


# --- Bounds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["x " * 100_000, '"' * 5000, ":" * 5000, "\x00\ud800", "stage:" * 1000, "(" * 5000, "-" * 5000, "NOT " * 5000,
     "a OR " * 5000, "is:" + "unread," * 5000, "-(" * 400 + "a", "stage:«" * 900],
)  # fmt: skip
def test_rubbish_is_answered_and_never_raises(text: str) -> None:
    for how in (True, False):
        asked = read(text, takes_labels=how)

        assert len(asked.unknown) <= MOST_UNKNOWN
        assert sum(isinstance(node, Has | Words) for node in walk(asked.tree)) <= MOST_TERMS


def test_what_is_too_long_is_cut_and_told() -> None:
    many = " ".join(f"w{at}" for at in range(MOST_TERMS + 10))

    assert len(read(many).tree.parts) == MOST_TERMS  # type: ignore[union-attr]
    assert read(many).unknown[0].why == Why.TOO_LONG
    assert read("a " * MOST_TYPED).unknown[0].why == Why.TOO_LONG


def test_brackets_go_so_deep_and_no_deeper() -> None:
    deep = "".join(f"(a{at} OR b{at} " for at in range(20)) + ")" * 20

    assert _depth(read(deep).tree) <= 2 * DEEPEST + 2


def _depth(node: Node) -> int:
    below = node.parts if isinstance(node, All | Any) else (node.part,) if isinstance(node, Not) else ()
    return 1 + max(map(_depth, below), default=0)


# --- One text for each meaning ----------------------------------------------------------------------------------------

TEXT = st.text(alphabet=st.sampled_from("abñóz019 -_.,:;*()\"«»“”<>=@#'’/%\\\x00\u200b漢ΩOR"), max_size=24)
ANYTHING = st.lists(
    st.one_of(
        TEXT,
        st.sampled_from(
            """OR|O|NOT|-|(|)|stage:|stage:use|gap:response time|is:unread,mine|created:7d|created:>=today
            |due:..2026-01-01|severity:1..3|from:|subject:|status:|"|use|no gap""".replace("\n            ", "").split(
                "|"
            )
        ),
    ),
    max_size=14,
).map(" ".join)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def conditions() -> st.SearchStrategy[Node]:
    day = st.dates(min_value=datetime(1971, 1, 1).date(), max_value=datetime(2199, 1, 1).date()).map(str)
    span = st.tuples(st.integers(1, 90), st.sampled_from(sorted(dates.UNITS))).map(lambda it: f"{it[0]}{it[1]}")
    compared = st.sampled_from([Op.BEFORE, Op.AFTER, Op.UNTIL, Op.SINCE])
    moments = st.sampled_from(["created", "updated", "resolved", "due"])
    number = st.integers(0, 10**6).map(str)
    chosen = [
        st.lists(st.sampled_from(_choices(slug)), min_size=1, unique=True).map(
            lambda values, slug=slug: Has(slug, Op.IS, known().in_order(slug, values))
        )
        for slug in ("status", "stage", "gap", "cause", "tagged", "is", "has", "priority", "promise", "sentiment")
    ]
    free = TEXT.map(lambda text: known().meant("from", Op.IS, _value(text))).filter(
        lambda it: bool(it and it.values[0])
    )
    return st.one_of(
        *chosen,
        free,
        st.builds(lambda field, value: Has(field, Op.IS, (value,)), moments, day),
        st.builds(lambda field, op, value: Has(field, op, (value,)), moments, compared, st.one_of(day, span)),
        st.builds(lambda field, value: Has(field, Op.WITHIN, (value,)), moments, span),
        st.builds(lambda field, one, two: Has(field, Op.BETWEEN, (one, two)), moments, day, day),
        st.builds(lambda field: Has(field, Op.EMPTY), moments),
        st.builds(lambda op, value: Has("number", op, (value,)), compared, number),
        st.builds(lambda one, two: Has("severity", Op.BETWEEN, (one, two)), number, number),
        st.builds(lambda text, is_phrase: words(text, is_phrase=is_phrase), TEXT, st.booleans()).filter(bool),
    )


def _choices(slug: str) -> list[str]:
    choices = FIELDS[slug].choices
    assert choices
    return [choice.slug for choice in choices(User(role="admin"))]


def _value(text: str) -> str:
    from tickets.query.language import clean_value

    return clean_value(text)


def trees() -> st.SearchStrategy[Node]:
    groups: Anything = lambda inner: st.one_of(  # noqa: E731
        st.lists(inner, max_size=4).map(lambda parts: All(tuple(parts))),
        st.lists(inner, max_size=4).map(lambda parts: Any(tuple(parts))),
        inner.map(Not),
    )
    return st.recursive(conditions(), groups, max_leaves=8)


@QUICK
@given(tree=trees())
def test_a_tree_is_written_so_that_it_is_read_again(tree: Node) -> None:
    plain = normal(tree)
    text = write(plain)

    assert read(text).unknown == ()
    assert read(text).tree == plain
    assert write(tree) == text


@QUICK
@given(text=ANYTHING)
def test_whatever_is_typed_has_one_normal_form(text: str) -> None:
    for how in (True, False):
        written = write(read(text, takes_labels=how).tree)

        assert write(read(written).tree) == written


@QUICK
@given(tree=trees())
def test_every_tree_can_be_said_in_words(tree: Node) -> None:
    for language in ("en", "es"):
        with override(language):
            assert isinstance(described(normal(tree), known()), str)


def test_two_questions_are_joined_without_saying_anything_twice() -> None:
    one, other = read("stage:use gap:quality").tree, read("gap:quality a").tree

    assert write(joined(one, other)) == "stage:use gap:quality a"
    assert joined(EVERYTHING, EVERYTHING) == EVERYTHING


# --- Suggestions ------------------------------------------------------------------------------------------------------


def test_everything_that_is_suggested_is_understood_in_both_languages(cast: Cast) -> None:
    for language in ("en", "es"):
        with override(language):
            suggestions = Vocabulary(cast.mia).suggest()
            assert len(suggestions) > 60
            for text, _label, _name in suggestions:
                asked = Vocabulary(cast.mia).read(text)
                assert asked.unknown == (), text
                assert asked, text


@pytest.mark.parametrize(
    "term, expected",
    [
        ("sta", ["stage:", "status:"]),
        ("eta", ["etapa:"]),
        ("stage:u", ["stage:Use"]),
        ("gap:time", ['gap:"Response time"']),
        ("brecha:tiempo", []),  # the page is in English, and so are its labels
        ("assignee:al", ['assignee:"Ana Alonso"']),
        ("respo", ["responsable:", 'gap:"Response time"']),
    ],
)
def test_a_word_that_was_begun_can_be_ended(cast: Cast, term: str, expected: list[str]) -> None:
    found = [each.text for each in Vocabulary(cast.mia).suggest(term)]

    assert [text for text in expected if text not in found] == []
    assert found or not expected
    assert len(Vocabulary(cast.mia).suggest("", most=6)) == 6


# --- Dates ------------------------------------------------------------------------------------------------------------

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 10, 25, 12, 30, tzinfo=UTC)  # the day on which summer time ends there: it has 25 hours


def test_a_day_is_a_day_where_the_person_lives_also_when_the_clocks_change() -> None:
    ((start, end),) = dates.between(Op.IS, ("today",), now=NOW, zone=MADRID, is_ahead=False)

    assert start == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert end == datetime(2026, 10, 25, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "op, value, is_ahead, expected",
    [
        (Op.WITHIN, "7d", False, (NOW - timedelta(days=7), NOW + timedelta(minutes=1))),
        (Op.BEFORE, "7d", False, (NOW - timedelta(days=7), None)),  # less than seven days ago
        (Op.AFTER, "7d", False, (None, NOW - timedelta(days=7))),
        (Op.WITHIN, "2h", True, (NOW, NOW + timedelta(hours=2))),
        (Op.BEFORE, "2h", True, (None, NOW + timedelta(hours=2))),  # what is late already is due in less than that
        (Op.AFTER, "2h", True, (NOW + timedelta(hours=2), None)),
    ],
)
def test_a_span_is_counted_from_now(op: Op, value: str, is_ahead: bool, expected: tuple[object, object]) -> None:
    assert dates.between(op, (value,), now=NOW, zone=MADRID, is_ahead=is_ahead) == [expected]
