"""The public form, and the page after it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cx.codebook import FORM_TOPICS
from helpdesk.common.moments import moment
from helpdesk.knowledge.models import Article
from helpdesk.people.models import Company
from helpdesk.portal import limits, receiving, stamps, uploads
from helpdesk.portal.doors import open_door
from helpdesk.portal.forms import RequestForm
from tickets import acknowledging
from tickets.models import Mailbox, Ticket

TOO_FAST = 3  # seconds in which nobody reads and fills in the form
RECEIPT = "puente.receipt"


@never_cache
@open_door
@require_http_methods(["GET", "HEAD", "POST"])
def new_request(request: HttpRequest) -> HttpResponse:
    """Tell us what happened. No account, no CAPTCHA; what looks like a machine waits for a person."""
    if request.method != "POST":
        topic = request.GET.get("topic", "")
        initial = {"stamp": stamps.new(), "topic": topic if topic in FORM_TOPICS else ""}
        return _form_page(request, RequestForm(initial=initial))
    quota = uploads.guard(request)
    form = RequestForm(request.POST, request.FILES, quota=quota)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    said = form.cleaned_data
    held_because = _why_to_hold(request, form)
    if not limits.may_send_request(request, email=said["email"], is_held=bool(held_because)):
        form.add_error(None, _too_many())
        return _form_page(request, form, status=429)
    stamp = stamps.read(said["stamp"])
    sent = receiving.open_request(
        key=stamp.key if stamp else said["stamp"],
        email=said["email"],
        name=said["name"],
        topic=said["topic"],
        text=said["text"],
        expected=said["expected"],
        files=said["attachments"],
        held_because=held_because,
    )
    receipt = signing.dumps({"number": sent.ticket.number, "mail": sent.is_acknowledged}, salt=RECEIPT)
    return redirect(f"{reverse('portal:request-sent')}?{urlencode({'receipt': receipt})}")


@never_cache
@require_safe
def request_sent(request: HttpRequest) -> HttpResponse:
    """The number, and what happens next. No link into the request: whoever typed the address may not own it."""
    try:
        receipt = signing.loads(request.GET.get("receipt", ""), salt=RECEIPT)
    except signing.BadSignature:
        return redirect("portal:new-request")
    context = {"number": receipt["number"], "is_acknowledged": receipt["mail"], "company": Company.current()}
    return render(request, "portal/request_sent.html", context)


def _form_page(request: HttpRequest, form: RequestForm, *, status: int = 200) -> HttpResponse:
    now = timezone.now()
    reply_by = acknowledging.expected_reply_by(Ticket(created_at=now))  # as if it were sent this moment
    context = {
        "form": form,
        "company": Company.current(),
        "limits": uploads,
        "reply_by": moment(reply_by, now=now),
        "has_articles": Article.objects.for_everybody().exists(),
    }
    return render(request, "portal/new_request.html", context, status=status)


def _why_to_hold(request: HttpRequest, form: RequestForm) -> str:
    """What about this post looks like a machine; empty when nothing does. Kept in the ticket's first event."""
    stamp = stamps.read(form.cleaned_data["stamp"])
    if form.cleaned_data["website"]:
        return "filled in the field that nobody sees"
    if stamp is None:
        return "did not come from our form"
    if stamp.age < TOO_FAST:
        return "was sent sooner than anybody can type"
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return "was sent by another site"
    return ""


def _too_many() -> str:
    mailbox = Mailbox.objects.filter(is_active=True).order_by("pk").first()
    said = _t("Too many requests came from you within an hour. Your text is still here: send it in an hour.")
    return f"{said} {_t('Or write to %(address)s.') % {'address': mailbox.address}}" if mailbox else said
