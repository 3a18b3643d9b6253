from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _t
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.accounts import first_run
from helpdesk.accounts.forms import MailboxForm, SetUpForm
from helpdesk.common import tokens
from helpdesk.common.errors import Refusal
from helpdesk.common.visitors import address_of
from helpdesk.people.access import Ability
from helpdesk.people.models import Allowance, Company, User
from tickets.mail import testing
from tickets.models import Mailbox, Ticket


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """The first page of an empty installation: whose it is, and who runs it."""
    if first_run.is_set_up():
        raise Http404
    if first_run.needs_code(address_of(request)) and not _code_is_right(request):
        return render(request, "accounts/set_up_code.html", status=403)
    form = SetUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = first_run.set_up(**form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            return redirect("accounts:set-up-mailbox")
    context = {"form": form, "code": request.POST.get("code") or request.GET.get("code", "")}
    return render(request, "accounts/set_up.html", context, status=422 if form.errors else 200)


def _code_is_right(request: HttpRequest) -> bool:
    given = request.POST.get("code") or request.GET.get("code", "")
    if not given:
        return False
    may_try = Allowance.take(what="set-up", who=address_of(request), most=20, within=timedelta(hours=1))
    return may_try and tokens.same(given, first_run.set_up_code())


@login_required
@require_http_methods(["GET", "POST"])
def mailbox(request: HttpRequest) -> HttpResponse:
    """The first mailbox: the address that customers write to, tried for real once it is saved."""
    user = _administrator(request)
    known = Mailbox.objects.order_by("pk").first()
    company = Company.current()
    initial = {"name": company.name, "language": company.language}
    form = MailboxForm(request.POST or None, instance=known, initial=None if known else initial)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        steps = testing.try_out(saved, send_to=user.email)
        return render(request, "accounts/set_up_mailbox.html", {"form": form, "mailbox": saved, "steps": steps})
    context = {"form": form, "mailbox": known}
    return render(request, "accounts/set_up_mailbox.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def mailbox_test(request: HttpRequest) -> HttpResponse:
    """Try the mailbox again."""
    user = _administrator(request)
    known = Mailbox.objects.order_by("pk").first()
    if known is None:
        return redirect("accounts:set-up-mailbox")
    context = {
        "form": MailboxForm(instance=known),
        "mailbox": known,
        "steps": testing.try_out(known, send_to=user.email),
    }
    return render(request, "accounts/set_up_mailbox.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def remove_demo(request: HttpRequest) -> HttpResponse:
    """Delete the demo. The one place that asks, because there is no undo: the company's name must be typed."""
    _administrator(request)
    company = Company.current()
    if not company.is_demo:
        raise Http404
    typed = request.POST.get("name", "")
    error = ""
    if request.method == "POST":
        if typed.strip().casefold() == company.name.casefold():
            logout(request)  # the person goes with the demo
            first_run.remove_demo()
            messages.success(request, _t("The demo data is removed."))
            return redirect("accounts:set-up")
        error = _t("Enter the name exactly: %(name)s") % {"name": company.name}
    context = {"company": company, "tickets": Ticket.objects.count(), "error": error, "typed": typed}
    return render(request, "accounts/remove_demo.html", context, status=422 if error else 200)


def _administrator(request: HttpRequest) -> User:
    user = request.user
    if not (isinstance(user, User) and user.may(Ability.ADMINISTER)):
        raise PermissionDenied
    return user
