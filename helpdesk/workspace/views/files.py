"""What came with a message: files as downloads, pictures drawn again, and the mail as it looked."""

from __future__ import annotations

from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from helpdesk.common import tokens
from helpdesk.common.html import TooIntricate, block_remote_images, clean_mail_html, html_from_text
from helpdesk.common.text import safe_filename
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import find_ticket, page
from tickets import merging, previews
from tickets.mail import scanning
from tickets.models import Attachment, Message, Ticket

# A mail's own markup may do nothing: no script, no form, nothing loaded from anywhere, no access to our pages.
SANDBOX = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"
WITH_PICTURES = "default-src 'none'; img-src 'self' https:; style-src 'unsafe-inline'; sandbox"
MOST_PICTURES = 60  # of one mail, shown in place


@require_safe
@agent_required
def file(request: AgentRequest, number: int, pk: int) -> HttpResponseBase:
    """A file that came or went with a message: always a download, whatever it calls itself."""
    ticket = find_ticket(request, number)
    attachment = _find(request, ticket, pk)
    if not scanning.scan(attachment):
        context = {"ticket": ticket, "file": attachment}
        return page(request, "workspace/ticket/file_withheld.html", context, status=403)
    try:
        content = attachment.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    name = safe_filename(attachment.filename) or _t("file")
    response = FileResponse(content, as_attachment=True, filename=name, content_type="application/octet-stream")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    return response


@require_safe
@agent_required
def file_preview(request: AgentRequest, number: int, pk: int) -> HttpResponseBase:
    """A picture of an attached one, drawn again: small, or to be looked at (?size=large)."""
    longest = previews.LARGE if request.GET.get("size") == "large" else previews.SMALL
    return _picture(_find(request, find_ticket(request, number), pk), longest=longest)


@require_safe
def picture(request: HttpRequest, token: str) -> HttpResponseBase:
    """A picture that stands in a mail, for the sandboxed frame around it.

    The frame has no origin, so the browser sends no cookie from there: the link itself says that an agent who may see
    the ticket has the mail open, names one picture, and is good for an hour.
    """
    try:
        named = tokens.read(tokens.Purpose.SEE_PICTURE, token)
        attachment = Attachment.objects.get(pk=named["file"], message__isnull=False)
    except (tokens.AlteredLink, tokens.ExpiredLink, KeyError, Attachment.DoesNotExist):
        raise Http404 from None
    return _picture(attachment, longest=previews.LARGE)


@require_safe
@agent_required
def original(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """The mail as it looked, at an address of its own where nothing in it can act or call home.

    Pictures from elsewhere are loaded when somebody asks for them (?images=1): their server learns of it.
    """
    ticket = find_ticket(request, number)
    message = Message.objects.filter(pk=pk, ticket__in=_told_here(ticket)).exclude(html="").first()
    if message is None:
        raise Http404
    shows_all = request.GET.get("images") == "1"
    try:
        body = clean_mail_html(message.html, images=_pictures_in(message))
        body = body if shows_all else block_remote_images(body)[0]
    except TooIntricate:
        body = html_from_text(message.text)
    head = format_html(
        '<!doctype html><html lang="{}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<meta name="referrer" content="no-referrer"><title>#{}</title>'
        "<style>body{{margin:12px;font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}}"
        "img{{max-width:100%;height:auto}}</style>",
        message.language or ticket.language or "en",
        ticket.number,
    )
    response = HttpResponse(f"{head}<body>{body}</body></html>")
    response["Content-Security-Policy"] = WITH_PICTURES if shows_all else SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Referrer-Policy"] = "no-referrer"
    response["X-DNS-Prefetch-Control"] = "off"
    return response


def _find(request: AgentRequest, ticket: Ticket, pk: int) -> Attachment:
    """A file of this ticket or one merged into it: said in it, or outside about it, noted in it, or waiting in this
    person's own draft."""
    told, mine = _told_here(ticket), Q(draft__ticket=ticket, draft__user=request.user)
    here = Q(message__ticket__in=told) | Q(note__ticket__in=told) | Q(side_message__conversation__ticket__in=told)
    found = Attachment.objects.filter(here | mine, pk=pk).first()
    if found is None:
        raise Http404
    return found


def _told_here(ticket: Ticket) -> list[Ticket]:
    return [ticket, *merging.taken_in(ticket)]


def _pictures_in(message: Message) -> dict[str, str]:
    """Content id -> our address of the picture, drawn again, for those that the mail brought along."""
    brought = message.attachments.exclude(content_id="").order_by("pk")[:MOST_PICTURES]
    return {
        one.content_id: reverse("workspace:picture", args=[tokens.make(tokens.Purpose.SEE_PICTURE, file=one.pk)])
        for one in brought
        if one.is_picture
    }


def _picture(attachment: Attachment, *, longest: int) -> HttpResponseBase:
    if not attachment.is_picture or not scanning.scan(attachment):
        raise Http404
    content = previews.preview(attachment, longest=longest)
    if content is None:
        raise Http404
    response = FileResponse(content, content_type=previews.CONTENT_TYPE)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    response["Cache-Control"] = "private, max-age=3600"
    return response
