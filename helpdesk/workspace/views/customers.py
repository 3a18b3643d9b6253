"""Customers: the list, one person's whole course with us, what we know of them, and who is the same person."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cx.models import FollowUp, Promise, Response
from cx.models.follow_up import FollowUpQuerySet
from cx.models.survey import SCALE, SurveyKind
from cx.timeline import KINDS, band_of, timeline_of
from helpdesk.common.errors import Refusal
from helpdesk.common.text import normalise
from helpdesk.people.access import Ability
from helpdesk.people.models import Customer, CustomerMerge, User
from helpdesk.workspace import queues
from helpdesk.workspace.customer_forms import CustomerForm, OwnedContactForm
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.journey_band import drawn
from helpdesk.workspace.paging import Order, page_of
from helpdesk.workspace.rail import notes_on
from helpdesk.workspace.shortcuts import Undo, moved_on, page
from tickets import identities
from tickets.models import Ticket
from tickets.models.ticket import TicketQuerySet

ROWS = 25
MOST_OPEN = 25
LEAST_LETTERS = 2
MOST_TYPED = 100
CONTACTS = {"": _("All customers"), "none": _("No next contact"), "overdue": _("Overdue next contact")}


def find_customer(request: AgentRequest, pk: int) -> Customer:
    """The customer, under the name they are kept by; 404 for one none of whose tickets this person may see."""
    try:
        found = Customer.objects.select_related("organisation", "merged_into").get(pk=pk).kept
    except Customer.DoesNotExist:
        raise Http404 from None
    if not Ticket.objects.visible_to(request.user).filter(requester=found).exists():
        raise Http404
    return found


# --- The list --------------------------------------------------------------------------------------------------------


@require_safe
@agent_required
def customers(request: AgentRequest) -> HttpResponse:
    """Everybody of whom this person sees a ticket, the newest contact first. A row is a customer's latest ticket."""
    text, contact = _typed(request, "q"), request.GET.get("contact", "")
    contact = contact if contact in CONTACTS else ""
    visible = Ticket.objects.visible_to(request.user)
    rows = _with_contact(_latest_of_each(visible), contact, user=request.user)
    if text:
        rows = rows.filter(requester__in=_found(text).values("pk"))
    found = page_of(
        _for_rows(rows, user=request.user),
        order=Order("created_at", descending=True),
        size=ROWS,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    asked = {name: value for name, value in (("q", text), ("contact", contact)) if value}
    context = {
        "page": found,
        "q": text,
        "contact": contact,
        "contacts": [(slug, label, _list_address(q=text, contact=slug)) for slug, label in CONTACTS.items()],
        "address": _list_address(**asked),
        "is_short": bool(text) and len(text) < LEAST_LETTERS,
    }
    return page(request, "workspace/customer/customers.html", context, current="customers")


def _latest_of_each(visible: TicketQuerySet) -> TicketQuerySet:
    """Each customer's latest ticket: by the index of tickets and that of a customer's, so a page costs a page."""
    later = visible.filter(requester=OuterRef("requester")).filter(
        Q(created_at__gt=OuterRef("created_at")) | Q(created_at=OuterRef("created_at"), pk__gt=OuterRef("pk"))
    )
    return visible.filter(~Exists(later))


def _planned(user: User) -> FollowUpQuerySet:
    """What is planned with customers of whom this person sees a ticket, but about no ticket that they do not see."""
    seen = Ticket.objects.visible_to(user).filter(pk=OuterRef("ticket"))
    return FollowUp.objects.contacts().planned().filter(Q(ticket=None) | Exists(seen))


def _with_contact(rows: TicketQuerySet, contact: str, *, user: User) -> TicketQuerySet:
    if contact == "none":
        return rows.filter(~Exists(_planned(user).filter(customer=OuterRef("requester"))))
    if contact == "overdue":
        late = _planned(user).filter(due_at__lt=timezone.now())
        return rows.filter(requester__in=late.values("customer"))
    return rows


def _for_rows(rows: TicketQuerySet, *, user: User) -> TicketQuerySet:
    next_one = _planned(user).filter(customer=OuterRef("requester")).soonest_first()
    rows = rows.select_related("requester__organisation").prefetch_related("requester__addresses")
    return rows.annotate(
        next_contact_at=Subquery(next_one.values("due_at")[:1]), next_contact=Subquery(next_one.values("text")[:1])
    )


def _typed(request: AgentRequest, name: str) -> str:
    return normalise(request.GET.get(name, "")[:MOST_TYPED], single_line=True).strip()


def _found(text: str) -> QuerySet[Customer]:
    return Customer.objects.matching(text if len(text) >= LEAST_LETTERS else "").order_by()


def _list_address(**asked: str) -> str:
    said = urlencode({name: value for name, value in asked.items() if value})
    return reverse("workspace:customers") + (f"?{said}" if said else "")


# --- One customer ----------------------------------------------------------------------------------------------------


@require_safe
@agent_required
def customer(request: AgentRequest, pk: int) -> HttpResponse:
    """One person: who they are, where they stand, what is open, what is next, and everything so far."""
    found = find_customer(request, pk)
    if found.pk != pk:
        return redirect("workspace:customer", pk=found.pk)
    return page(request, "workspace/customer/customer.html", context_of(request, found), current="customers")


def context_of(request: AgentRequest, found: Customer, *, form: OwnedContactForm | None = None) -> dict[str, Any]:
    """All that a customer's page shows, in always the same number of queries."""
    user = request.user
    kinds = [kind for kind in request.GET.getlist("kind") if kind in KINDS]
    own = reverse("workspace:customer", args=[found.pk])
    timeline = timeline_of(found, user=user, kinds=kinds, after=request.GET.get("after", ""))
    visible = Ticket.objects.visible_to(user).filter(requester=found)
    band = band_of(found, user=user)
    contacts = FollowUp.objects.contacts().planned().visible_to(user).filter(customer=found).soonest_first()
    may_change = user.may(Ability.REPLY)
    return {
        "customer": found,
        "addresses": list(found.addresses.order_by("pk")),
        "scores": _scores(found, visible),
        "band": band,
        "drawn": drawn(band),
        "open_tickets": list(queues.for_rows(visible.active(), user=user).due_first()[:MOST_OPEN]),
        "promises": list(_promises_due(visible)),
        "contacts": list(contacts.select_related("owner", "ticket")[:MOST_OPEN]),
        "contact_form": form or OwnedContactForm(customer=found, user=user, auto_id="contact-%s"),
        "merges": list(found.merges.filter(undone_at=None).select_related("gone", "by").order_by("-pk")),
        "twins": identities.twins_of(found, user=user) if may_change else [],
        "timeline": timeline,
        "kinds": [(slug, label, f"{own}?kind={slug}#timeline", slug in kinds) for slug, label in KINDS.items()],
        "kind": kinds,
        "older": f"{own}?{urlencode([('kind', k) for k in kinds] + [('after', timeline.older)])}#timeline",
        "is_further_down": bool(request.GET.get("after")),
        "now": timezone.now(),
        "may_change": may_change,
        "customer_notes": notes_on(found.pk),
        "may_note": user.may(Ability.WRITE_NOTES),
        "may_keep_customer": may_change,
    }


def _scores(found: Customer, visible: TicketQuerySet) -> list[dict[str, Any]]:
    """The latest answer to each kind of question, to one of the tickets that this person sees."""
    answers = Response.objects.counted().filter(invitation__customer=found, invitation__ticket__in=visible.values("pk"))
    latest: dict[str, dict[str, Any]] = {}
    for answer in answers.select_related("invitation").order_by("-answered_at", "-pk")[:30]:
        kind = SurveyKind(answer.invitation.kind)
        latest.setdefault(
            kind, {"label": kind.label, "score": answer.score, "most": SCALE[kind][1], "at": answer.answered_at}
        )
    return list(latest.values())


def _promises_due(visible: TicketQuerySet) -> Any:
    pending = Promise.objects.pending().filter(ticket__in=visible.values("pk"))
    return pending.select_related("ticket", "owner", "owner_team").by_due()[:MOST_OPEN]


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
def edit(request: AgentRequest, pk: int) -> HttpResponse:
    """Write down what we know of a person."""
    found = find_customer(request, pk)
    if request.method == "GET":
        return page(request, "workspace/customer/edit.html", {"customer": found, "form": CustomerForm.of(found)})
    form = CustomerForm(request.POST)
    if not form.is_valid():
        return page(request, "workspace/customer/edit.html", {"customer": found, "form": form}, status=422)
    form.save(found)
    return moved_on(request, reverse("workspace:customer", args=[found.pk]), _t("Saved."))


# --- One person under several names ----------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
def merging(request: AgentRequest, pk: int) -> HttpResponse:
    """Find the other name this person goes by, look at both, and make them one."""
    found = find_customer(request, pk)
    if request.method == "POST":
        return _merge(request, into=found)
    text = _typed(request, "q")
    others = _found(text).exclude(pk=found.pk)
    known = Exists(Ticket.objects.visible_to(request.user).filter(requester=OuterRef("pk")))
    others = others.filter(known).select_related("organisation").prefetch_related("addresses").order_by("name", "pk")
    context = {
        "customer": found,
        "q": text,
        "others": list(others[:ROWS]) if text else identities.twins_of(found, user=request.user),
        "is_search": bool(text),
    }
    return page(request, "workspace/customer/merging.html", context)


def _merge(request: AgentRequest, *, into: Customer) -> HttpResponse:
    number = request.POST.get("other", "")
    gone = Customer.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    address = reverse("workspace:customer", args=[into.pk])
    if gone is None:
        raise Http404
    try:
        done = identities.merge(gone, into=into, by=request.user)
    except Refusal as refusal:
        return moved_on(request, address, str(refusal))
    undo = Undo(reverse("workspace:customer-split", args=[done.pk])) if done else None
    return moved_on(request, address, _t("%(name)s is one customer now.") % {"name": into}, undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def splitting(request: AgentRequest, pk: int) -> HttpResponse:
    """Two customers again, each with what was theirs."""
    try:
        merge = CustomerMerge.objects.select_related("kept", "gone").get(pk=pk)
    except CustomerMerge.DoesNotExist:
        raise Http404 from None
    if not identities.is_known_to(request.user, merge.kept):
        raise Http404
    try:
        identities.split(merge, by=request.user)
    except Refusal as refusal:
        return moved_on(request, reverse("workspace:customer", args=[merge.kept.kept.pk]), str(refusal))
    # Whoever sees no ticket of the one loses sight of them, not of the other.
    shown = next((c for c in (merge.kept, merge.gone) if identities.is_known_to(request.user, c)), None)
    address = reverse("workspace:customer", args=[shown.pk]) if shown else reverse("workspace:customers")
    return moved_on(request, address, _t("They are two customers again."))


# --- For the form of a new ticket ------------------------------------------------------------------------------------


@require_safe
@agent_required(needs=Ability.REPLY)
def known(request: AgentRequest) -> HttpResponse:
    """Whom we know by what is being typed, with their open tickets: the matter may be here already."""
    asked = {name: _typed(request, name) for name in ("name", "address", "phone", "customer")}
    if to := _typed(request, "to"):  # of the form that writes to somebody: an address, or the beginning of a name
        asked["address" if "@" in to else "name"] = to
    return render(request, "workspace/customer/_known.html", {"known": known_by(request, **asked)})


def known_by(request: AgentRequest, *, name: str, address: str, phone: str, customer: str) -> list[dict[str, Any]]:
    """At most five customers this person may know of, whom address, telephone or name point at, the surest first."""
    chosen = int(customer) if customer.isdecimal() and len(customer) < 19 else None
    visible = Ticket.objects.visible_to(request.user)
    pks: list[int] = [chosen] if chosen else []
    for said, least in ((address, 5), (phone, 5), (name, 3)):
        if len(said.strip()) >= least:
            pks += Customer.objects.matching(said).order_by().values_list("pk", flat=True)[:20]
    pks = list(dict.fromkeys(pks))[:60]
    with_ticket = Exists(visible.filter(requester=OuterRef("pk")))
    found = Customer.objects.filter(with_ticket, pk__in=pks, merged_into=None).select_related("organisation")
    people = sorted(found.prefetch_related("addresses"), key=lambda each: pks.index(each.pk))[:5]
    active = visible.active().filter(requester__in=[each.pk for each in people]).newest_first()
    tickets: dict[int, list[Ticket]] = {}
    for ticket in active[:50]:
        tickets.setdefault(ticket.requester_id, []).append(ticket)
    return [{"customer": p, "tickets": tickets.get(p.pk, [])[:5], "is_chosen": p.pk == chosen} for p in people]
