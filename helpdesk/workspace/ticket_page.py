"""All that a ticket's page shows, in few and always the same number of queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.db.models import Exists, OuterRef, Q, Subquery
from django.http import Http404, HttpResponse
from django.utils import timezone

from cx import found_promises
from cx.models import FollowUp, Promise, Response, Tagging
from cx.models.survey import SCALE, SurveyKind
from helpdesk.people.access import Ability
from helpdesk.people.models import User
from helpdesk.people.preferences import after_sending_of, undo_seconds_of
from helpdesk.workspace import composer, queues, rail
from helpdesk.workspace.colleagues import colleagues_context
from helpdesk.workspace.composer import Written
from helpdesk.workspace.customer_forms import ContactForm
from helpdesk.workspace.decorators import AgentRequest
from helpdesk.workspace.evidence import marked
from helpdesk.workspace.folding import Conversation, shows_all
from helpdesk.workspace.forms import PromiseForm, SnoozeForm
from helpdesk.workspace.link_ways import link_ways
from helpdesk.workspace.merged import Together, where_it_went
from helpdesk.workspace.paging import page_of
from helpdesk.workspace.panel import is_foreign, later_suggestion, panel_for, severity_words
from helpdesk.workspace.planned import planned_on
from helpdesk.workspace.presence import with_people
from helpdesk.workspace.properties import Properties
from helpdesk.workspace.shortcuts import Here, page
from helpdesk.workspace.thread import Entry, thread_of
from helpdesk.workspace.ticket_standing import standing_of
from tickets import linking, macros
from tickets.models import Draft, Link, Macro, Reading, SideConversation, Ticket, Watcher

OTHER_TICKETS = 5
MERGES_OFFERED = 3
LIST_ROWS = 15


def load(request: AgentRequest, number: int) -> Ticket:
    """The ticket with everything that there is one of; 404 where this person may not know of it.

    A few plain queries: all of it in one has twenty joins, and PostgreSQL then plans for longer than it reads. What
    most tickets have none of is asked for only where a flag in the first says that there is some.
    """
    user = request.user
    planned = FollowUp.objects.contacts().planned()
    answers = Response.objects.counted().filter(invitation__customer=OuterRef("requester"))
    tickets = (
        Ticket.objects.visible_to(user)
        .annotate(
            read_at=Subquery(Reading.objects.filter(ticket=OuterRef("pk"), user=user.pk).values("read_at")[:1]),
            has_tagging=Exists(Tagging.objects.filter(ticket=OuterRef("pk"), is_current=True)),
            has_drafts=Exists(Draft.objects.filter(ticket=OuterRef("pk"))),
            has_contacts=Exists(planned.filter(customer=OuterRef("requester"))),
            has_answers=Exists(answers),
            has_taken_in=Exists(Ticket.objects.filter(merged_into=OuterRef("pk"))),
            has_links=Exists(Link.objects.filter(Q(ticket=OuterRef("pk")) | Q(other=OuterRef("pk")))),
            has_watchers=Exists(Watcher.objects.filter(ticket=OuterRef("pk"))),
            has_untracked=Exists(found_promises.asked_of(user).filter(ticket=OuterRef("pk"))),
            has_side=Exists(SideConversation.objects.filter(ticket=OuterRef("pk"))),
            **rail.FLAGS,
        )
        .select_related("requester__organisation", "assignee", "team", "mailbox", "continues")
        .prefetch_related("requester__addresses")
    )
    try:
        ticket: Any = tickets.get(number=number)
    except Ticket.DoesNotExist:
        raise Http404 from None
    ticket.tagging = _tagging(ticket) if ticket.has_tagging else None
    drafts = list(ticket.drafts.all()) if ticket.has_drafts else []
    mine = {draft.mode: draft for draft in drafts if draft.user_id == user.pk}
    ticket.reply_draft, ticket.note_draft = mine.get(Draft.Mode.REPLY), mine.get(Draft.Mode.NOTE)
    begun = [draft for draft in drafts if draft.mode == Draft.Mode.REPLY and draft.send_at is None]
    ticket.has_begun = any(draft.user_id != user.pk or draft.reviewer_id for draft in begun)
    ticket.has_planned = any(draft.send_at is not None for draft in drafts)
    contacts = planned.visible_to(user).filter(customer=ticket.requester_id).soonest_first()
    contact = contacts.first() if ticket.has_contacts else None
    ticket.next_contact, ticket.next_contact_at = (contact.text, contact.due_at) if contact else ("", None)
    theirs = Response.objects.counted().filter(invitation__customer=ticket.requester_id)
    latest = theirs.select_related("invitation").order_by("-answered_at", "-pk")
    ticket.latest_answer = latest.first() if ticket.has_answers else None
    return cast(Ticket, ticket)


def _tagging(ticket: Ticket) -> Tagging | None:
    return Tagging.objects.filter(ticket=ticket, is_current=True).select_related("tagged_by", "sub_cause").first()


def ticket_context(request: AgentRequest, ticket: Ticket) -> dict[str, Any]:
    """What the ticket's own pane and the rail show; what a changed ticket sends as fragments."""
    if not hasattr(ticket, "latest_answer"):  # found by a verb's view, without what the page shows
        ticket = load(request, ticket.number)
    user, loaded = request.user, cast(Any, ticket)
    tagging: Tagging | None = loaded.tagging
    panel = panel_for(tagging, later=later_suggestion(tagging))
    together = Together.of(ticket, user=user)
    owed = Promise.objects.filter(ticket__in=together.keys)
    promises = list(owed.select_related("owner", "owner_team").order_by("due_at", "pk"))
    thread = thread_of(together, user=user, words=panel.words, promises=promises, read_at=loaded.read_at)
    if loaded.has_untracked:
        _show_untracked(thread, ticket, user=user)
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
        "standing": standing_of(ticket, [entry.event for entry in thread if entry.event and entry.origin is None]),
        "conversation": Conversation.of(thread, read_at=loaded.read_at, shows_all=shows_all(request)),
        "seen": max(said, default=0),
        "others": others,
        "merges_into": [other for other in others if not other.is_done][:MERGES_OFFERED],
        "went_to": where_it_went(ticket, user=user),
        "linked": linking.around(ticket, user=user) if getattr(ticket, "has_links", True) else linking.Around(),
        "link_ways": link_ways(),
        "survey": _survey(loaded.latest_answer),
        **rail.context_of(
            ticket,
            user=user,
            others=others,
            keys=together.keys,
            messages=[entry.message for entry in thread if entry.message],
        ),
        "here": Here.of(request),
        "may_reply": user.may(Ability.REPLY),
        "may_tag": user.may(Ability.TAG),
        "may_review": user.may(Ability.REVIEW_COLLEAGUES),
        "may_note": user.may(Ability.WRITE_NOTES),
        "after_sending": after_sending_of(request.user),
        "undo_seconds": undo_seconds_of(request.user),
        "properties": Properties.of(ticket),
        "place": request.GET.get("place", ""),  # what a refusal has sent us to
        "planned": planned_on(ticket, user=user),
        **colleagues_context(ticket, user=user, thread=thread),
    }


def _show_untracked(thread: list[Entry], ticket: Ticket, *, user: User) -> None:
    """Put what a reply promises and nobody tracked below it, for its writer and for who leads."""
    rows = list(found_promises.asked_of(user).filter(ticket=ticket).order_by("pk"))
    for entry in thread:
        if entry.message:
            mine = [row for row in rows if row.message_id == entry.message.pk]
            entry.untracked = [(row, found_promises.proposed(row.due_at)) for row in mine]


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
        drafts={"reply": shown["ticket"].reply_draft, "note": shown["ticket"].note_draft},
        written={mode: written} if written else {},
        may_reply=may_reply,
    )
    beside = page_of(rows, order=opened_from.order, size=LIST_ROWS, after=here.after)
    used = macros.named(request.POST.getlist("macro"), by=request.user) if may_reply else []
    if macro and may_reply:
        used.append(macro)
        said = macros.fill(macro, ticket=ticket, by=request.user).text
        forms["reply"].written.text = "\n\n".join(filter(None, [forms["reply"].written.text.rstrip(), said]))
    with_people([*beside.rows, shown["ticket"]], besides=request.user)
    full = {
        **shown,
        **forms,
        "mode": mode,
        "used_macros": [(each, macros.lines(each, each.actions, by=request.user)) for each in used if each.actions],
        "variables": macros.VARIABLES,
        "unfilled": macros.unfilled_in(forms["reply"].written.text) if may_reply else (),
        "macro_then": macro.then if macro else request.POST.get("then", ""),
        "queue": opened_from,
        "list_address": here.list_address(opened_from),
        "address": f"{ticket.get_absolute_url()}{here}",
        "page": beside,
        **context,
    }
    return page(request, "workspace/ticket/ticket.html", full, current=opened_from.slug, teams=teams, status=status)


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


def _survey(answer: Response | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    kind = SurveyKind(answer.invitation.kind)
    return {"score": answer.score, "most": SCALE[kind][1], "label": kind.label}
