"""What we will do unasked: planned for a customer by a person, by day, until it is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from cx.models import FollowUp, Tagging
from cx.models.follow_up import FollowUpQuerySet
from helpdesk.common.errors import Refusal
from helpdesk.common.moments import is_in_a_lifetime
from helpdesk.common.text import normalise
from helpdesk.people.access import Ability
from helpdesk.people.models import Membership, User
from helpdesk.workspace.customer_forms import ContactForm, OwnedContactForm, WhenForm
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import Undo, find_ticket, moved_on, page, refused, ticket_changed
from helpdesk.workspace.views.customers import context_of, find_customer

WHOSE = {"mine": _("Mine"), "team": _("My teams’"), "all": _("Everybody’s")}
MOST = 200  # cards on the page; whoever has more has to begin somewhere
DAYS_AHEAD = 14
DAY_COLUMNS = 3  # after today
IN_A_ROW = 3  # squares side by side in the drawing
SQUARE = 8


@dataclass
class Column:
    """One column of the board: a heading and its cards, the soonest first."""

    slug: str
    title: str
    cards: list[FollowUp] = field(default_factory=list)

    @property
    def is_dated(self) -> bool:
        """Whether its cards have to say their day."""
        return self.slug in ("late", "later")


@dataclass
class Day:
    """One of the days ahead, as squares to count."""

    title: str
    is_today: bool
    overdue: int
    due: int

    @property
    def words(self) -> str:
        said = ngettext("%(n)s to do", "%(n)s to do", self.due) % {"n": self.due}
        late = ngettext("%(n)s overdue", "%(n)s overdue", self.overdue) % {"n": self.overdue}
        return f"{self.title}: {said}, {late}" if self.overdue else f"{self.title}: {said}"

    @property
    def squares(self) -> list[tuple[str, int, int]]:
        """Class, across, up: from the bottom, overdue first."""
        kinds = ["o"] * self.overdue + ["a"] * self.due
        return [(kind, SQUARE * (at % IN_A_ROW), SQUARE * (at // IN_A_ROW)) for at, kind in enumerate(kinds[:15])]


@require_safe
@agent_required
def follow_ups(request: AgentRequest) -> HttpResponse:
    """What is planned, by day: mine, my teams' or everybody's, as far as I may know of the customers."""
    whose = request.GET.get("whose", "")
    whose = whose if whose in WHOSE else "mine"
    planned = _of(whose, request.user).soonest_first().select_related("customer__organisation", "owner", "ticket")
    rows = list(planned.prefetch_related("customer__addresses")[: MOST + 1])
    is_more, rows = len(rows) > MOST, rows[:MOST]
    _tag(rows, user=request.user)
    columns = _columns(rows)
    context = {
        "columns": columns,
        "days": _days(rows),
        "later": sum(_day_of(row) > timezone.localdate() + timedelta(days=DAYS_AHEAD - 1) for row in rows),
        "overdue": sum(row.is_overdue for row in rows),
        "total": f"{MOST}+" if is_more else str(len(rows)),
        "is_more": is_more,
        "whose": whose,
        "choices": [(slug, label, f"{reverse('workspace:follow-ups')}?whose={slug}") for slug, label in WHOSE.items()],
        "may_change": request.user.may(Ability.REPLY),
        "tomorrow": timezone.localdate() + timedelta(days=1),
    }
    return page(request, "workspace/follow_up/follow_ups.html", context, current="follow-ups")


def _of(whose: str, user: User) -> FollowUpQuerySet:
    planned = FollowUp.objects.contacts().planned().visible_to(user)
    if whose == "all":
        return planned
    if whose == "mine":
        return planned.filter(owner=user.pk)
    teams = [membership.team_id for membership in user.memberships.all()]
    colleagues = Membership.objects.filter(team__in=teams).values("user")
    return planned.filter(Q(owner=user.pk) | Q(owner__in=colleagues))


def _tag(rows: Iterable[FollowUp], *, user: User) -> None:
    """The stage of the moment each of them cares for, and whether this person does it."""
    tickets = [row.ticket_id for row in rows if row.ticket_id]
    tags = {tagging.ticket_id: tagging for tagging in Tagging.objects.current().filter(ticket__in=tickets)}
    for row in rows:
        row.tagging = tags.get(row.ticket_id or 0)  # type: ignore[attr-defined]
        row.is_mine = row.owner_id == user.pk  # type: ignore[attr-defined]


def _day_of(row: FollowUp) -> date:
    return timezone.localtime(row.due_at).date()


def _columns(rows: list[FollowUp]) -> list[Column]:
    today = timezone.localdate()
    days = [today + timedelta(days=n) for n in range(DAY_COLUMNS + 1)]
    late, later = Column("late", _t("Overdue")), Column("later", _t("Later"))
    of_day = {day: Column("today" if day == today else "day", _heading(day, today=today)) for day in days}
    for row in rows:
        column = late if row.is_overdue else of_day.get(_day_of(row), later)
        column.cards.append(row)
    return [late, *of_day.values(), later]


def _heading(day: date, *, today: date) -> str:
    named = date_format(day, pgettext("day of the week and of the month, in Django's letters", "D j"))
    return _t("Today, %(day)s") % {"day": named} if day == today else named


def _days(rows: list[FollowUp]) -> list[Day]:
    today = timezone.localdate()
    letters = pgettext("day of the week and of the month, in Django's letters", "D j")
    days = [
        Day(date_format(today + timedelta(days=n), letters), is_today=n == 0, overdue=0, due=0)
        for n in range(DAYS_AHEAD)
    ]
    for row in rows:
        ahead = (_day_of(row) - today).days
        if row.is_overdue:
            days[0].overdue += 1
        elif 0 <= ahead < DAYS_AHEAD:
            days[ahead].due += 1
    return days


# --- Changing them ---------------------------------------------------------------------------------------------------


@require_POST
@agent_required(needs=Ability.REPLY)
def planning(request: AgentRequest, pk: int) -> HttpResponse:
    """Plan the next contact with a customer, from their page."""
    customer = find_customer(request, pk)
    form = OwnedContactForm(request.POST, customer=customer, user=request.user, auto_id="contact-%s")
    try:
        if form.is_valid():
            owner = form.cleaned_data["owner"] or request.user
            planned = FollowUp.plan(customer, text=form.cleaned_data["text"], due_at=form.due_at, owner=owner)
            return _done(request, planned, _t("Next contact planned."), undo=_undo(planned, "drop"))
    except Refusal as refusal:
        form.add_error("due_on", str(refusal))
    return page(request, "workspace/customer/customer.html", context_of(request, customer, form=form), status=422)


@require_POST
@agent_required(needs=Ability.REPLY)
def ticket_planning(request: AgentRequest, number: int) -> HttpResponse:
    """Plan the next contact with a ticket's customer, from the ticket. Whoever plans it does it."""
    ticket = find_ticket(request, number)
    form = ContactForm(request.POST)
    if not form.is_valid():
        return refused(request, ticket, form.problems)
    try:
        planned = FollowUp.plan(
            ticket.requester, text=form.cleaned_data["text"], due_at=form.due_at, owner=request.user, ticket=ticket
        )
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    undo = _undo(planned, "drop", ticket=str(number))
    return ticket_changed(request, ticket, _t("Next contact planned."), undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def done(request: AgentRequest, pk: int) -> HttpResponse:
    """It was done."""
    follow_up = _find(request, pk)
    changed = follow_up.finish()
    return _done(
        request, follow_up, _t("Done."), undo=_undo(follow_up, "resume", **_from(request)) if changed else None
    )


@require_POST
@agent_required(needs=Ability.REPLY)
def moving(request: AgentRequest, pk: int) -> HttpResponse:
    """To another day, or back to where it stood."""
    follow_up = _find(request, pk)
    before = follow_up.due_at
    form = WhenForm(request.POST)
    try:
        if request.POST.get("back_to"):
            follow_up.move_back(to=_moment(request.POST["back_to"]))
            return _done(request, follow_up, _t("Moved back."))
        if not form.is_valid():
            return _done(request, follow_up, form.problems)
        changed = follow_up.move(to=form.due_at)
    except Refusal as refusal:
        return _done(request, follow_up, str(refusal))
    undo = _undo(follow_up, "move", back_to=before.isoformat(), **_from(request)) if changed else None
    when = date_format(timezone.localtime(follow_up.due_at), pgettext("day, month and time", "D j M, H:i"))
    return _done(request, follow_up, _t("Moved to %(when)s.") % {"when": when}, undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def dropping(request: AgentRequest, pk: int) -> HttpResponse:
    """Decide against it."""
    follow_up = _find(request, pk)
    changed = follow_up.drop(reason=normalise(request.POST.get("reason", ""), single_line=True))
    undo = _undo(follow_up, "resume", **_from(request)) if changed else None
    return _done(request, follow_up, _t("Dropped."), undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def resuming(request: AgentRequest, pk: int) -> HttpResponse:
    """Planned again."""
    follow_up = _find(request, pk)
    follow_up.resume()
    return _done(request, follow_up, _t("Planned again."))


# --- Finding and answering -------------------------------------------------------------------------------------------


def _find(request: AgentRequest, pk: int) -> FollowUp:
    visible = FollowUp.objects.contacts().visible_to(request.user).select_related("customer", "owner", "ticket")
    try:
        return visible.get(pk=pk)
    except FollowUp.DoesNotExist:
        raise Http404 from None


def _undo(follow_up: FollowUp, verb: str, **fields: str) -> Undo:
    return Undo(reverse(f"workspace:follow-up-{verb}", args=[follow_up.pk]), fields)


def _from(request: AgentRequest) -> dict[str, str]:
    """Where it was asked from, so that the answer and its undoing go back there."""
    return {name: request.POST[name][:20] for name in ("ticket", "whose") if request.POST.get(name)}


def _done(request: AgentRequest, follow_up: FollowUp, words: str, *, undo: Undo | None = None) -> HttpResponse:
    """Back to the ticket, the list or the customer, whichever it was asked from."""
    came = _from(request)
    if came.get("ticket", "").isdecimal():
        return ticket_changed(request, find_ticket(request, int(came["ticket"])), words, undo=undo)
    if came.get("whose") in WHOSE:
        return moved_on(request, f"{reverse('workspace:follow-ups')}?whose={came['whose']}", words, undo=undo)
    return moved_on(request, reverse("workspace:customer", args=[follow_up.customer_id]), words, undo=undo)


def _moment(text: str) -> datetime:
    """A moment that `moving` wrote itself."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or timezone.is_naive(found) or not is_in_a_lifetime(found):
        raise Http404
    return found
