"""The company's words for tags, its departments and its finer causes: one form, of which any part can be sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import QueryDict
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cx import codebook, wording
from cx.codebook import RootCause
from cx.models import Department, SubCause
from cx.models.wording import LONGEST_DEPARTMENT, LONGEST_FINER_CAUSE, LONGEST_WORD
from cx.wording import Term
from helpdesk.common.errors import Refusal

SECTIONS: tuple[tuple[str, LazyText | str, LazyText | str], ...] = (
    ("journey_stage", _("Stages of the journey"), _("Where in the journey it happened, in the journey’s order.")),
    ("gap_primary", _("Expectation gaps"), _("Which expectation was not met, or was beaten.")),
    ("direction", _("Against what was expected"), _("How it turned out for the customer.")),
)
OFF, ON = "0", "1"


@dataclass
class FinerRow:
    """One finer cause: its name, and whether it is offered."""

    name: forms.BoundField
    offered: str  # the name of the box
    is_offered: bool


@dataclass
class Row:
    """One tag: the fields of its words, and of a cause also who answers for it and what stands below it."""

    slug: str
    label: str
    words: list[forms.BoundField]
    position: int = 0
    department: forms.BoundField | None = None
    finer: list[FinerRow] = field(default_factory=list)
    new_finer: forms.BoundField | None = None


@dataclass
class Section:
    slug: str
    title: LazyText | str
    text: LazyText | str
    rows: list[Row]


class WordingForm(forms.Form):
    """What is not sent stays as it is, so that the way back sends only what was changed.

    Emptying a field goes back to the shipped word, removes a department, or takes a finer cause away that no ticket
    bears.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = wording.own_words()
        self.owners = wording.owners()
        self.departments = {_department(each.pk): each for each in Department.objects.order_by("name", "pk")}
        self.finer = {_finer(each.pk): each for rows in wording.finer_causes().values() for each in rows}
        self.shipped_departments = sorted({str(each) for each in codebook.ACCOUNTABLE.values()})
        self._add_fields()

    def _add_fields(self) -> None:
        languages = dict(settings.LANGUAGES)
        for term in wording.TERMS:
            attrs = {"placeholder": term.shipped, "lang": term.language, "autocomplete": "off"}
            self._add(_word(term), languages[term.language], self.own.get(term, ""), LONGEST_WORD, **attrs)
        for cause in RootCause:
            shipped = str(codebook.ACCOUNTABLE[cause])
            attrs = {"placeholder": shipped, "list": "departments", "autocomplete": "off"}
            self._add(_owner(cause), _("Department"), self.owners.get(cause, ""), LONGEST_DEPARTMENT, **attrs)
            self._add(_new(cause), _("Add a finer cause"), "", LONGEST_FINER_CAUSE)
        for name, department in self.departments.items():
            self._add(name, _("Department"), department.name, LONGEST_DEPARTMENT)
        for name, each in self.finer.items():
            self._add(name, _("Finer cause"), each.name, LONGEST_FINER_CAUSE)

    def _add(self, name: str, label: Any, initial: str, most: int, **attrs: str) -> None:
        self.fields[name] = forms.CharField(
            label=label,
            required=False,
            max_length=most,
            widget=forms.TextInput(attrs=attrs),
            error_messages={"max_length": _("Use at most %(limit_value)d characters")},
        )
        self.initial[name] = initial

    # --- What was changed --------------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        words = {term: values[_word(term)] for term in wording.TERMS if self._is_changed(_word(term))}
        for term, why in wording.problems(words).items() if words else ():
            self.add_error(_word(term), why)
        return values

    def _is_changed(self, name: str) -> bool:
        return name in self.data and name in self.cleaned_data and self.cleaned_data[name] != self.initial[name]

    def save(self) -> dict[str, str]:
        """Do all of it, or nothing. Returns what to send to have it as before.

        `has_saved` says whether anything was done. Where a rule says no, the field says why, and the form is no longer
        valid.
        """
        before: dict[str, str] = {}
        self.has_saved, saving = False, ""
        try:
            with transaction.atomic():
                for name, change in self._changes():
                    saving = name
                    before |= change()
        except Refusal as refusal:
            self.add_error(saving, str(refusal))
            return {}
        self.has_saved = bool(saving)
        return before

    def _changes(self) -> Iterator[tuple[str, Any]]:
        """The field, and what to do about it, in an order in which none undoes another."""
        changed = {name: self.cleaned_data[name] for name in self.fields if self._is_changed(name)}
        words = {term: changed[_word(term)] for term in wording.TERMS if _word(term) in changed}
        if words:  # together, for they may change places
            yield _word(next(iter(words))), lambda: self._words_changed(words)
        for name, department in self.departments.items():
            if name in changed:
                yield name, lambda name=name, each=department: self._department_changed(each, changed[name])
        for cause in RootCause.values:
            if (name := _owner(cause)) in changed:
                yield name, lambda cause=cause, name=name: self._owner_changed(cause, changed[name])
        for name, finer in self.finer.items():
            if name in changed:
                yield name, lambda name=name, each=finer: self._finer_changed(each, changed[name])
            if self._is_offered(name) != finer.is_active and changed.get(name) != "":
                yield name, lambda each=finer: self._offering_changed(each)
        for cause in RootCause.values:
            if (name := _new(cause)) in changed:
                yield name, lambda cause=cause, name=name: self._finer_added(cause, changed[name])

    def _words_changed(self, words: dict[Term, str]) -> dict[str, str]:
        return {_word(term): was for term, was in wording.rename(words).items()}

    def _department_changed(self, department: Department, name: str) -> dict[str, str]:
        if name:
            was = department.name
            return {_department(department.pk): was} if wording.rename_department(department, name) else {}
        return {_owner(cause): department.name for cause in wording.remove_department(department)}

    def _owner_changed(self, cause: str, name: str) -> dict[str, str]:
        known = set(Department.objects.values_list("pk", flat=True))
        if not wording.assign({cause: name}):
            return {}
        made = Department.objects.exclude(pk__in=known).values_list("pk", flat=True)
        return {_owner(cause): self.owners.get(cause, ""), **{_department(pk): "" for pk in made}}

    def _finer_changed(self, finer: SubCause, name: str) -> dict[str, str]:
        was = finer.name
        if name:
            return {_finer(finer.pk): was} if finer.rename(name) else {}
        finer.remove()
        return {_new(finer.root_cause): was}

    def _is_offered(self, name: str) -> bool:
        """As it was sent: a box that is not ticked sends nothing, so a "0" goes with every box."""
        sent = cast(QueryDict, self.data).getlist(_offered(name)) if self.is_bound else []
        return ON in sent if sent else self.finer[name].is_active

    def _offering_changed(self, finer: SubCause) -> dict[str, str]:
        was = ON if finer.is_active else OFF
        changed = finer.switch_off() if finer.is_active else finer.switch_on()
        return {_offered(_finer(finer.pk)): was} if changed else {}

    def _finer_added(self, cause: str, name: str) -> dict[str, str]:
        there = {each.pk: each.is_active for each in self.finer.values()}
        added = SubCause.add(cause, name)
        if added.pk not in there:
            return {_finer(added.pk): ""}
        return {} if there[added.pk] else {_offered(_finer(added.pk)): OFF}

    # --- The page ----------------------------------------------------------------------------------------------------

    def sections(self) -> list[Section]:
        return [
            Section(
                name,
                title,
                text,
                [
                    self._row(name, slug, position=at if name == "journey_stage" else 0)
                    for at, slug in enumerate(codebook.RENAMABLE[name].values, 1)
                ],
            )
            for name, title, text in SECTIONS
        ]

    def causes(self) -> list[Row]:
        found = []
        for cause in RootCause.values:
            row = self._row("root_cause", cause)
            row.department, row.new_finer = self[_owner(cause)], self[_new(cause)]
            row.finer = [
                FinerRow(self[name], _offered(name), self._is_offered(name))
                for name, each in self.finer.items()
                if each.root_cause == cause
            ]
            found.append(row)
        return found

    def own_departments(self) -> list[tuple[forms.BoundField, str]]:
        """Each with the causes it answers for, in words."""
        causes: dict[str, list[str]] = {}
        for cause, department in self.owners.items():
            causes.setdefault(department, []).append(str(RootCause(cause).label))
        none = _t("Answers for no cause yet")
        return [(self[name], ", ".join(causes.get(each.name, [])) or none) for name, each in self.departments.items()]

    def known_departments(self) -> list[str]:
        """What to offer while a department is typed."""
        return sorted({*self.shipped_departments, *(each.name for each in self.departments.values())})

    def _row(self, name: str, slug: str, *, position: int = 0) -> Row:
        words = [self[_word(Term(name, slug, language))] for language in wording.LANGUAGES]
        return Row(slug, str(codebook.RENAMABLE[name](slug).shipped), words, position=position)


def _word(term: Term) -> str:
    return "-".join(term)


def _owner(cause: str) -> str:
    return f"department-of-{cause}"


def _department(pk: int) -> str:
    return f"department-{pk}"


def _finer(pk: int) -> str:
    return f"finer-{pk}"


def _offered(name: str) -> str:
    return f"{name}-offered"


def _new(cause: str) -> str:
    return f"new-finer-{cause}"
