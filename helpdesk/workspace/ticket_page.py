"""All that a ticket's page shows, in few and always the same number of queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.db.models import Exists, FilteredRelation, OuterRef, Q, Subquery
from django.http import Http404, HttpResponse
from django.utils import timezone

from cx.models import FollowUp, Promise, Response
from cx.models.survey import SCALE, SurveyKind
from helpdesk.people.access import Ability
from helpdesk.people.preferences import after_sending_of
from helpdesk.workspace import composer, queues
from helpdesk.workspace.composer import Written
from helpdesk.workspace.customer_forms import ContactForm
from helpdesk.workspace.decorators import AgentRequest
from helpdesk.workspace.evidence import marked
from helpdesk.workspace.forms import PromiseForm, SnoozeForm
from helpdesk.workspace.merged import Together, where_it_went
from helpdesk.workspace.paging import page_of
from helpdesk.workspace.panel import is_foreign, later_suggestion, panel_for, severity_words
from helpdesk.workspace.presence import with_people
from helpdesk.workspace.shortcuts import Here, page
from helpdesk.workspace.thread import Entry, thread_of
from tickets import macros
from tickets.models import Draft, Macro, Ticket

OTHER_TICKETS = 5
MERGES_OFFERED = 3
LIST_ROWS = 15


def load(request: AgentRequest, number: int) -> Ticket:
    """The ticket with everything that there is one of, in one query; 404 where this person may not know of it.

    One tagging is current, one draft per mode and one reading are this person's: the database says so, and therefore
    the joins repeat no row.
    """
    user = request.user
    answers = Response.objects.counted().filter(invitation__customer=OuterRef("requester")).order_by("-answered_at")
    planned = FollowUp.objects.contacts().planned().visible_to(user)
    contacts = planned.filter(customer=OuterRef("requester")).soonest_first()
    tickets = (
        Ticket.objects.visible_to(user)
        .annotate(
            tagging=FilteredRelation("taggings", condition=Q(taggings__is_current=True)),
            reply_draft=FilteredRelation("drafts", condition=Q(drafts__user=user.pk, drafts__mode=Draft.Mode.REPLY)),
            note_draft=FilteredRelation("drafts", condition=Q(drafts__user=user.pk, drafts__mode=Draft.Mode.NOTE)),
            reading=FilteredRelation("readings", condition=Q(readings__user=user.pk)),
            next_contact=Subquery(contacts.values("text")[:1]),
            next_contact_at=Subquery(contacts.values("due_at")[:1]),
            has_taken_in=Exists(Ticket.objects.filter(merged_into=OuterRef("pk"))),
            survey_score=Subquery(answers.values("score")[:1]),
            survey_kind=Subquery(answers.values("invitation__kind")[:1]),
        )
        .select_related(  # type: ignore[misc]
            "requester__organisation", "assignee", "team", "mailbox", "continues", "tagging__tagged_by",
            "tagging__sub_cause", "reply_draft", "note_draft", "reading",
        )
        .prefetch_related("requester__addresses")
    )  # fmt: skip
    try:
        return cast(Ticket, tickets.get(number=number))
    except Ticket.DoesNotExist:
        raise Http404 from None


def ticket_context(request: AgentRequest, ticket: Ticket) -> dict[str, Any]:
    """What the ticket's own pane and the rail show; what a changed ticket sends as fragments."""
    if not hasattr(ticket, "survey_score"):  # found by a verb's view, without what the page shows
        ticket = load(request, ticket.number)
    user, tagging, reading = request.user, _joined(ticket, "tagging"), _joined(ticket, "reading")
    panel = panel_for(tagging, later=later_suggestion(tagging))
    together = Together.of(ticket, user=user)
    owed = Promise.objects.filter(ticket__in=together.keys)
    promises = list(owed.select_related("owner", "owner_team").order_by("due_at", "pk"))
    thread = thread_of(together, user=user, words=panel.words, promises=promises, read_at=reading and reading.read_at)
    others = _others(request, ticket)
    said = [entry.message.pk for entry in thread if entry.message]
    panel.is_foreign = is_foreign(tagging, _customers_words(ticket, thread))
    tomorrow = timezone.localdate() + timedelta(days=1)
    return {
        "ticket": ticket,
        "subject": marked(ticket.subject, words=panel.words),
        "tagging": tagging,
        "panel": panel,
        "severity": severity_words(tagging.severity) if tagging else "",
        "promises": promises,
        "promise_counts": _promise_counts(promises),
        "promise_form": PromiseForm(auto_id="promise-%s", initial={"due_on": tomorrow, "due_time": "12:00"}),
        "contact_form": ContactForm(auto_id="contact-%s"),
        "snooze_form": SnoozeForm(auto_id="snooze-%s"),
        "thread": thread,
        "seen": max(said, default=0),
        "others": others,
        "merges_into": [other for other in others if not other.is_done][:MERGES_OFFERED],
        "went_to": where_it_went(ticket, user=user),
        "survey": _survey(ticket),
        "here": Here.of(request),
        "may_reply": user.may(Ability.REPLY),
        "may_tag": user.may(Ability.TAG),
        "may_review": user.may(Ability.REVIEW_COLLEAGUES),
        "may_note": user.may(Ability.WRITE_NOTES),
        "after_sending": after_sending_of(request.user),
    }


def answer_with_ticket(
    request: AgentRequest,
    ticket: Ticket,
    *,
    status: int = 200,
    mode: str = "",
    written: Written | None = None,
    macro: Macro | None = None,
    **context: Any,
) -> HttpResponse:
    """The whole page: the queue it was opened from, the ticket, the rail.

    What was typed stands in the composer: `written`, in the form of `mode`; what `macro` says stands below the draft.
    """
    may_reply = request.user.may(Ability.REPLY)
    mode = mode or (Draft.Mode.REPLY if may_reply else Draft.Mode.NOTE)
    teams = queues.teams_of(request.user)
    here = Here.of(request)
    opened_from = queues.opened_from(here.queue, teams=teams, user=request.user).sorted_by(here.order)
    listed = here.asked.among(opened_from.tickets_for(request.user))
    rows = queues.for_rows(listed, user=request.user, with_stake=opened_from.is_by_risk)
    shown = ticket_context(request, ticket)
    forms = composer.sheets(
        request,
        ticket,
        # Whom a reply goes to is told by this ticket alone, not by what was merged into it.
        messages=[entry.message for entry in shown["thread"] if entry.message and entry.origin is None],
        drafts={"reply": _joined(ticket, "reply_draft"), "note": _joined(ticket, "note_draft")},
        written={mode: written} if written else {},
        may_reply=may_reply,
    )
    beside = page_of(rows, order=opened_from.order, size=LIST_ROWS, after=here.after)
    if macro and may_reply:
        said = macros.fill(macro, ticket=ticket, by=request.user).text
        forms["reply"].written.text = "\n\n".join(filter(None, [forms["reply"].written.text.rstrip(), said]))
    with_people([*beside.rows, shown["ticket"]], besides=request.user)
    full = {
        **shown,
        **forms,
        "mode": mode,
        "macro_then": macro.then if macro else request.POST.get("then", ""),
        "queue": opened_from,
        "list_address": here.list_address(opened_from),
        "address": f"{ticket.get_absolute_url()}{here}",
        "page": beside,
        **context,
    }
    return page(request, "workspace/ticket/ticket.html", full, current=opened_from.slug, teams=teams, status=status)


def _joined(ticket: Ticket, name: str) -> Any:
    """What `load` joined under this name; the ticket has no such attribute where there was nothing to join."""
    return getattr(ticket, name, None)


def _customers_words(ticket: Ticket, thread: list[Entry]) -> list[str]:
    said = [entry.message.text for entry in thread if entry.message and entry.message.is_from_customer]
    return [ticket.subject, *said]


def _promise_counts(promises: list[Promise]) -> dict[str, int]:
    broken = (Promise.State.BROKEN, Promise.State.KEPT_LATE)
    return {
        "open": sum(promise.is_pending for promise in promises),
        "broken": sum(promise.state in broken for promise in promises),
    }


def _others(request: AgentRequest, ticket: Ticket) -> list[Ticket]:
    """The customer's latest other tickets that this person may know of.

    None while the address is not confirmed: whoever typed it into the form has shown nothing about whose it is.
    """
    if not ticket.is_address_confirmed:
        return []
    theirs = Ticket.objects.visible_to(request.user).filter(requester=ticket.requester_id).exclude(pk=ticket.pk)
    return list(theirs.newest_first()[:OTHER_TICKETS])


def _survey(ticket: Any) -> dict[str, Any] | None:
    if ticket.survey_score is None:
        return None
    kind = SurveyKind(ticket.survey_kind)
    return {"score": ticket.survey_score, "most": SCALE[kind][1], "label": kind.label}
