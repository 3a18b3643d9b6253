"""What the company calls things: tags, departments, finer causes."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods

from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import Undo, moved_on, page
from helpdesk.workspace.wording_form import WordingForm


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.NAME_TAGS)
def wording(request: AgentRequest) -> HttpResponse:
    """Every word side by side in the languages of the product. Undo sends what was changed back as it was."""
    form = WordingForm(request.POST if request.method == "POST" else None)
    address = reverse("workspace:wording")
    if form.is_bound and form.is_valid():
        before = form.save()
        if form.is_valid():
            said = _t("The words are saved.") if form.has_saved else _t("Nothing was changed.")
            return moved_on(request, address, said, undo=Undo(address, before) if before else None)
    context = {"form": form}
    status = 422 if form.errors else 200
    return page(request, "workspace/wording/wording.html", context, current="wording", status=status)
