from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _t
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.accounts.forms import SignInForm
from helpdesk.common.visitors import address_of, safe_way_back
from helpdesk.people.access import Ability
from helpdesk.people.demo import DEMO_PASSWORD
from helpdesk.people.models import Allowance, Company, User

TRIES, WINDOW = 5, timedelta(minutes=5)
TRIES_OF_ADDRESS = 30  # many people may sit behind one address


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """One door for everybody who works here. Says the same whether the email or the password is wrong."""
    if request.user.is_authenticated:
        return redirect(_next(request))
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        may_try = Allowance.take(what="sign-in", who=email, most=TRIES, within=WINDOW) and Allowance.take(
            what="sign-in from", who=address_of(request), most=TRIES_OF_ADDRESS, within=WINDOW
        )
        user = authenticate(request, username=email, password=form.cleaned_data["password"]) if may_try else None
        if isinstance(user, User):
            login(request, user)
            return redirect(_next(request))
        form.add_error(
            None,
            _t("That email and password do not belong together.")
            if may_try
            else _t("Too many tries. Wait five minutes, or ask for a new password."),
        )
    status = 422 if form.errors else 200
    demo = _demo_people() if Company.current().is_demo and settings.DEMO else []
    context = {
        "form": form,
        "next": request.GET.get("next", request.POST.get("next", "")),
        "demo": demo,
        "demo_password": DEMO_PASSWORD,
    }
    return render(request, "accounts/sign_in.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


def _next(request: HttpRequest) -> str:
    if wanted := safe_way_back(request, request.POST.get("next") or request.GET.get("next") or ""):
        return wanted
    user = request.user
    if isinstance(user, User) and not user.may(Ability.SEE_TICKETS):
        return resolve_url("workspace:report")
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def _demo_people() -> list[User]:
    """One sign-in for each role, shown on the page of a demo only."""
    people: dict[str, User] = {}
    for user in User.objects.filter(is_active=True, email__endswith="@alborada.example").order_by("pk"):
        people.setdefault(user.role, user)
    return list(people.values())
