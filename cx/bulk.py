"""Tagging many tickets at once. Each is a transaction of its own, so that one that cannot be does not stop the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _t

from cx.codebook import Direction, Gap
from cx.models import Tagging
from helpdesk.common.errors import Refusal
from tickets.models import Ticket

if TYPE_CHECKING:
    from helpdesk.people.models import User

MOST: Final = 100  # at once: four pages of a queue, and about a second of work
FIELDS: Final = ("journey_stage", "gap_primary", "direction", "root_cause")


@dataclass
class Outcome:
    """What became of a lot, ticket by ticket, told by their numbers."""

    said: dict[int, int] = field(default_factory=dict)  # number -> the tagging that was made
    unchanged: list[int] = field(default_factory=list)  # it stood so already
    failed: dict[int, str] = field(default_factory=dict)  # number -> why

    @property
    def done(self) -> list[int]:
        return [*self.said, *self.unchanged]


def confirm(seen: Mapping[int, int | None], *, by: User) -> Outcome:
    """Say yes to the suggestions of these tickets: number -> the suggestion that was seen, None where nobody says.

    A suggestion that has changed since, or is not likely enough to stand as a default, is not confirmed.
    """

    def confirmed(ticket: Ticket, shown: Tagging | None) -> Tagging:
        if shown is not None and shown.is_suggestion:
            if seen[ticket.number] not in (None, shown.pk):
                raise Refusal(_t("The suggestion has changed. Look at the new one, then confirm."))
            if not shown.is_sure:
                raise Refusal(_t("Nothing is likely enough to be confirmed. Choose a stage and a gap."))
        return Tagging.confirm(ticket, by=by)

    return _each(seen, by=by, do=confirmed)


def tag(numbers: Iterable[int], *, values: Mapping[str, str], by: User) -> Outcome:
    """Say the same of all these tickets. What `values` leaves empty stays as it is shown on each of them."""
    given = {name: values[name] for name in FIELDS if values.get(name)}
    if not given:
        raise Refusal(_t("Choose a stage, a gap, a direction or a cause."))
    gap, direction = given.get("gap_primary"), given.get("direction")
    if gap and direction and (gap == Gap.NONE) != (direction == Direction.MET):
        words = {"met": Direction.MET.label, "none": Gap.NONE.label}
        raise Refusal(_t("“%(met)s” goes with “%(none)s”, and the reverse.") % words)

    def tagged(ticket: Ticket, shown: Tagging | None) -> Tagging:
        return Tagging.say(ticket, by=by, **_merged(shown, given))

    return _each(numbers, by=by, do=tagged)


def undo(said: Mapping[int, int], *, by: User) -> Outcome:
    """Take back what was said of a lot: number -> the tagging that was made.

    Where somebody has tagged the ticket again since, theirs stands.
    """

    def undone(ticket: Ticket, shown: Tagging | None) -> Tagging | None:
        if shown is None or shown.pk != said[ticket.number] or shown.tagged_by_id != by.pk:
            raise Refusal(_t("It was tagged again since."))
        Tagging.undo(ticket, by=by)
        return None

    return _each(said, by=by, do=undone)


def _each(numbers: Iterable[int], *, by: User, do: Callable[[Ticket, Tagging | None], Tagging | None]) -> Outcome:
    wanted = list(dict.fromkeys(numbers))
    if not wanted:
        raise Refusal(_t("Choose the tickets first."))
    if len(wanted) > MOST:
        raise Refusal(_t("At most %(most)s tickets can be tagged at once.") % {"most": MOST})
    visible = {ticket.number: ticket for ticket in Ticket.objects.visible_to(by).filter(number__in=wanted)}
    outcome = Outcome()
    for number in wanted:
        if number not in visible:  # not there, or another team's: the same words, so that nobody learns what exists
            outcome.failed[number] = _t("There is no such ticket for you.")
            continue
        try:
            with transaction.atomic():
                # Locked before it is looked at, so that what is shown is what is answered.
                ticket = Ticket.objects.select_for_update().get(pk=visible[number].pk)
                shown = Tagging.objects.current().filter(ticket=ticket).first()
                made = do(ticket, shown)
        except Refusal as refusal:
            outcome.failed[number] = str(refusal)
            continue
        except Ticket.DoesNotExist:
            outcome.failed[number] = _t("There is no such ticket for you.")
            continue
        if made is not None and shown is not None and made.pk == shown.pk:
            outcome.unchanged.append(number)
        else:
            outcome.said[number] = made.pk if made else 0
    return outcome


def _merged(shown: Tagging | None, given: Mapping[str, str]) -> dict[str, Any]:
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
