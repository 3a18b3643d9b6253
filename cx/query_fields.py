"""What tickets can be asked about how it felt and what we promised.

What a ticket is tagged with is what its chips show: a person's word, or a suggestion that is sure enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cx import codebook, repeats
from cx.codebook import Direction, RootCause, Severity
from cx.models import Promise, Tagging
from cx.models.tagging import TaggingQuerySet
from tickets.query import fields
from tickets.query.fields import Choice, Choices, Field, Kind, column_condition, number_condition
from tickets.query.language import plain
from tickets.query.tree import Has, Op

if TYPE_CHECKING:
    from helpdesk.people.models import User

#: name in the language -> field of a tagging
TAGS: Final = {"stage": "journey_stage", "gap": "gap_primary", "direction": "direction", "cause": "root_cause"}
TAGGED: Final = "tagged"
TO_BE_TAGGED, SUGGESTED, CONFIRMED = "none", "suggested", "confirmed"
_SURPRISES: Final = ("surprise", "surprises", "sorpresa", "sorpresas")
_YES: Final = ("yes", "si")
_KEPT_LATE_COUNTS_AS_BROKEN: Final = {
    "open": (Promise.State.OPEN, Promise.State.AT_RISK),
    "owed": (Promise.State.OPEN, Promise.State.AT_RISK, Promise.State.BROKEN),
    "kept": (Promise.State.KEPT,),
    "broken": (Promise.State.BROKEN, Promise.State.KEPT_LATE),
}
_STATES: Final = (
    Choice(
        TO_BE_TAGGED, _("To be tagged"), ("to be tagged", "untagged", "sin etiquetar", "por etiquetar", "no", "none")
    ),
    Choice(SUGGESTED, pgettext_lazy("tag", "Suggested"), ("sugerida", "sugerido")),
    Choice(CONFIRMED, pgettext_lazy("tag", "Confirmed"), ("confirmada", "confirmado")),
)


def register() -> None:
    """Called once, when the app is ready."""
    fields.register(
        _tag("stage", _("Stage"), "etapa"),
        _tag("gap", _("Expectation gap"), "brecha"),
        _tag("direction", _("Against what was expected"), "dirección"),
        _tag("cause", _("Behind it"), "causa"),
        Field(
            TAGGED, _("Stage and gap"), Kind.FLAG, _tagged, choices=fields.static(*_STATES),
            names=("tags", "etiquetado", "etiquetas"), reads=_tag_states, is_label_enough=True,
            also=dict.fromkeys(_SURPRISES, Has("direction", Op.IS, (Direction.EXCEEDED.value,))),
        ),
        Field(
            "severity", _("Severity"), Kind.NUMBER, number_condition("severity"), rows=shown,
            names=("gravedad", "severidad"),
            choices=fields.static(*(Choice(str(value), label) for value, label in Severity.choices)),
        ),
        Field(
            "sentiment", _("Sentiment"), Kind.CHOICE, column_condition("sentiment"), rows=shown,
            names=("feeling", "sentimiento", "ánimo"), choices=_of_codebook("sentiment"), reads=_reader("sentiment"),
        ),
        Field(
            "department", _("Department"), Kind.CHOICE, _department, rows=shown, choices=_departments,
            names=("departamento", "accountable"), reads=_department_called,
        ),
        Field(
            "promise", _("Promise"), Kind.CHOICE, _promise, names=("promesa",), choices=fields.static(
                Choice("open", pgettext_lazy("promise", "Open"), ("pending", "pendiente", "abierta")),
                Choice("owed", pgettext_lazy("promise", "Still owed"), ("due", "por cumplir")),
                Choice("kept", pgettext_lazy("promise", "Kept"), ("cumplida",)),
                Choice("broken", pgettext_lazy("promise", "Broken"), ("not kept", "incumplida", "rota", "late")),
            ),
        ),
    )  # fmt: skip
    _register_repeats()


def _register_repeats() -> None:
    """ "is:repeat": beside what else a ticket is, from the floor above."""
    fields.register(
        Field(
            "contact", _("Contact"), Kind.FLAG, lambda _op, _values, user: repeats.is_repeat(user),
            names=("contacto",), choices=fields.static(
                Choice("repeat", _("Again about the same"), ("repeated", "repetido", "repetida", "again")),
            ),
        )
    )  # fmt: skip
    again = Has("contact", Op.IS, ("repeat",))
    known = fields.FIELDS["is"]
    fields.register(replace(known, also={**known.also, "repeat": again, "repetido": again}))


def shown() -> TaggingQuerySet:
    """What the chips of tickets show; at most one row of each."""
    return Tagging.objects.counted()


def _tag(slug: str, label: object, *names: str) -> Field:
    column = TAGS[slug]
    return Field(
        slug, label, Kind.CHOICE, column_condition(column), names=names, choices=_of_codebook(column),  # type: ignore[arg-type]
        reads=_reader(column), rows=shown, is_label_enough=True,
    )  # fmt: skip


def _of_codebook(column: str) -> Choices:
    return lambda _user: [Choice(slug, label) for slug, label in codebook.FIELDS[column].choices]


def _reader(column: str) -> Callable[[str], tuple[str, ...]]:
    """Slugs, labels of both languages, the company's own words, and everyday names."""

    def reads(text: str) -> tuple[str, ...]:
        slug = codebook.slug_for(field=column, text=text)
        return (slug,) if slug else ()

    return reads


def _tag_states(text: str) -> tuple[str, ...]:
    name = plain(text)
    if name in _YES:
        return (SUGGESTED, CONFIRMED)
    return next(
        ((state.slug,) for state in _STATES if name in (state.slug, plain(str(state.label)), *map(plain, state.names))),
        (),
    )


def _tagged(_op: str, values: tuple[str, ...], _user: User) -> Q:
    mine = shown().filter(ticket=OuterRef("pk"))
    found = Q()
    if TO_BE_TAGGED in values:
        found |= ~Q(Exists(mine))
    if CONFIRMED in values:
        found |= Q(Exists(mine.by_people()))
    if SUGGESTED in values:
        found |= Q(Exists(mine.filter(source=Tagging.Source.MODEL)))
    return found


def _promise(_op: str, values: tuple[str, ...], _user: User) -> Q:
    states = [state for value in values for state in _KEPT_LATE_COUNTS_AS_BROKEN.get(value, ())]
    return Q(Exists(Promise.objects.filter(ticket=OuterRef("pk"), state__in=states)))


# --- Departments ------------------------------------------------------------------------------------------------------


def _departments(_user: User) -> Sequence[Choice]:
    """Each department once, under the first cause that it answers for."""
    found: dict[str, str] = {}
    for cause in RootCause.values:
        found.setdefault(str(codebook.department_of(cause)), cause)
    return [Choice(cause, label) for label, cause in found.items()]


def _department_called(text: str) -> tuple[str, ...]:
    """By the company's name for it, or a shipped one of either language."""
    from django.utils.translation import override

    name = plain(text)
    if name.replace(" ", "_") in RootCause.values:
        return (name.replace(" ", "_"),)
    for cause in RootCause:
        labels = [str(codebook.department_of(cause))]
        for language in ("en", "es"):
            with override(language):
                labels.append(str(codebook.ACCOUNTABLE[cause]))
        if name in map(plain, labels):
            return (cause.value,)
    return ()


def _department(_op: str, values: tuple[str, ...], _user: User) -> Q:
    """The causes for which these departments answer: the company may have given several to one."""
    wanted = {str(codebook.department_of(value)) for value in values if value in RootCause.values}
    causes = [cause for cause in RootCause.values if str(codebook.department_of(cause)) in wanted]
    return Q(root_cause__in=causes)
