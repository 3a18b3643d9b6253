"""Many tickets from a list: what the form says, whom and what it offers, and what is said about it afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import TooManyFieldsSent
from django.db.models import Count, OuterRef, Subquery
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _t

from cx.codebook import Direction, Gap, JourneyStage, RootCause
from helpdesk.common.errors import Refusal
from helpdesk.common.numbers import whole
from helpdesk.common.text import normalise
from helpdesk.people import access
from helpdesk.people.access import Ability
from helpdesk.people.models import Team, User
from helpdesk.workspace import queues
from helpdesk.workspace.decorators import AgentRequest
from helpdesk.workspace.forms import BulkTaggingForm, SnoozeForm
from helpdesk.workspace.queues import Queue
from helpdesk.workspace.shortcuts import Here, Undo, list_address
from tickets import bulk, custom_fields
from tickets.models import Author, BulkAction, BulkItem, Message, Priority, Ticket
from tickets.models.ticket import TicketQuerySet

LEFT_UNDONE = "left_undone"  # session key of what could not be done last and why, shown once above the list
MOST_TOLD = 20
MOST_LISTED = 500  # of those that were not done, on the page of an action
MOST_SHOWN = 100  # of the tickets between which to choose the one that stays
_PAIR = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,18}))?")


# --- What the list offers --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BulkBar:
    """What can be done with the rows of one list. Bars that are equal look the same, so one is rendered once."""

    is_done: bool  # the list is of tickets that have ended
    may_open_again: bool
    words: tuple[str, ...]  # what the company calls its tags now

    @property
    def tagging(self) -> BulkTaggingForm:
        return BulkTaggingForm(auto_id="bulk-%s")

    @property
    def snooze(self) -> SnoozeForm:
        return SnoozeForm(auto_id="bulk-%s")

    @property
    def priorities(self) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Priority.choices[::-1]]


def bar_for(user: User, queue: Queue) -> BulkBar | None:
    """None where this person may do none of it."""
    if not user.may(Ability.REPLY):
        return None
    offered = (JourneyStage, Gap, Direction, RootCause)
    return BulkBar(
        is_done=queue.slug in (queues.RESOLVED.slug, queues.CLOSED.slug),
        may_open_again=queue.slug in (queues.RESOLVED.slug, queues.WAITING.slug, queues.SNOOZED.slug),
        words=tuple(str(label) for kind in offered for label in kind.labels),
    )


def people() -> list[User]:
    """Who may be given tickets."""
    return list(
        User.objects.filter(is_active=True, role__in=access.roles_that_may(Ability.REPLY)).order_by("name", "pk")
    )


def teams() -> list[Team]:
    return list(Team.objects.order_by("name"))


# --- What was asked --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chosen:
    """Which tickets: ticked rows, each with the tagging that was seen, or all of the list."""

    seen: dict[int, int | None] = field(default_factory=dict)
    is_whole: bool = False

    def tickets(self, request: AgentRequest) -> TicketQuerySet:
        """As far as this person may see them."""
        if self.is_whole:
            return listed(request)
        return Ticket.objects.visible_to(request.user).filter(number__in=list(self.seen))


def chosen_of(request: AgentRequest) -> Chosen:
    try:
        if request.POST.get("whole"):
            return Chosen(is_whole=True)
        return Chosen(seen=pairs(request.POST.getlist("tickets")))
    except TooManyFieldsSent:
        raise Refusal(_t("At most %(most)s tickets can be chosen at once.") % {"most": whole(bulk.MOST)}) from None


def listed(request: AgentRequest) -> TicketQuerySet:
    """The whole list that was looked at, with its filter; what is due next is done first."""
    here = Here.of(request)
    return here.asked.among(_queue(request, here).tickets_for(request.user)).due_first()


def back_to(request: AgentRequest) -> str:
    """The page of the list that it was asked from."""
    here = Here.of(request)
    return list_address(_queue(request, here), here.asked, order=here.order, after=here.after)


def _queue(request: AgentRequest, here: Here) -> Queue:
    return queues.opened_from(here.queue, teams=queues.teams_of(request.user), user=request.user)


def pairs(texts: Iterable[str]) -> dict[int, int | None]:
    """ "48213.77", the ticket's number and the tagging that was seen, or the number alone. The rest is left out."""
    found: dict[int, int | None] = {}
    for text in texts:
        for word in text.split():
            if match := _PAIR.fullmatch(word):
                found[int(match[1])] = int(match[2]) if match[2] else None
    return found


@dataclass(frozen=True)
class Asked:
    """A verb and its values, as the form gave them. `question` names what is still to be answered."""

    verb: str
    values: Mapping[str, Any] = field(default_factory=dict)
    question: str = ""


def asked_of(request: AgentRequest) -> Asked:
    """What the button said: a verb, or a verb and its value behind a colon."""
    verb, _colon, value = request.POST.get("do", "").partition(":")
    if verb not in bulk.VERBS or verb == "reply":  # which is for the children of an incident alone
        raise Refusal(_t("Choose what is to be done."))
    read = _VALUES.get(verb)
    return read(request, value) if read else Asked(verb)


def _assign(request: AgentRequest, value: str) -> Asked:
    to = value or request.POST.get("to", "")
    if not to:
        return Asked("assign", question="assign")
    kind, _dash, pk = to.rpartition("-")
    if kind == "team" or to == "team-":
        return Asked("move", {"team": pk})
    return Asked("assign", {"to": str(request.user.pk) if to == "me" else to})


def _snooze(request: AgentRequest, value: str) -> Asked:
    form = SnoozeForm(request.POST if not value else QueryDict(f"preset={value}"))
    until = form.until() if form.is_valid() else None
    if until is None:
        raise Refusal(_t("Choose until when."))
    return Asked("snooze", {"until": until.isoformat()})


def _tag(request: AgentRequest, value: str) -> Asked:
    form = BulkTaggingForm(request.POST)
    if not form.is_valid():
        raise Refusal(" ".join(dict.fromkeys(str(problem) for each in form.errors.values() for problem in each)))
    return Asked("tag", form.cleaned_data)


def _merge(request: AgentRequest, value: str) -> Asked:
    into = request.POST.get("into", "")
    values = {"into": into, "other_customer": "other_customer" in request.POST}
    return Asked("merge", values, question="" if into else "merge")


def _link(request: AgentRequest, value: str) -> Asked:
    into = request.POST.get("into", "").strip().lstrip("# ")
    values = {"into": into, "kind": request.POST.get("kind", "")}
    return Asked("link", values, question="" if into else "link")


def _kind(request: AgentRequest, value: str) -> Asked:
    if value or "kind" in request.POST:
        return Asked("kind", {"kind": value or request.POST["kind"]})
    return Asked("kind", question="properties")


def _field(request: AgentRequest, value: str) -> Asked:
    field = custom_fields.by_slug(value)
    typed = request.POST.get(f"value-{value}", "")
    return Asked("field", {"field": value, "value": custom_fields.as_typed(field, typed) if field else typed})


_VALUES: dict[str, Callable[[AgentRequest, str], Asked]] = {
    "assign": _assign,
    "snooze": _snooze,
    "tag": _tag,
    "merge": _merge,
    "kind": _kind,
    "tag-put": lambda request, value: Asked("tag-put", {"tag": value or request.POST.get("tag", "")}),
    "tag-take": lambda request, value: Asked("tag-take", {"tag": value or request.POST.get("tag", "")}),
    "field": _field,
    "link": _link,
    "prioritise": lambda request, value: Asked("prioritise", {"priority": value}),
    "resolve": lambda request, value: Asked("resolve", {"reason": normalise(request.POST.get("reason", ""))[:2000]}),
}


# --- What is said about it -------------------------------------------------------------------------------------------


def undo_of(action: BulkAction) -> Undo | None:
    """One way back for the whole lot."""
    if action.undoes_id or not action.items.filter(state=BulkItem.State.DONE).exists():
        return None
    return Undo(reverse("workspace:bulk-undo", args=[action.pk]))


def remember_left_undone(request: AgentRequest, action: BulkAction, failed: Mapping[int, str]) -> None:
    if failed:
        told = list(failed.items())[:MOST_TOLD]
        request.session[LEFT_UNDONE] = {"pk": action.pk, "count": len(failed), "tickets": told}


def left_undone_of(request: AgentRequest) -> dict[str, Any] | None:
    """What could not be done, said once: how many, and the first of them with the reason."""
    if LEFT_UNDONE not in request.session:
        return None
    left: dict[str, Any] = request.session.pop(LEFT_UNDONE)
    return {**left, "more": left["count"] - len(left["tickets"])}


@dataclass(frozen=True)
class Shown:
    """One action as a page shows it."""

    action: BulkAction
    progress: bulk.Progress

    @property
    def label(self) -> str:
        return bulk.label_of(self.action)

    @property
    def words(self) -> str:
        """What was done, once it is over."""
        return bulk.words_for(self.action, self.progress.done)

    @property
    def total(self) -> str:
        return whole(self.progress.total)

    @property
    def seen(self) -> str:
        return whole(self.progress.seen)

    @property
    def failed(self) -> str:
        return whole(self.progress.failed)

    @property
    def left(self) -> str:
        return whole(self.progress.left)

    @property
    def may_be_undone(self) -> bool:
        return self.progress.is_over and bool(self.progress.changed) and not self.action.undoes_id

    @property
    def undone_by(self) -> BulkAction | None:
        return BulkAction.objects.filter(undoes=self.action).first() if self.may_be_undone else None

    @property
    def failures(self) -> list[tuple[str, list[int]]]:
        """The numbers of those that were not done, by reason."""
        failed = self.action.items.filter(state=BulkItem.State.FAILED).order_by("reason", "pk")
        found: dict[str, list[int]] = {}
        for number, reason in failed.values_list("number", "reason")[:MOST_LISTED]:
            found.setdefault(reason, []).append(number)
        return list(found.items())

    @property
    def not_listed(self) -> int:
        return max(0, self.progress.failed - MOST_LISTED)


def shown(action: BulkAction) -> Shown:
    return Shown(action, bulk.progress(action))


def running_of(user: User) -> list[Shown]:
    """What this person has running now, the latest first."""
    return [shown(action) for action in BulkAction.objects.of(user).unfinished().reverse()[:3]]


# --- Which one stays -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Merging:
    """The chosen tickets, among which one stays and takes in the others."""

    tickets: Sequence[Ticket]
    stays: Ticket

    @property
    def customers(self) -> int:
        return len({ticket.requester_id for ticket in self.tickets})


def merging_of(request: AgentRequest, chosen: Chosen) -> Merging:
    """Refuses where there are not two, or more than can be looked through. The oldest open one is offered to stay."""
    said = Message.objects.filter(ticket=OuterRef("pk")).exclude(author=Author.AUTOMATIC).order_by()
    counted = said.values("ticket").annotate(n=Count("pk")).values("n")
    found = chosen.tickets(request).select_related("requester").annotate(said=Subquery(counted))
    found = found.prefetch_related("requester__addresses").order_by("created_at", "pk")
    tickets = list(found[: MOST_SHOWN + 1])
    if len(tickets) < 2:
        raise Refusal(_t("Choose two tickets or more to merge them."))
    if len(tickets) > MOST_SHOWN:
        raise Refusal(_t("At most %(most)s tickets can be merged at once.") % {"most": MOST_SHOWN})
    return Merging(tickets, next((ticket for ticket in tickets if not ticket.is_done), tickets[0]))
