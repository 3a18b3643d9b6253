from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from helpdesk.common.errors import Refusal
from helpdesk.common.uploads import takes_files
from helpdesk.people.access import Ability
from helpdesk.workspace import composer
from helpdesk.workspace.composer import Written
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.forms import NoteForm
from helpdesk.workspace.shortcuts import Here, find_ticket, moved_on
from helpdesk.workspace.ticket_page import answer_with_ticket, load
from tickets.models import Draft

MODE = Draft.Mode.NOTE


@require_POST
@agent_required(needs=Ability.WRITE_NOTES)
@takes_files
def notes(request: AgentRequest, number: int) -> HttpResponse:
    """Say something among agents. The same note posted twice in a row is one note."""
    ticket = find_ticket(request, number)
    form = NoteForm(request.POST)
    form.is_valid()
    text = form.cleaned_data.get("text", "")
    latest = ticket.notes.order_by("-pk").first()
    left_out: Sequence[str] = ()
    if latest is None or latest.user_id != request.user.pk or latest.text != text:
        files, problem = composer.keep_files(request, ticket, mode=MODE, quota=request.quota)
        if "remove" in request.POST:
            composer.remove_file(request, ticket, mode=MODE)
            return _kept(request, number, focus="files", status=200)
        errors = composer.errors_of(form) | ({"files": problem} if problem else {})
        try:
            if errors:
                raise Refusal(next(iter(errors.values())))
            left_out = ticket.add_note(by=request.user, text=text, files=files).left_out
        except Refusal as refusal:
            return _kept(request, number, errors=errors or {"text": str(refusal)})
    composer.forget_draft(request, ticket, mode=MODE)
    said = " ".join([_t("Note added."), *map(_not_told, left_out)])
    return moved_on(request, f"{ticket.get_absolute_url()}{Here.of(request)}#latest", said)


def _not_told(name: str) -> str:
    return _t("%(name)s cannot see this ticket and was not told.") % {"name": name}


def _kept(
    request: AgentRequest, number: int, *, errors: dict[str, str] | None = None, focus: str = "", status: int = 422
) -> HttpResponse:
    """The ticket with what was typed still in the note's form, its files beside it."""
    composer.keep_draft(request, find_ticket(request, number), mode=MODE)
    written = Written(text=composer.typed(request, "text"), errors=errors or {}, focus=focus)
    return answer_with_ticket(request, load(request, number), status=status, mode=MODE, written=written)
