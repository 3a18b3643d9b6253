from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from helpdesk.people import preferences
from helpdesk.people.preferences import LAYOUTS
from helpdesk.workspace.columns import kept
from helpdesk.workspace.decorators import AgentRequest, agent_required


@require_POST
@agent_required
def display(request: AgentRequest) -> HttpResponse:
    """How this person's lists look: a table or entries, and which columns. Back to the list where it was chosen."""
    if (layout := request.POST.get("layout", "")) in LAYOUTS:
        preferences.change(request.user, layout=layout)
    if "choose_columns" in request.POST:
        preferences.change(request.user, columns=kept(request.POST.getlist("columns")))
    elif "usual_columns" in request.POST:
        preferences.change(request.user, columns=())
    back = request.POST.get("next", "")
    is_ours = back.startswith("/queue/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if is_ours else "workspace:queue")
