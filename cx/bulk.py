"""Tagging many tickets at once: two verbs beside those of `tickets.bulk`."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cx.codebook import Direction, Gap
from cx.models import Tagging
from helpdesk.common.errors import Refusal
from helpdesk.common.numbers import whole
from helpdesk.people.access import Ability
from helpdesk.people.models import User
from tickets.bulk import Values, Verb, register
from tickets.models import Ticket

FIELDS: Final = ("journey_stage", "gap_primary", "direction", "root_cause")


def register_all() -> None:
    register(CONFIRM)
    register(TAG)


def _shown(ticket: Ticket) -> Tagging | None:
    return Tagging.objects.current().filter(ticket=ticket).first()


def _confirm(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    """Say yes to the suggestion. `seen` is the one that the person saw, where somebody says which.

    A suggestion that has changed since, or is not likely enough to stand as a default, is not confirmed.
    """
    shown = _shown(ticket)
    if shown is not None and shown.is_suggestion:
        if given.get("seen") not in (None, shown.pk):
            raise Refusal(_t("The suggestion has changed. Look at the new one, then confirm."))
        if not shown.is_sure:
            raise Refusal(_t("Nothing is likely enough to be confirmed. Choose a stage and a gap."))
    return _said(Tagging.confirm(ticket, by=by), shown)


def _check_tag(values: Values, by: User) -> dict[str, Any]:
    given = {name: values[name] for name in FIELDS if values.get(name)}
    if not given:
        raise Refusal(_t("Choose a stage, a gap, a direction or a cause."))
    gap, direction = given.get("gap_primary"), given.get("direction")
    if gap and direction and (gap == Gap.NONE) != (direction == Direction.MET):
        words = {"met": Direction.MET.label, "none": Gap.NONE.label}
        raise Refusal(_t("“%(met)s” goes with “%(none)s”, and the reverse.") % words)
    return given


def _tag(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    """Say the same of each. What was left empty stays as it is shown on each of them."""
    shown = _shown(ticket)
    values = {name: given[name] for name in FIELDS if given.get(name)}
    return _said(Tagging.say(ticket, by=by, **_merged(shown, values)), shown)


def _said(made: Tagging, shown: Tagging | None) -> dict[str, Any] | None:
    return None if shown is not None and made.pk == shown.pk else {"tagging": made.pk}


def _undo(ticket: Ticket, before: Values, by: User) -> None:
    """Where somebody has tagged the ticket again since, theirs stands."""
    shown = _shown(ticket)
    if shown is None or shown.pk != before["tagging"] or shown.tagged_by_id != by.pk:
        raise Refusal(_t("It was tagged again since."))
    Tagging.undo(ticket, by=by)


def _tagged(count: int, values: Values) -> str:
    return ngettext("%(count)s ticket tagged.", "%(count)s tickets tagged.", count) % {"count": whole(count)}


CONFIRM = Verb(
    slug="confirm",
    label=_("Confirm suggestions"),
    icon="check",
    do=_confirm,
    undo=_undo,
    done=_tagged,
    needs=Ability.TAG,
)
TAG = Verb(
    slug="tag",
    label=_("Tag"),
    icon="tag",
    check=_check_tag,
    do=_tag,
    undo=_undo,
    done=_tagged,
    needs=Ability.TAG,
)


def _merged(shown: Tagging | None, given: Values) -> dict[str, Any]:
    """One ticket's answer: what was given, and for the rest what stands there as its tag."""
    base = shown if shown is not None and shown.is_sure else None
    values: dict[str, Any] = {name: getattr(base, name) for name in Tagging.FIELDS} if base else {}
    values |= given
    if not values.get("journey_stage"):
        raise Refusal(_t("It has no tag yet. Choose a stage, too."))
    gap, direction = given.get("gap_primary"), given.get("direction")
    if gap and not direction:
        was = values.get("direction") or Direction.BELOW
        values["direction"] = Direction.MET if gap == Gap.NONE else Direction.BELOW if was == Direction.MET else was
    elif direction and not gap:
        if direction == Direction.MET:
            values["gap_primary"] = Gap.NONE
        elif values.get("gap_primary") in (None, "", Gap.NONE):
            raise Refusal(_t("Choose which expectation it was."))
    if not values.get("gap_primary"):
        raise Refusal(_t("It has no tag yet. Choose a gap, too."))
    if given.get("root_cause") and values["direction"] != Direction.BELOW:
        raise Refusal(_t("A cause counts only where something fell short."))
    if values.get("gap_secondary") == values["gap_primary"] or values["gap_primary"] == Gap.NONE:
        values["gap_secondary"] = ""
    return values
