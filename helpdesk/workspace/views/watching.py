from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.people.models import User
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import Here, Undo, find_ticket, moved_on, page, refused, ticket_changed
from tickets.models import Ticket


@require_http_methods(["GET", "POST"])
@agent_required
def watching(request: AgentRequest, number: int) -> HttpResponse:
    """Want to know what happens here. Asked for, it is the page on which leads choose who watches."""
    ticket = find_ticket(request, number)
    if request.method == "GET":
        watchers = list(ticket.watching())
        others = [user for user in ticket.who_may_see() if user not in watchers]
        may_choose = request.user.may(Ability.SHARE)
        context = {
            "ticket": ticket,
            "here": Here.of(request),
            "watching": watchers,
            "others": others if may_choose else [],
            "may_choose_watchers": may_choose,
            "is_watching": request.user in watchers,
        }
        return page(request, "workspace/ticket/watching.html", context)
    said = {"own": _t("You watch this ticket."), "other": _t("%(name)s watches this ticket.")}
    return _change(request, ticket, lambda who: ticket.watch(who=who, by=request.user), said, back="unwatching")


@require_POST
@agent_required
def unwatching(request: AgentRequest, number: int) -> HttpResponse:
    """The opposite of `watching`."""
    ticket = find_ticket(request, number)
    said = {"own": _t("You no longer watch this ticket."), "other": _t("%(name)s no longer watches this ticket.")}
    return _change(request, ticket, lambda who: ticket.unwatch(who=who, by=request.user), said, back="watching")


def _change(
    request: AgentRequest, ticket: Ticket, verb: Callable[[User], bool], said: dict[str, str], *, back: str
) -> HttpResponse:
    try:
        who = _who(request)
        changed = verb(who)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    words = said["own"] if who == request.user else said["other"] % {"name": who.name}
    fields = {"who": str(who.pk)} | ({"stay": "1"} if "stay" in request.POST else {})
    undo = Undo(reverse(f"workspace:{back}", args=[ticket.number]), fields) if changed else None
    if "stay" in request.POST:  # on the page where several are chosen
        address = f"{reverse('workspace:watching', args=[ticket.number])}{Here.of(request)}"
        return moved_on(request, address, words, undo=undo)
    return ticket_changed(request, ticket, words, undo=undo)


def _who(request: AgentRequest) -> User:
    given = request.POST.get("who", "")
    if given in ("", str(request.user.pk)):
        return request.user
    known = given.isascii() and given.isdecimal() and len(given) < 19
    who = User.objects.filter(pk=given, is_active=True).first() if known else None
    if who is None:
        raise Refusal(_t("Choose a person from the list."))
    return who
