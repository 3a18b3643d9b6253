from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlsafe_base64_decode
from django.utils.translation import gettext as _t
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from helpdesk.accounts import account_mail
from helpdesk.accounts.forms import ForgottenForm, NewPasswordForm
from helpdesk.common.visitors import address_of
from helpdesk.people.models import AccountEmail, Allowance, User

HOUR = timedelta(hours=1)


@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link to a new password. The answer is the same, and as quick, for an address nobody has."""
    form = ForgottenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if Allowance.take(what="new password", who=email, most=3, within=HOUR) and Allowance.take(
            what="new password from", who=address_of(request), most=20, within=HOUR
        ):
            account_mail.request(email=email, kind=AccountEmail.Kind.NEW_PASSWORD)
        return redirect("accounts:password-sent")
    return render(request, "accounts/password_forgotten.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
def sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/password_sent.html")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Choose a password by the link from the mail. The link works once, for two hours."""
    user = _user(uid)
    if user is None or not default_token_generator.check_token(user, token):
        return render(request, "accounts/password_link_ended.html", status=410)
    form = NewPasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        user.set_password(form.cleaned_data["password"])
        user.save(update_fields=["password"])
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        messages.success(request, _t("Your new password is set."))
        return redirect("workspace:queue")
    context = {"form": form, "account": user}
    response = render(request, "accounts/password_new.html", context, status=422 if form.errors else 200)
    # The address carries the token. Not "no-referrer": with it a browser calls the origin of this very form "null",
    # and the check against forged requests refuses it.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _user(uid: str) -> User | None:
    try:
        pk = int(urlsafe_base64_decode(uid).decode())
    except (ValueError, UnicodeDecodeError):
        return None
    return User.objects.filter(pk=pk, is_active=True).first()
