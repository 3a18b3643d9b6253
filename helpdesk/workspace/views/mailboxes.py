"""The addresses we read and write as, for whoever administers."""

from __future__ import annotations

from contextlib import suppress

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _t
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.people.access import Ability
from helpdesk.people.models import Company
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.mailbox_form import MailboxForm
from helpdesk.workspace.shortcuts import page
from tickets.mail import configuring, testing
from tickets.mail.imap import ServerTrouble
from tickets.mail.testing import Step
from tickets.models import Mailbox, MailSource

secret = sensitive_post_parameters("password", "client_secret", "refresh_token")


@require_safe
@agent_required(needs=Ability.ADMINISTER)
def mailboxes(request: AgentRequest) -> HttpResponse:
    found = Mailbox.objects.by_address().select_related("team", "source")
    return page(request, "workspace/mailbox/mailboxes.html", {"mailboxes": found}, current="mailboxes")


@secret
@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.ADMINISTER)
def new_mailbox(request: AgentRequest) -> HttpResponse:
    company = Company.current()
    form = MailboxForm(request.POST or None, initial={"name": company.name, "language": company.language})
    return _edit(request, form, mailbox=None)


@secret
@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.ADMINISTER)
def mailbox(request: AgentRequest, pk: int) -> HttpResponse:
    """One mailbox. It is taken out of use, never deleted: its tickets are answered as it."""
    found = _find(pk)
    return _edit(request, MailboxForm(request.POST or None, instance=found), mailbox=found)


@require_POST
@agent_required(needs=Ability.ADMINISTER)
def mailbox_test(request: AgentRequest, pk: int) -> HttpResponse:
    """Try it for real, with what is saved: each step, and what was seen."""
    found = _find(pk)
    return _shown(request, MailboxForm(instance=found), mailbox=found, steps=_try(request, found))


def _find(pk: int) -> Mailbox:
    return get_object_or_404(Mailbox.objects.select_related("source"), pk=pk)


def _edit(request: AgentRequest, form: MailboxForm, *, mailbox: Mailbox | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        fresh = _find(form.save().pk)
        if request.POST.get("then") == "test":
            return _shown(request, MailboxForm(instance=fresh), mailbox=fresh, steps=_try(request, fresh))
        said, trouble = _connected(fresh, before=form.known)
        messages.success(request, f"{_t('%(address)s is saved.') % {'address': fresh.address}} {said}".strip())
        if trouble:
            messages.error(request, trouble)
        return redirect("workspace:mailboxes")
    return _shown(request, form, mailbox=mailbox, status=422 if form.is_bound else 200)


def _connected(mailbox: Mailbox, *, before: MailSource | None) -> tuple[str, str]:
    """What lies on the server of a mailbox that was changed, or was in trouble; and what is wrong with it."""
    source = getattr(mailbox, "source", None)
    if source is None or not mailbox.is_active:
        return "", ""
    if not (source.error or configuring.is_changed(before, source)):
        return "", ""
    try:
        return _lies_there(source), ""
    except ServerTrouble as trouble:
        return "", str(trouble)


def _lies_there(source: MailSource) -> str:
    return " ".join(lying.words for lying in configuring.connect(source))


def _try(request: AgentRequest, mailbox: Mailbox) -> list[Step]:
    """The steps of the test, and before mail goes out what lies on the server and will become of it. Looked first:
    right after the connecting, what lies there is what was there before."""
    source, lies_there = getattr(mailbox, "source", None), ""
    if source is not None:
        with suppress(ServerTrouble):  # a step of the test says it
            lies_there = _lies_there(source)
    *came_in, went_out = testing.try_out(mailbox, send_to=request.user.email)
    if lies_there:
        came_in.append(Step(_t("What lies there"), True, lies_there))
    return [*came_in, went_out]


def _shown(
    request: AgentRequest,
    form: MailboxForm,
    *,
    mailbox: Mailbox | None,
    steps: list[Step] | None = None,
    status: int = 200,
) -> HttpResponse:
    # The form writes what was typed into the row it was given: the page is headed by what is saved.
    address = Mailbox.objects.values_list("address", flat=True).get(pk=mailbox.pk) if mailbox else ""
    context = {"form": form, "mailbox": mailbox, "address": address, "steps": steps or []}
    return page(request, "workspace/mailbox/mailbox.html", context, current="mailboxes", status=status)
