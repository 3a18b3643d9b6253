"""A filter put together by hand: groups of conditions as a form, read from a tree and read back into one.

The form is drawn by the server each time: adding, removing and nesting are buttons that post it. What cannot be shown
as a row (a tree that is nested deeper, an unusual comparison) stands there written out, so nothing is ever lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from django.http import QueryDict
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from tickets.query import dates
from tickets.query.fields import FIELDS, Choice, Field, Kind, Vocabulary
from tickets.query.language import clean_value, normal, words, write
from tickets.query.tree import EVERYTHING, All, Any, Has, Node, Not, Op, Words

ROOT: Final = "f"
DEEPEST: Final = 3  # groups in groups
MOST_ROWS: Final = 50
WORDS, WRITTEN = "words", "written"  # what is no field: words of the ticket, and anything in the language
_KEY: Final = re.compile(rf"{ROOT}(?:-[0-9]{{1,2}})*")
_DO: Final = re.compile(rf"(row|group|drop):({ROOT}(?:-[0-9]{{1,2}}){{0,8}})")


class Comparison:
    """How a row compares, and with what kind of input."""

    def __init__(self, slug: str, label: LazyText, op: Op, input_: str, *, is_not: bool = False) -> None:
        self.slug, self.label, self.op, self.input, self.is_not = slug, label, op, input_, is_not


def _is(input_: str) -> list[Comparison]:
    return [
        Comparison("is", pgettext_lazy("comparison", "is"), Op.IS, input_),
        Comparison("is_not", pgettext_lazy("comparison", "is not"), Op.IS, input_, is_not=True),
    ]


_CONTAINS: Final = [
    Comparison("is", pgettext_lazy("comparison", "contains"), Op.IS, "text"),
    Comparison("is_not", pgettext_lazy("comparison", "does not contain"), Op.IS, "text", is_not=True),
]
_WORDS: Final = [
    Comparison("is", pgettext_lazy("comparison", "contain"), Op.IS, "text"),
    Comparison("exactly", pgettext_lazy("comparison", "contain exactly"), Op.IS, "text"),
    Comparison("is_not", pgettext_lazy("comparison", "do not contain"), Op.IS, "text", is_not=True),
]
_WRITTEN: Final = [Comparison("is", pgettext_lazy("comparison", "as it is typed"), Op.IS, "text")]
_DATE: Final = [
    Comparison("is", pgettext_lazy("comparison", "on"), Op.IS, "day"),
    Comparison("before", pgettext_lazy("comparison", "before"), Op.BEFORE, "day"),
    Comparison("after", pgettext_lazy("comparison", "after"), Op.AFTER, "day"),
    Comparison("since", pgettext_lazy("comparison", "since"), Op.SINCE, "day"),
    Comparison("until", pgettext_lazy("comparison", "until"), Op.UNTIL, "day"),
    Comparison("between", pgettext_lazy("comparison", "between"), Op.BETWEEN, "days"),
]
_AGO: Final = [
    Comparison("within", pgettext_lazy("comparison", "in the last"), Op.WITHIN, "span"),
    Comparison("longer", pgettext_lazy("comparison", "longer ago than"), Op.AFTER, "span"),
]
_AHEAD: Final = [
    Comparison("within", pgettext_lazy("comparison", "in the next"), Op.WITHIN, "span"),
    Comparison("shorter", pgettext_lazy("comparison", "in less than, or past"), Op.BEFORE, "span"),
    Comparison("longer", pgettext_lazy("comparison", "in more than"), Op.AFTER, "span"),
]
_SET: Final = [
    Comparison("empty", _("not set"), Op.EMPTY, ""),
    Comparison("filled", pgettext_lazy("comparison", "set"), Op.EMPTY, "", is_not=True),
]
_AMOUNT: Final = [
    Comparison("more", pgettext_lazy("comparison", "more than"), Op.AFTER, "number"),
    Comparison("least", pgettext_lazy("comparison", "at least"), Op.SINCE, "number"),
    Comparison("less", pgettext_lazy("comparison", "less than"), Op.BEFORE, "number"),
    Comparison("most", pgettext_lazy("comparison", "at most"), Op.UNTIL, "number"),
    Comparison("between", pgettext_lazy("comparison", "between"), Op.BETWEEN, "numbers"),
]


def comparisons_of(slug: str) -> list[Comparison]:
    """What can be said of a field, in the order in which it is offered."""
    if slug == WORDS:
        return _WORDS
    known = FIELDS.get(slug)
    if known is None:
        return _WRITTEN
    if known.kind == Kind.DATE:
        return [*(_AHEAD if known.is_ahead else _AGO), *_DATE, *_SET]
    if known.kind == Kind.NUMBER:
        return [*_is("choices" if known.choices else "text"), *_AMOUNT]
    return _CONTAINS if known.takes_any_text else _is("choices")


UNITS: Final[Mapping[str, LazyText]] = {
    "min": _("minutes"),
    "h": _("hours"),
    "d": _("days"),
    "w": _("weeks"),
    "m": _("months"),
    "y": _("years"),
}


@dataclass
class Row:
    """One condition: a field, a comparison, values."""

    field: str = WORDS
    compared: str = "is"
    values: tuple[str, ...] = ()
    unit: str = "d"
    path: str = ""
    has_focus: bool = False
    choices: Sequence[Choice] = ()
    is_row: ClassVar[bool] = True

    @property
    def comparison(self) -> Comparison:
        all_of_them = comparisons_of(self.field)
        return next((each for each in all_of_them if each.slug == self.compared), all_of_them[0])

    @property
    def comparisons(self) -> list[Comparison]:
        return comparisons_of(self.field)

    @property
    def text(self) -> str:
        """What stands in a field for text."""
        return ", ".join(self.values)

    @property
    def first(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def second(self) -> str:
        return self.values[1] if len(self.values) > 1 else ""

    @property
    def is_day_relative(self) -> bool:
        return self.first in dates.RELATIVE

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """Each value with its label and whether it is chosen."""
        return [(each.slug, str(each.label), each.slug in self.values) for each in self.choices]

    @property
    def fields(self) -> list[tuple[str, str]]:
        return [
            (WORDS, pgettext("field of a search", "Words")),
            *((slug, str(known.label)) for slug, known in FIELDS.items()),
            (WRITTEN, pgettext("field of a search", "Written out")),
        ]

    @property
    def units(self) -> list[tuple[str, LazyText, bool]]:
        return [(unit, label, unit == self.unit) for unit, label in UNITS.items()]

    def tree(self, known: Vocabulary) -> Node | None:
        """The condition; None while something is missing."""
        if self.field == WORDS:
            return self._words(" ".join(self.values))
        if self.field not in FIELDS:
            asked = known.read(" ".join(self.values))
            return asked.tree if asked else None
        return self._condition(known)

    def _words(self, text: str) -> Node | None:
        if self.compared == "exactly":
            return words(text, is_phrase=True)
        found = tuple(each for word in text.split() if (each := words(word)))
        if not found:
            return None
        return normal(Not(Any(found)) if self.comparison.is_not else All(found))

    def _condition(self, known: Vocabulary) -> Node | None:
        comparison, given = self.comparison, [clean_value(value) for value in self.values]
        if comparison.op == Op.EMPTY:
            return _turned(Has(self.field, Op.EMPTY), comparison)
        if comparison.input in ("days", "numbers"):
            given = ["..".join(given[:2])] if len(given) > 1 and all(given[:2]) else []
        elif comparison.input == "span":
            given = [f"{given[0]}{self.unit}"] if given and given[0] else []
        op = Op.IS if comparison.op == Op.WITHIN else comparison.op
        found = [has for value in given if value and (has := known.meant(self.field, op, value))]
        if not found:
            return None
        if op != Op.IS or found[0].op != Op.IS:
            return _turned(found[0], comparison)
        same = [value for has in found if has.field == self.field for value in has.values]
        return _turned(Has(self.field, Op.IS, known.in_order(self.field, same)), comparison) if same else found[0]


@dataclass
class Group:
    """All, any or none of what stands in it."""

    kind: str = "all"
    parts: list[Group | Row] = field(default_factory=list)
    path: str = ROOT
    depth: int = 1
    has_focus: bool = False
    is_row: ClassVar[bool] = False

    @property
    def may_nest(self) -> bool:
        return self.depth < DEEPEST

    @property
    def kinds(self) -> list[tuple[str, str, bool]]:
        labels = {"all": _t("All of these"), "any": _t("Any of these"), "none": _t("None of these")}
        return [(kind, label, kind == self.kind) for kind, label in labels.items()]

    def tree(self, known: Vocabulary) -> Node | None:
        """What the group asks for; None where nothing in it is complete."""
        found = tuple(node for part in self.parts if (node := part.tree(known)) is not None)
        if not found:
            return None
        return All(found) if self.kind == "all" else Any(found) if self.kind == "any" else Not(Any(found))


def _turned(has: Has, comparison: Comparison) -> Node:
    return Not(has) if comparison.is_not else has


# --- From a tree ------------------------------------------------------------------------------------------------------


def form_of(tree: Node) -> Group:
    """The form that shows this tree. An empty one has a row to begin with."""
    tree = normal(tree)
    parts = tree.parts if isinstance(tree, All) else (tree,)
    if isinstance(tree, Any) or _is_none(tree):
        return _group(tree, depth=1)
    found = Group(parts=[] if tree == EVERYTHING else [_part(part, depth=2) for part in parts])
    found.parts = found.parts or [Row()]
    return found


def _is_none(node: Node) -> bool:
    return isinstance(node, Not) and isinstance(node.part, Any)


def _part(node: Node, *, depth: int) -> Group | Row:
    is_group = isinstance(node, All | Any) or (isinstance(node, Not) and isinstance(node.part, All | Any))
    if is_group and depth <= DEEPEST:
        return _group(node, depth=depth)
    return _row(node) or Row(field=WRITTEN, values=(write(node),))


def _group(node: Node, *, depth: int) -> Group:
    inner = node.part if isinstance(node, Not) else node
    kind = "none" if isinstance(node, Not) else "any" if isinstance(node, Any) else "all"
    parts = inner.parts if isinstance(inner, Any) or (isinstance(inner, All) and kind == "all") else (inner,)
    return Group(kind=kind, parts=[_part(part, depth=depth + 1) for part in parts])


def _row(node: Node) -> Row | None:
    is_not, inner = (True, node.part) if isinstance(node, Not) else (False, node)
    if isinstance(inner, Words):
        text = f"{inner.text}{'*' if inner.is_beginning else ''}"
        if is_not:  # words in their order are written out: "do not contain" is about words
            return None if inner.is_phrase and " " not in inner.text else Row(WORDS, "is_not", (text,))
        return Row(WORDS, "exactly" if inner.is_phrase else "is", (text,))
    if not isinstance(inner, Has) or inner.field not in FIELDS:
        return None
    return _row_of_field(inner, is_not=is_not)


def _row_of_field(has: Has, *, is_not: bool) -> Row | None:
    is_span = FIELDS[has.field].kind == Kind.DATE and bool(has.values) and dates.is_span(has.values[0])
    for each in comparisons_of(has.field):
        if each.op == has.op and each.is_not == is_not and (each.input == "span") == is_span:
            if not is_span:
                return Row(has.field, each.slug, has.values)
            number = re.match("[0-9]+", has.values[0])[0]  # type: ignore[index]
            return Row(has.field, each.slug, (number,), unit=has.values[0].removeprefix(number))
    return None


# --- From what was posted ---------------------------------------------------------------------------------------------


def posted(given: QueryDict) -> Group:
    """The form as it was sent; what does not belong to it is left out."""
    paths = {name.rpartition(".")[0] for name in given if name.count(".") == 1}
    found = {path for path in paths if len(path) <= 20 and _KEY.fullmatch(path)}
    root = _posted_group(given, ROOT, found, depth=1)
    return root


def _posted_group(given: QueryDict, path: str, paths: set[str], *, depth: int) -> Group:
    children = sorted(
        (int(each.removeprefix(f"{path}-")), each)
        for each in paths
        if each.startswith(f"{path}-") and "-" not in each.removeprefix(f"{path}-")
    )
    parts: list[Group | Row] = []
    for _number, child in children[:MOST_ROWS]:
        if f"{child}.kind" in given and depth < DEEPEST:
            parts.append(_posted_group(given, child, paths, depth=depth + 1))
        elif f"{child}.field" in given:
            parts.append(_posted_row(given, child))
    kind = given.get(f"{path}.kind", "all")
    return Group(kind=kind if kind in ("all", "any", "none") else "all", parts=parts, path=path, depth=depth)


def _posted_row(given: QueryDict, path: str) -> Row:
    name = str(given[f"{path}.field"])
    name = name if name in FIELDS or name == WRITTEN else WORDS
    row = Row(field=name, unit=given.get(f"{path}.unit", "d"), path=path)
    row.unit = row.unit if row.unit in UNITS else "d"
    row.compared = row.comparisons[0].slug
    if given.get(f"{path}.was", name) == name:  # what was said of another field before means nothing here
        row.compared = given.get(f"{path}.is", row.compared)
        row.compared = row.comparison.slug
        row.values = _posted_values(given.getlist(f"{path}.value"), row)
    return row


def _posted_values(values: Iterable[str], row: Row) -> tuple[str, ...]:
    texts = [value[:1000] for value in values][:100]
    is_list = row.comparison.input == "text" and row.field not in (WORDS, WRITTEN)
    if is_list:
        texts = [part.strip() for text in texts for part in text.split(",") if part.strip()]
    return tuple(texts)


def done(form: Group, asked: str) -> Group:
    """The form after a button: "row:f" adds a condition, "group:f-0" a group, "drop:f-0-1" takes one away."""
    match = _DO.fullmatch(asked)
    if not match:
        return form
    verb, path = match[1], match[2]
    numbered(form)
    if verb == "drop":
        _drop(form, path)
    elif (group := _find(form, path)) and isinstance(group, Group) and _rows_in(form) < MOST_ROWS:
        new: Group | Row = Row(has_focus=True)
        if verb == "group" and group.may_nest:
            new = Group(kind="any" if group.kind == "all" else "all", parts=[new])
        group.parts.append(new)
    return form


def _drop(form: Group, path: str) -> None:
    parent = _find(form, path.rpartition("-")[0])
    if not isinstance(parent, Group):
        return
    at = next((at for at, part in enumerate(parent.parts) if part.path == path), None)
    if at is None:
        return
    del parent.parts[at]
    # Where the keyboard goes on: what took its place, else what stands before it, else the group itself.
    heir = parent.parts[min(at, len(parent.parts) - 1)] if parent.parts else parent
    heir.has_focus = True


def _find(form: Group | Row, path: str) -> Group | Row | None:
    if form.path == path:
        return form
    if isinstance(form, Row):
        return None
    return next((found for part in form.parts if (found := _find(part, path))), None)


def _rows_in(form: Group | Row) -> int:
    return 1 if isinstance(form, Row) else sum(map(_rows_in, form.parts))


def numbered(form: Group, known: Vocabulary | None = None, *, path: str = ROOT, depth: int = 1) -> Group:
    """Every part with the name of its place, and rows with what can be chosen in them."""
    form.path, form.depth = path, depth
    for at, part in enumerate(form.parts):
        if isinstance(part, Group):
            numbered(part, known, path=f"{path}-{at}", depth=depth + 1)
        else:
            part.path = f"{path}-{at}"
            if known and _has_choices(FIELDS.get(part.field), part):
                part.choices = known.choices(part.field)
    return form


def _has_choices(known: Field | None, row: Row) -> bool:
    return known is not None and row.comparison.input == "choices"


@dataclass(frozen=True)
class Builder:
    """The form with what it asks for."""

    form: Group
    known: Vocabulary
    typed: str = ""

    @classmethod
    def showing(cls, tree: Node, known: Vocabulary) -> Builder:
        return cls(numbered(form_of(tree), known), known)

    @classmethod
    def posted(cls, given: QueryDict, known: Vocabulary) -> Builder:
        return cls(numbered(done(posted(given), given.get("do", "")), known), known)

    @property
    def tree(self) -> Node:
        return normal(self.form.tree(self.known) or EVERYTHING)

    @property
    def text(self) -> str:
        """The same as it is typed."""
        return write(self.tree)
