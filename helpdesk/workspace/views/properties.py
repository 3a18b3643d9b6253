from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.properties import Properties
from helpdesk.workspace.shortcuts import Here, Undo, find_ticket, moved_on, page, refused, section_changed
from tickets import checklists, custom_fields, tags, time_spent
from tickets.models import Event, Tag, Ticket

MOST_NAMES = 200
PROPERTIES = "workspace/ticket/_properties.html"
CHECKLIST = "workspace/ticket/_checklist.html"
TIME = "workspace/ticket/_time.html"


@require_POST
@agent_required(needs=Ability.REPLY)
def properties(request: AgentRequest, number: int) -> HttpResponse:
    """Type, product, order and the company's own fields: whatever of them is given, all or nothing."""
    ticket = find_ticket(request, number)
    given = request.POST
    columns = {name: given[name] for name in ("kind", "product", "order_reference") if name in given}
    asked = [
        (field, f"{custom_fields.PLACE}{field.slug}")
        for field in custom_fields.every()
        if f"{custom_fields.PLACE}{field.slug}" in given
    ]
    is_undo = "undo" in given  # as it was kept, not as it is typed
    was: dict[str, str] = {name: getattr(ticket, name) for name in columns}
    values = custom_fields.values_of(ticket)
    was |= {name: values.get(field.slug, "") for field, name in asked}
    try:
        changed = custom_fields.describe(
            ticket,
            by=request.user,
            columns=columns,
            values=[
                (field, given[name] if is_undo else custom_fields.as_typed(field, given[name])) for field, name in asked
            ],
        )
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    undo = Undo(reverse("workspace:properties", args=[number]), {**was, "undo": "1"}) if changed else None
    said = _t("Properties saved.")
    return _changed(request, ticket, PROPERTIES, said, undo=undo, at="properties", focus="properties-summary")


@require_POST
@agent_required(needs=Ability.REPLY)
def ticket_tags(request: AgentRequest, number: int) -> HttpResponse:
    """Put tags on, several behind commas; take one off; undo either."""
    ticket = find_ticket(request, number)
    try:
        said, undo = _tagged(request, ticket)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    return _changed(request, ticket, PROPERTIES, said, undo=undo, at="properties", focus="tag-put")


def _tagged(request: AgentRequest, ticket: Ticket) -> tuple[str, Undo | None]:
    here, given = reverse("workspace:ticket-tags", args=[ticket.number]), request.POST
    if "take" in given:
        found = [tag for pk in _numbers(given["take"]) if (tag := Tag.objects.filter(pk=pk).first())]
        taken = [done for tag in found if (done := tags.take(ticket, tag=tag, by=request.user))]
        undo = Undo(here, {"back": ",".join(str(done["event"]) for done in taken)}) if taken else None
        return _named([tag.name for tag in found], taken=True), undo
    if "back" in given:
        for event in _events(ticket, given["back"]):
            tags.put_back(ticket, event.details.get("row") or {}, by=request.user)
        return _t("The tag is back."), None
    names = [name for name in given.get("put", "").split(",") if name.strip()]
    if not names:
        raise Refusal(_t("Enter a tag."))
    put = tags.put_all(ticket, names=names, by=request.user)
    if not put:
        return _t("The ticket has this tag already."), None
    return _named([tag.name for tag in put]), Undo(here, {"take": ",".join(str(tag.pk) for tag in put)})


def _named(names: list[str], *, taken: bool = False) -> str:
    said = {"tags": ", ".join(names)}
    if taken:
        return ngettext("Tag taken off: %(tags)s.", "Tags taken off: %(tags)s.", len(names)) % said
    return ngettext("Tag put on: %(tags)s.", "Tags put on: %(tags)s.", len(names)) % said


@require_safe
@agent_required
def tag_names(request: AgentRequest) -> HttpResponse:
    """The tags there are, for whoever begins to type one."""
    names = Tag.objects.order_by("slug").values_list("name", flat=True)[:MOST_NAMES]
    return render(request, "workspace/ticket/_tag_names.html", {"names": names})


# --- Checklist -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
def checklist(request: AgentRequest, number: int) -> HttpResponse:
    """Add, tick and untick; the page of its own also renames, moves and removes."""
    ticket = find_ticket(request, number)
    if request.method == "GET":
        return _checklist_page(request, ticket)
    try:
        said, undo, focus = _checked(request, ticket)
    except Refusal as refusal:
        if "page" in request.POST:
            return _checklist_page(request, ticket, problem=str(refusal))
        return refused(request, ticket, refusal)
    if "page" in request.POST:
        return moved_on(request, reverse("workspace:checklist", args=[number]), said, undo=undo)
    return _changed(request, ticket, CHECKLIST, said, undo=undo, at="checklist", focus=focus)


def _checklist_page(request: AgentRequest, ticket: Ticket, *, problem: str = "") -> HttpResponse:
    context = {"ticket": ticket, "lines": Properties.of(ticket).checklist, "problem": problem, "here": Here.of(request)}
    return page(request, "workspace/ticket/checklist.html", context, status=422 if problem else 200)


def _checked(request: AgentRequest, ticket: Ticket) -> tuple[str, Undo | None, str]:
    """What is said about it, the way back, and what has the focus then."""
    given, by = request.POST, request.user
    here = reverse("workspace:checklist", args=[ticket.number])
    if "back" in given:
        for event in _events(ticket, given["back"]):
            checklists.put_back(event, by=by)
        return _t("The line is back."), None, "check-add"
    for verb, do, words, opposite in (
        ("tick", checklists.tick, _t("Done: %(text)s"), "untick"),
        ("untick", checklists.untick, _t("Not done: %(text)s"), "tick"),
    ):
        if verb in given:
            item = _find_line(ticket, given[verb])
            changed = do(item, by=by)
            undo = Undo(here, {opposite: str(item.pk)}) if changed else None
            return words % {"text": item.text}, undo, f"check-{item.pk}"
    for verb, step in (("up", -1), ("down", 1)):
        if verb in given:
            item = _find_line(ticket, given[verb])
            changed = checklists.move(item, step=step, by=by)
            undo = Undo(here, {"down" if step < 0 else "up": str(item.pk)}) if changed else None
            return _t("Moved: %(text)s") % {"text": item.text}, undo, ""
    if "remove" in given:
        item = _find_line(ticket, given["remove"])
        removed = checklists.remove(item, by=by)
        undo = Undo(here, {"back": str(removed.pk)}) if removed else None
        return _t("Removed: %(text)s") % {"text": item.text}, undo, "check-add"
    if "rename" in given:
        item = _find_line(ticket, given["rename"])
        was = item.text
        changed = checklists.rename(item, text=given.get(f"text-{item.pk}", given.get("text", "")), by=by)
        undo = Undo(here, {"rename": str(item.pk), "text": was}) if changed else None
        return _t("Now it says: %(text)s") % {"text": item.text}, undo, ""
    item = checklists.add(ticket, text=given.get("text", ""), by=by)
    return _t("Added: %(text)s") % {"text": item.text}, Undo(here, {"remove": str(item.pk)}), "check-add"


def _find_line(ticket: Ticket, pk: str) -> Any:
    found = ticket.checklist.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None
    if found is None:
        raise Refusal(_t("That line is no longer there."))
    return found


# --- Time ------------------------------------------------------------------------------------------------------------


@require_POST
@agent_required(needs=Ability.REPLY)
def time(request: AgentRequest, number: int) -> HttpResponse:
    """Write down time, take it off again, undo that."""
    ticket = find_ticket(request, number)
    try:
        said, undo = _timed(request, ticket)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    return _changed(request, ticket, TIME, said, undo=undo, at="time", focus="time-summary")


def _timed(request: AgentRequest, ticket: Ticket) -> tuple[str, Undo | None]:
    given, by = request.POST, request.user
    here = reverse("workspace:ticket-time", args=[ticket.number])
    if "back" in given:
        for event in _events(ticket, given["back"]):
            time_spent.put_back(event, by=by)
        return _t("The time is back."), None
    if "forget" in given:
        pks = _numbers(given["forget"])
        entry = ticket.time_entries.select_related("user").filter(pk__in=pks).first()
        if entry is None:
            return _t("That time was taken off already."), None
        forgotten = time_spent.forget(entry, by=by)
        undo = Undo(here, {"back": str(forgotten.pk)}) if forgotten else None
        return _t("Taken off: %(time)s.") % {"time": time_spent.in_words(entry.minutes)}, undo
    minutes = time_spent.read(given.get("spent", ""))
    if minutes is None:
        raise Refusal(_t("Enter the time like 15m, 1h 20 or 1:20."))
    try:
        on = parse_date(given.get("on", "")) if given.get("on") else None
    except ValueError:
        on = None
    if given.get("on") and on is None:
        raise Refusal(_t("A day looks like 2026-09-16."))
    entry = time_spent.spend(ticket, minutes=minutes, by=by, what=given.get("what", ""), on=on)
    return (
        _t("Written down: %(time)s.") % {"time": time_spent.in_words(minutes)},
        Undo(here, {"forget": str(entry.pk)}),
    )


# --- What they share -------------------------------------------------------------------------------------------------


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")[:50] if each.isdecimal() and len(each) < 19]


def _events(ticket: Ticket, text: str) -> list[Event]:
    """Facts about this ticket; 404 for any other."""
    found = list(ticket.events.filter(pk__in=_numbers(text)).order_by("-pk"))
    if not found:
        raise Http404
    for event in found:
        event.ticket = ticket
    return found


def _changed(
    request: AgentRequest,
    ticket: Ticket,
    template: str,
    said: str,
    *,
    undo: Undo | None,
    at: str,
    focus: str = "",
) -> HttpResponse:
    """The section anew for htmx, with the words about it; else back to its place on the ticket's page."""
    if not request.htmx:
        return moved_on(request, f"{ticket.get_absolute_url()}{Here.of(request)}#{at}", said, undo=undo)
    context = {
        "ticket": ticket,
        "properties": Properties.of(ticket),
        "may_reply": request.user.may(Ability.REPLY),
    }
    return section_changed(request, template, context, said, undo=undo, focus=focus)
