"""Talking a ticket over with somebody outside, where no customer reads along."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.common.errors import Refusal
from helpdesk.common.text import excerpt
from helpdesk.common.uploads import Limits, takes_files
from helpdesk.people.access import Ability
from helpdesk.workspace import composer
from helpdesk.workspace.composer import Sheet, Written
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.evidence import paragraphs
from helpdesk.workspace.forms import SideForm
from helpdesk.workspace.shortcuts import Here, Undo, find_ticket, moved_on, page, refused
from helpdesk.workspace.thread import line_of
from tickets import merging, side_conversations
from tickets.models import Attachment, Author, Draft, Message, SideConversation, SideMessage, Ticket
from tickets.recipients import WrongRecipient

MODE = Draft.Mode.SIDE
EXCERPT = 140


@dataclass
class Choice:
    """A message that may be quoted, and the files that came or went with it."""

    message: Message
    words: str
    is_chosen: bool
    files: list[Attachment] = field(default_factory=list)


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
@takes_files
def starting(request: AgentRequest, number: int) -> HttpResponse:
    """Ask somebody outside. `?quote=` names a message that is to be passed on."""
    ticket = find_ticket(request, number)
    if ticket.is_merged:
        raise Http404
    if request.method == "POST":
        return _posted(request, ticket, None)
    draft = _draft(request, ticket)
    mine = draft if draft and not _conversation_with(ticket, draft) else None
    form = SideForm(initial={
        "to": (mine.to or [""])[0] if mine else "",
        "subject": request.GET.get("subject", "")[:255] or ticket.subject,
    })  # fmt: skip
    return _starting(request, ticket, form, _sheet(request, mine))


@require_http_methods(["GET", "POST"])
@agent_required
@takes_files
def side(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """One side conversation, and the form to write again."""
    ticket, conversation = _find(request, number, pk)
    if request.method == "POST":
        if not request.user.may(Ability.REPLY):
            raise Http404
        return _posted(request, ticket, conversation)
    draft = _draft(request, conversation.ticket)
    is_for_them = draft is not None and draft.to == [conversation.address]
    return _conversation(request, ticket, conversation, SideForm(), _sheet(request, draft if is_for_them else None))


@require_POST
@agent_required(needs=Ability.REPLY)
def undoing(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """Take back what still waits to be sent; its text stands in the form again."""
    ticket = find_ticket(request, number)
    message = SideMessage.objects.filter(pk=pk, conversation__ticket__in=_here(ticket)).first()
    if message is None:  # taken back before: the text is where it was put then
        return refused(request, ticket, _t("That was taken back already."))
    conversation = message.conversation
    address, subject = _address(ticket, conversation), conversation.subject
    try:
        side_conversations.take_back(message, by=request.user)
    except Refusal as refusal:
        return moved_on(request, address, str(refusal))
    if not SideConversation.objects.filter(pk=message.conversation_id).exists():
        query = urlencode({"subject": subject})
        address = f"{reverse('workspace:side-new', args=[conversation.ticket.number])}?{query}"
    return moved_on(request, address, _t("Taken back. Your text stands in the form again."))


@require_POST
@agent_required(needs=Ability.REPLY)
def ending(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """Nothing more is awaited."""
    ticket, conversation = _find(request, number, pk)
    changed = side_conversations.end(conversation)
    undo = Undo(reverse("workspace:side-reopen", args=[ticket.number, pk])) if changed else None
    return moved_on(request, _address(ticket, conversation), _t("Ended. An answer opens it again."), undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def reopening(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    ticket, conversation = _find(request, number, pk)
    changed = side_conversations.open_again(conversation)
    undo = Undo(reverse("workspace:side-end", args=[ticket.number, pk])) if changed else None
    return moved_on(request, _address(ticket, conversation), _t("Open again."), undo=undo)


# --- What was posted -------------------------------------------------------------------------------------------------


def _posted(request: AgentRequest, ticket: Ticket, conversation: SideConversation | None) -> HttpResponse:
    """Send it. The same words posted twice in a row are sent once; whatever is wrong, nothing typed is lost."""
    posted = request.POST.copy()
    if conversation is not None:
        posted["to"], posted["subject"] = conversation.address, conversation.subject
    of = conversation.ticket if conversation else ticket
    form = SideForm(posted)
    is_valid = form.is_valid()
    values = form.cleaned_data
    said = _already_said(request, of, conversation, address=values.get("to", ""), text=values.get("text", ""))
    if said is not None:
        composer.forget_draft(request, of, mode=MODE)
        return _sent(request, ticket, said)
    files, problem = composer.keep_files(request, of, mode=MODE, quota=request.quota)
    errors = {} if is_valid else composer.errors_of(form)
    if problem:
        errors["files"] = problem
    is_about_files = "remove" in request.POST
    if is_about_files:
        errors = {}
    elif not errors:
        chosen: dict[str, Any] = {"quote": _messages(of, values["quote"]), "attach": _files(of, values["attach"])}
        try:
            if conversation is not None:
                said = side_conversations.say(conversation, by=request.user, text=values["text"], files=files, **chosen)
            else:
                said = side_conversations.start(
                    ticket, by=request.user, to=values["to"], subject=values["subject"], text=values["text"],
                    files=files, **chosen,
                )  # fmt: skip
        except Refusal as refusal:
            errors["to" if isinstance(refusal, WrongRecipient) and conversation is None else ""] = str(refusal)
        else:
            composer.forget_draft(request, of, mode=MODE)
            return _sent(request, ticket, said)
    request.POST = posted  # type: ignore[assignment]  # the draft is for whom the page says
    composer.keep_draft(request, of, mode=MODE)
    if is_about_files:
        composer.remove_file(request, of, mode=MODE)
    sheet = _sheet(request, _draft(request, of), errors=errors, focus="files" if is_about_files else "")
    status = 200 if is_about_files else 422
    if conversation is not None:
        return _conversation(request, ticket, conversation, form, sheet, status=status)
    return _starting(request, ticket, form, sheet, status=status)


def _sent(request: AgentRequest, ticket: Ticket, said: SideMessage) -> HttpResponse:
    conversation = said.conversation
    undo = None
    if any(delivery.can_be_undone for delivery in said.deliveries.all()):
        undo = Undo(reverse("workspace:side-undo", args=[ticket.number, said.pk]))
    words = _t("Your message to %(to)s waits a moment, then it is sent.") if undo else _t("Sent to %(to)s.")
    return moved_on(
        request, f"{_address(ticket, conversation)}#latest", words % {"to": conversation.address}, undo=undo
    )


def _already_said(
    request: AgentRequest, ticket: Ticket, conversation: SideConversation | None, *, address: str, text: str
) -> SideMessage | None:
    """The message that an impatient second click would repeat: the latest there, by the same person, word for word."""
    if conversation is None:
        conversation = ticket.side_conversations.filter(address=address, opened_by=request.user).order_by("pk").last()
    latest = conversation.messages.order_by("pk").last() if conversation and text else None
    return latest if latest and latest.user_id == request.user.pk and latest.text == text else None


def _messages(ticket: Ticket, keys: list[int]) -> list[Message]:
    return list(_told(ticket).filter(pk__in=keys).select_related("user", "customer")) if keys else []


def _files(ticket: Ticket, keys: list[int]) -> list[Attachment]:
    if not keys:
        return []
    return list(Attachment.objects.filter(pk__in=keys, message__in=_told(ticket)).select_related("message"))


def _told(ticket: Ticket) -> Any:
    return Message.objects.filter(ticket__in=_here(ticket)).exclude(author=Author.AUTOMATIC)


# --- What is shown ---------------------------------------------------------------------------------------------------


def _find(request: AgentRequest, number: int, pk: int) -> tuple[Ticket, SideConversation]:
    """The conversation of this ticket or of one that goes on in it; 404 where there is none."""
    ticket = find_ticket(request, number)
    found = SideConversation.objects.filter(pk=pk, ticket__in=_here(ticket)).select_related(
        "ticket__mailbox", "opened_by"
    )
    conversation = found.first()
    if conversation is None:
        raise Http404
    return ticket, conversation


def _here(ticket: Ticket) -> list[int]:
    return [ticket.pk, *(one.pk for one in merging.taken_in(ticket))]


def _address(ticket: Ticket, conversation: SideConversation) -> str:
    return reverse("workspace:side", args=[ticket.number, conversation.pk])


def _draft(request: AgentRequest, ticket: Ticket) -> Draft | None:
    return Draft.objects.filter(ticket=ticket, user=request.user, mode=MODE).first()


def _conversation_with(ticket: Ticket, draft: Draft) -> bool:
    """Whether the draft is for somebody whom we are writing to already: then it stands there."""
    return bool(draft.to) and ticket.side_conversations.filter(address__in=draft.to or []).exists()


def _sheet(
    request: AgentRequest, draft: Draft | None, *, errors: dict[str, str] | None = None, focus: str = ""
) -> Sheet:
    is_posted = request.method == "POST"
    text = composer.typed(request, "text") if is_posted else draft.text if draft else ""
    return Sheet(
        mode=MODE,
        written=Written(text=text, errors=errors or {}, focus=focus),
        limits=Limits.for_agents(),
        files=list(draft.attachments.order_by("pk")) if draft else [],
        saved_at=draft.saved_at if draft else None,
    )


def _starting(
    request: AgentRequest, ticket: Ticket, form: SideForm, sheet: Sheet, *, status: int = 200
) -> HttpResponse:
    context = {
        "ticket": ticket,
        "here": Here.of(request),
        "form": form,
        "sheet": sheet,
        "choices": _choices(request, ticket),
        "others": list(ticket.side_conversations.order_by("-pk")[:5]),
    }
    return page(request, "workspace/side/new.html", context, status=status)


def _conversation(
    request: AgentRequest,
    ticket: Ticket,
    conversation: SideConversation,
    form: SideForm,
    sheet: Sheet,
    *,
    status: int = 200,
) -> HttpResponse:
    said = list(
        conversation.messages.select_related("user")
        .prefetch_related("deliveries", "attachments")
        .order_by("said_at", "pk")
    )
    context = {
        "ticket": ticket,
        "conversation": conversation,
        "here": Here.of(request),
        "said": [_shown(message, request) for message in said],
        "form": form,
        "sheet": sheet,
        "choices": _choices(request, conversation.ticket),
        "may_reply": request.user.may(Ability.REPLY),
    }
    return page(request, "workspace/side/side.html", context, status=status)


def _shown(message: SideMessage, request: AgentRequest) -> dict[str, Any]:
    deliveries = list(message.deliveries.all())
    return {
        "message": message,
        "name": message.user.name if message.user else message.from_name or message.from_address,
        "body": paragraphs(message.text),
        "files": list(message.attachments.all()),
        "delivery": line_of(deliveries[0], deliveries) if deliveries else None,
        "is_mine": message.user_id == request.user.pk,
    }


def _choices(request: AgentRequest, ticket: Ticket) -> list[Choice]:
    """What may be quoted or passed on, the newest first. What was chosen before the form came back is chosen still."""
    given = request.POST if request.method == "POST" else request.GET
    quoted, passed_on = set(given.getlist("quote")), set(given.getlist("attach"))
    messages = _told(ticket).select_related("user", "customer").prefetch_related("attachments")
    found = []
    for message in messages.order_by("-said_at", "-pk"):
        files = [file for file in message.attachments.all() if file.is_handed_out and not file.is_inline]
        for file in files:
            file.is_chosen = str(file.pk) in passed_on
        chosen = str(message.pk) in quoted
        found.append(Choice(message, excerpt(message.text, limit=EXCERPT), chosen, files))
    return found
