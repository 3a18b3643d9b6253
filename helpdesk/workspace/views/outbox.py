"""Mail that stays here while this installation has no mail server."""

from __future__ import annotations

from email import message_from_bytes, policy

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.paging import Order, page_of
from helpdesk.workspace.shortcuts import download, page
from tickets.models import OutboxEmail

ROWS = 50
# The frame loads nothing and runs nothing; its links may open in the whole window when somebody clicks them.
FRAMED = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-top-navigation-by-user-activation"
)


@require_safe
@agent_required(needs=Ability.READ_OUTBOX)
def outbox(request: AgentRequest) -> HttpResponse:
    """Mail that would have gone out, had this installation a mail server."""
    found = page_of(
        OutboxEmail.objects.visible_to(request.user).defer("raw"),
        order=Order("posted_at", descending=True),
        size=ROWS,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {"page": found, "mail_leaves": bool(settings.SMTP_URL or settings.MAIL_SERVICE)}
    return page(request, "workspace/mail/outbox.html", context, current="outbox")


@require_safe
@agent_required(needs=Ability.READ_OUTBOX)
def outbox_email(request: AgentRequest, pk: int) -> HttpResponse:
    """One mail as its reader would see it: headers, plain text, and the HTML in a frame of its own."""
    found = get_object_or_404(OutboxEmail.objects.visible_to(request.user), pk=pk)
    mail = message_from_bytes(bytes(found.raw), policy=policy.default)
    plain = mail.get_body(("plain",))
    context = {"mail": found, "headers": list(mail.items()), "text": plain.get_content() if plain else ""}
    return page(request, "workspace/mail/outbox_email.html", context, current="outbox")


@require_safe
@agent_required(needs=Ability.READ_OUTBOX)
def outbox_html(request: AgentRequest, pk: int) -> HttpResponse:
    """The HTML part alone, for the frame: it may load nothing and run nothing."""
    found = get_object_or_404(OutboxEmail.objects.visible_to(request.user), pk=pk)
    part = message_from_bytes(bytes(found.raw), policy=policy.default).get_body(("html",))
    response = HttpResponse(f'<base target="_top">{part.get_content()}' if part else "")
    response.headers["Content-Security-Policy"] = FRAMED
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
@agent_required(needs=Ability.READ_OUTBOX)
def outbox_raw(request: AgentRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(OutboxEmail.objects.visible_to(request.user), pk=pk)
    return download(bytes(found.raw), f"outbox-{found.pk}.eml")
