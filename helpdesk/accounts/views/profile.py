from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.forms import ProfileForm
from helpdesk.people.access import Ability
from helpdesk.people.models import User


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """The person's own name, language and time zone."""
    user = request.user
    assert isinstance(user, User)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(user.language or translation.get_language()):
            messages.success(request, _t("Your profile is saved."))
        return redirect("accounts:profile")
    context = {
        "form": form,
        "sees_tickets": user.may(Ability.SEE_TICKETS),
        "sees_reports": user.may(Ability.SEE_REPORTS),
        "tags": user.may(Ability.TAG),
        "names_tags": user.may(Ability.NAME_TAGS),
        "runs_mail": user.may(Ability.RUN_MAIL),
    }
    return render(request, "accounts/profile.html", context, status=422 if form.errors else 200)
