"""What the company calls the codebook's tags, which department answers for which cause, and its finer causes.

Slugs stay: a word changes on every screen and in no row about a ticket, so history reads in today's words.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, SynchronousOnlyOperation
from django.db import Error, transaction
from django.db.models import Value
from django.utils.translation import gettext as _t
from django.utils.translation import override

from cx import codebook
from cx.codebook import OwnWords, RootCause
from cx.models import CauseOwner, Department, SubCause, Wording
from cx.models.wording import LONGEST_DEPARTMENT, LONGEST_WORD, one_at_a_time
from helpdesk.common.errors import Refusal
from helpdesk.common.text import normalise

LANGUAGES: Final = tuple(code for code, _name in settings.LANGUAGES)


class Term(NamedTuple):
    """A tag in a language: what can have a word of the company's own."""

    field: str
    slug: str
    language: str

    @property
    def shipped(self) -> str:
        with override(self.language):
            return str(codebook.RENAMABLE[self.field](self.slug).shipped)


TERMS: Final = tuple(
    Term(field, slug, language)
    for field, tags in codebook.RENAMABLE.items()
    for slug in tags.values
    for language in LANGUAGES
)


class Unacceptable(Refusal):
    """Some of the words cannot be taken; `problems` says why, in words, by term."""

    def __init__(self, problems: Mapping[Term, str]) -> None:
        self.problems = problems
        super().__init__(next(iter(problems.values())))


# --- Reading ---------------------------------------------------------------------------------------------------------


class _Kept:
    """The company's words as they were a moment ago: pages show many and they change once a year.

    What another process changes is seen within a second. Whatever keeps the database from answering, there are words:
    those known last, else the shipped ones. What is kept is replaced as a whole, so threads may share it.
    """

    SECONDS = 1.0
    # The last is what a test without a database is told.
    NO_ANSWER = (Error, ImproperlyConfigured, SynchronousOnlyOperation, RuntimeError)

    def __init__(self) -> None:
        self._words = OwnWords()
        self._read_at = float("-inf")

    def words(self) -> OwnWords:
        if time.monotonic() - self._read_at > self.SECONDS:
            with suppress(*self.NO_ANSWER):
                self._words = _read()
            self._read_at = time.monotonic()
        return self._words

    def forget(self) -> None:
        self._words, self._read_at = OwnWords(), float("-inf")


def _read() -> OwnWords:
    """Everything in one query."""
    words = Wording.objects.values_list("field", "slug", "language", "label")
    owners = CauseOwner.objects.values_list(Value(""), "root_cause", Value(""), "department__name")
    labels: dict[tuple[str, str, str], str] = {}
    departments: dict[str, str] = {}
    for field, slug, language, word in words.union(owners, all=True):
        if field:
            labels[field, slug, language] = word
        else:
            departments[slug] = word
    return OwnWords(labels, departments)


KEPT = _Kept()


def own_words() -> dict[Term, str]:
    """What the company calls things now, read anew."""
    return {Term(field, slug, language): word for (field, slug, language), word in _read().labels.items()}


def owners() -> dict[str, str]:
    """cause -> the company's own department that answers for it, read anew."""
    return dict(_read().departments)


# --- Words -----------------------------------------------------------------------------------------------------------


def problems(words: Mapping[Term, str]) -> dict[Term, str]:
    """What is wrong with these words for the terms they are given to, in words; empty when they can be taken."""
    return _problems({term: _clean(word) for term, word in words.items()}, now=own_words())


def rename(words: Mapping[Term, str]) -> dict[Term, str]:
    """Call tags by these words; an empty one goes back to the shipped word. What is not named stays.

    Returns what those that changed were called before, empty where it was the shipped word: giving it back undoes it.
    Nothing is changed where one of the words cannot be taken (`Unacceptable`).
    """
    words = {term: _clean(word) for term, word in words.items()}
    with transaction.atomic():
        one_at_a_time()
        now = own_words()
        if found := _problems(words, now=now):
            raise Unacceptable(found)
        changed = {term: word for term, word in words.items() if word != now.get(term, "")}
        for term, word in changed.items():
            if word:
                Wording.objects.update_or_create(**term._asdict(), defaults={"label": word})
            else:
                Wording.objects.filter(**term._asdict()).delete()
    _forget()
    return {term: now.get(term, "") for term in changed}


def _problems(words: Mapping[Term, str], *, now: Mapping[Term, str]) -> dict[Term, str]:
    found: dict[Term, str] = {}
    after = {**now, **words}
    called = {term: after.get(term) or term.shipped for term in TERMS}
    for term, word in words.items():
        if term not in called:
            found[term] = _t("There is no such tag.")
        elif len(word) > LONGEST_WORD:
            found[term] = _too_long(LONGEST_WORD)
        elif word and (same := _taken(term, word, called)):
            found[term] = same
    return found


def _taken(term: Term, word: str, called: Mapping[Term, str]) -> str:
    """Why this word would stand for two tags; empty where it does not."""
    plain = codebook.plain(word)
    for other, others_word in called.items():
        if (other.field, other.language) != (term.field, term.language) or other.slug == term.slug:
            continue
        if plain == codebook.plain(others_word):
            return _t("“%(word)s” is used twice here. Give each its own word.") % {"word": word}
        if plain == codebook.plain(other.slug):
            return _t("“%(word)s” stands for another one in addresses and searches. Choose a different word.") % {
                "word": word
            }
    return ""


def _too_long(most: int) -> str:
    return _t("Use at most %(most)s characters.") % {"most": most}


def _clean(word: str) -> str:
    return normalise(word, single_line=True)


# --- Departments -----------------------------------------------------------------------------------------------------


def assign(departments: Mapping[str, str]) -> dict[str, str]:
    """Say which department answers for these causes: an own one, made where there is none of that name yet.

    Empty, or the shipped name where no department of their own is called so, goes back to the shipped one. Returns
    the names before, of those that changed; giving them back undoes it.
    """
    with transaction.atomic():
        one_at_a_time()
        known = {codebook.plain(each.name): each for each in Department.objects.all()}
        now = {each.root_cause: each.department for each in CauseOwner.objects.select_related("department")}
        before: dict[str, str] = {}
        for cause, name in departments.items():
            if cause not in RootCause.values:
                raise Refusal(_t("There is no such cause."))
            name, was = _clean(name), now.get(cause)
            department = known.get(codebook.plain(name)) if name else None
            if name and department is None and not _is_shipped(cause, name):
                department = known[codebook.plain(name)] = Department.objects.create(name=_department_name(name))
            if department == was:
                continue
            before[cause] = was.name if was else ""
            if department:
                CauseOwner.objects.update_or_create(root_cause=cause, defaults={"department": department})
            else:
                CauseOwner.objects.filter(root_cause=cause).delete()
    _forget()
    return before


def rename_department(department: Department, name: str) -> bool:
    """Call it so from now on, for every cause that it answers for. Returns whether anything changed."""
    name = _department_name(_clean(name))
    with transaction.atomic():
        one_at_a_time()
        others = Department.objects.exclude(pk=department.pk).values_list("name", flat=True)
        if codebook.plain(name) in map(codebook.plain, others):
            raise Refusal(_t("There is already a department called “%(name)s”.") % {"name": name})
        changed = bool(Department.objects.filter(pk=department.pk).exclude(name=name).update(name=name))
    _forget()
    return changed


def remove_department(department: Department) -> list[str]:
    """Its causes go back to the shipped departments. Returns those causes. Removing twice is no error."""
    with transaction.atomic():
        causes = list(CauseOwner.objects.filter(department=department.pk).values_list("root_cause", flat=True))
        Department.objects.filter(pk=department.pk).delete()
    _forget()
    return causes


def _department_name(name: str) -> str:
    if not name:
        raise Refusal(_t("Enter the name of the department."))
    if len(name) > LONGEST_DEPARTMENT:
        raise Refusal(_too_long(LONGEST_DEPARTMENT))
    return name


def _is_shipped(cause: str, name: str) -> bool:
    shipped = codebook.ACCOUNTABLE[RootCause(cause)]
    for language in LANGUAGES:
        with override(language):
            if codebook.plain(str(shipped)) == codebook.plain(name):
                return True
    return False


def _forget() -> None:
    """Here at once, and again when it is certain: another thread may have looked in between."""
    KEPT.forget()
    transaction.on_commit(KEPT.forget)


# --- Finer causes ----------------------------------------------------------------------------------------------------


def finer_causes() -> dict[str, list[SubCause]]:
    """Every cause with the company's finer ones below it, also those that are offered no more."""
    found: dict[str, list[SubCause]] = {cause: [] for cause in RootCause.values}
    for each in SubCause.objects.in_order():
        found[each.root_cause].append(each)
    return found
