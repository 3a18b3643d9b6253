"""Going through suggestions one at a time: which come first, which is next, how many are left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q
from django.utils import timezone

from cx.models import SecondLabel, Tagging
from cx.models.tagging import SURE_ENOUGH
from tickets.models import Event, EventKind, Ticket
from tickets.models.ticket import DONE, TicketQuerySet

if TYPE_CHECKING:
    from helpdesk.people.models import User

LATELY: Final = timedelta(days=30)
#: A second look is offered after so many answers of one's own: one minute in ten or so.
SECOND_LOOK_EVERY: Final = 8
#: Fewer second looks than that say nothing about a team.
FEWEST_TO_TELL: Final = 10
_MARKED_SPAM: Final = Event.objects.filter(ticket=OuterRef("pk"), kind=EventKind.MARKED_SPAM)


def to_confirm(user: User, *conditions: Q) -> TicketQuerySet:
    """The tickets this person may see whose tags nobody has confirmed yet, with the suggestion as `tagging`.

    Spam is left out. Conditions on `tagging` are given here: a filter added later would join it again.
    """
    wanted = ~Q(status__in=DONE) | Q(first_replied_at__isnull=False) | ~Exists(_MARKED_SPAM)
    suggested = Q(tagging__source=Tagging.Source.MODEL)
    return _with_tagging(user).filter(*conditions, wanted, suggested)


def _with_tagging(user: User) -> TicketQuerySet:
    current = FilteredRelation("taggings", condition=Q(taggings__is_current=True))
    return Ticket.objects.visible_to(user).annotate(tagging=current)


@dataclass(frozen=True)
class Walk:
    """The order in which one person goes through them.

    First what reports cannot count yet: solved lately, and no suggestion is sure. Then everything else. In both, what
    came in last is first, while its customer and its agent still remember it.
    """

    user: User

    @cached_property
    def since(self) -> datetime:
        return timezone.now() - LATELY

    def at(self, number: int) -> Ticket | None:
        """The ticket with this number, confirmed or not; None where there is none or they may not know of it."""
        found = self._whole(_with_tagging(self.user).filter(number=number)).first()
        if found is not None and not hasattr(found, "tagging"):
            found.tagging = None  # type: ignore[attr-defined]  # nothing was suggested yet
        return found

    def first(self) -> Ticket | None:
        return (
            self._whole(self._newest_first(self._urgent)).first() or self._whole(self._newest_first(self._rest)).first()
        )

    def after(self, ticket: Ticket) -> Ticket | None:
        """The one that comes behind this one, whether or not this one has been confirmed since."""
        urgent = self._is_urgent(ticket)
        for tickets in (_older(self._urgent, ticket), self._rest) if urgent else (_older(self._rest, ticket),):
            if found := self._newest_first(tickets.exclude(pk=ticket.pk)).first():
                return found
        return None

    def before(self, ticket: Ticket) -> Ticket | None:
        """The one that stands before it."""
        urgent = self._is_urgent(ticket)
        for tickets in (_newer(self._urgent, ticket),) if urgent else (_newer(self._rest, ticket), self._urgent):
            if found := tickets.order_by("created_at", "pk").first():
                return found
        return None

    def left(self, *, at_most: int) -> int:
        """How many are left, never counting past `at_most`."""
        return to_confirm(self.user).counted_up_to(at_most)

    @property
    def _urgent(self) -> TicketQuerySet:
        unsure = Q(tagging__stage_confidence__lt=SURE_ENOUGH) | Q(tagging__gap_confidence__lt=SURE_ENOUGH)
        return to_confirm(self.user, unsure, Q(status__in=DONE, resolved_at__gte=self.since))

    @property
    def _rest(self) -> TicketQuerySet:
        # Said as what it is: "not urgent" would be a sub-select.
        sure = Q(tagging__stage_confidence__gte=SURE_ENOUGH, tagging__gap_confidence__gte=SURE_ENOUGH)
        not_lately = ~Q(status__in=DONE) | Q(resolved_at=None) | Q(resolved_at__lt=self.since)
        return to_confirm(self.user, sure | not_lately)

    def _is_urgent(self, ticket: Ticket) -> bool:
        shown: Tagging | None = _suggestion_of(ticket)
        solved = ticket.status in DONE and ticket.resolved_at is not None and ticket.resolved_at >= self.since
        return bool(solved and shown and not shown.is_sure)

    def _newest_first(self, tickets: TicketQuerySet) -> TicketQuerySet:
        return tickets.order_by("-created_at", "-pk")

    def _whole(self, tickets: TicketQuerySet) -> TicketQuerySet:
        whole = tickets.select_related("tagging__suggestion", "tagging__tagged_by", "requester", "team")  # type: ignore[misc]
        return whole.prefetch_related("requester__addresses")


# Each is said as a range and an exception, which an index can follow.
def _older(tickets: TicketQuerySet, than: Ticket) -> TicketQuerySet:
    return tickets.filter(created_at__lte=than.created_at).exclude(created_at=than.created_at, pk__gte=than.pk)


def _newer(tickets: TicketQuerySet, than: Ticket) -> TicketQuerySet:
    return tickets.filter(created_at__gte=than.created_at).exclude(created_at=than.created_at, pk__lte=than.pk)


def _suggestion_of(ticket: Any) -> Tagging | None:
    """What was suggested for it: also where a person has spoken since."""
    current: Tagging | None = getattr(ticket, "tagging", None)
    if current is None or current.is_suggestion:
        return current
    return current.suggestion


def said_since(user: User, *, since: datetime) -> int:
    """How many tickets this person has tagged since then, as it stands."""
    return Tagging.objects.current().by_people().filter(tagged_by=user, tagged_at__gte=since).count()


@dataclass(frozen=True)
class TeamAgreement:
    """In how many second looks the second person said the same stage, gap and direction. Nobody is named."""

    same: int
    looks: int


def team_agreement() -> TeamAgreement | None:
    """How far people agree with each other; None while there are too few second looks to say."""
    answered = SecondLabel.objects.answered()
    looks = answered.count()
    if looks < FEWEST_TO_TELL:
        return None
    same = answered.filter(**{name: F(f"tagging__{name}") for name in ("journey_stage", "gap_primary", "direction")})
    return TeamAgreement(same=same.count(), looks=looks)
