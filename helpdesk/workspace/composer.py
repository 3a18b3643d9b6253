"""What stands in the composer: a reply with its recipients and files, a note with its files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from helpdesk.common.text import normalise
from helpdesk.common.uploads import Limits, Quota
from helpdesk.workspace.decorators import AgentRequest
from helpdesk.workspace.forms import MOST_TEXT
from tickets import addressing, attaching, recipients, reviewing
from tickets.addressing import Circle
from tickets.models import Attachment, Draft, Message, Ticket

MOST_OTHERS = 8  # of those who take part and are not written to, as many as a line can offer


@dataclass
class Written:
    """What stood in a form that comes back: nothing of it is lost, and beside each field what is wrong with it."""

    text: str = ""
    to: str = ""
    cc: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)  # domains to be confirmed
    asked: str = ""  # how the ticket was to stand after the reply that waits for that
    newer: Message | None = None  # what was said meanwhile, for which the reply is held
    focus: str = ""


@dataclass
class Other:
    """Somebody who takes part and is not written to: one click puts them on Cc."""

    address: str
    is_requester: bool
    is_stranger: bool


@dataclass
class Sheet:
    """One of the two forms as it is shown."""

    mode: str
    written: Written
    limits: Limits
    files: list[Attachment] = field(default_factory=list)
    saved_at: Any = None
    is_planned: bool = False  # it leaves later: what was planned is changed before anything else is written
    offered_to: str = ""
    offered_cc: str = ""
    goes_by_mail: bool = False
    others: list[Other] = field(default_factory=list)
    bounced: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)


def sheets(
    request: AgentRequest,
    ticket: Ticket,
    *,
    messages: Iterable[Message],
    drafts: dict[str, Draft | None],
    written: dict[str, Written],
    may_reply: bool,
) -> dict[str, Sheet]:
    """Both forms, by mode: with what was typed, else with the draft, else for whoever is answered by rule."""
    found: dict[str, Sheet] = {}
    files = _files_of(draft for draft in drafts.values() if draft)
    for mode in (Draft.Mode.REPLY, Draft.Mode.NOTE):
        draft = drafts.get(mode)
        sheet = Sheet(
            mode=mode,
            written=written.get(mode) or Written(text=draft.text if draft else ""),
            limits=Limits.for_agents(),
            files=files.get(draft.pk, []) if draft else [],
            saved_at=draft.saved_at if draft else None,
            is_planned=draft is not None and draft.send_at is not None,
        )
        found[mode] = sheet
    if may_reply:
        _address(found[Draft.Mode.REPLY], circle=addressing.circle_of(ticket, messages))
    if Draft.Mode.REPLY not in written:
        _fill_in(found[Draft.Mode.REPLY], drafts.get(Draft.Mode.REPLY))
    return found


def _fill_in(sheet: Sheet, draft: Draft | None) -> None:
    """Whom the draft is for, where its writer said so; else whoever is answered by rule, as things stand now."""
    if draft and draft.to is not None:
        sheet.written.to, sheet.written.cc = _line(draft.to), _line(draft.cc or ())
    else:
        sheet.written.to, sheet.written.cc = sheet.offered_to, sheet.offered_cc


def _address(sheet: Sheet, *, circle: Circle) -> None:
    by_rule = circle.answered
    sheet.offered_to, sheet.offered_cc = _line(by_rule.to), _line(by_rule.cc)
    sheet.goes_by_mail = bool(by_rule.to)
    sheet.others = [
        Other(address, is_requester=address in circle.requester, is_stranger=address in by_rule.strangers)
        for address in by_rule.others[:MOST_OTHERS]
    ]
    sheet.bounced = sorted(by_rule.bounced)
    sheet.known = sorted({recipients.belonging(address) for address in circle.known})


def _line(addresses: Iterable[str]) -> str:
    return ", ".join(addresses)


def _files_of(drafts: Iterable[Draft]) -> dict[int, list[Attachment]]:
    keys = [draft.pk for draft in drafts]
    found: dict[int, list[Attachment]] = {}
    if keys:
        for attachment in Attachment.objects.filter(draft__in=keys).order_by("pk"):
            found.setdefault(attachment.draft_id or 0, []).append(attachment)
    return found


def errors_of(form: forms.Form) -> dict[str, str]:
    """What is wrong by field, in words: the first thing of each."""
    return {name: str(errors[0]) for name, errors in form.errors.items()}


# --- What comes in ---------------------------------------------------------------------------------------------------


def typed(request: AgentRequest, name: str) -> str:
    return normalise(request.POST.get(name, ""))[:MOST_TEXT]


def is_by_hand(request: AgentRequest) -> bool:
    """Whether To and Cc are other than the form offered: else they follow the rule when somebody writes meanwhile."""
    if "to" not in request.POST:
        return False
    return any(
        recipients.read(typed(request, name)) != recipients.read(typed(request, f"offered_{name}"))
        for name in ("to", "cc")
    )


def keep_draft(request: AgentRequest, ticket: Ticket, *, mode: str) -> Draft | None:
    """Store what is being written: words, and for a reply whom it is for once that was changed by hand.

    Where nothing is left, no files either, the draft is forgotten.
    """
    mine = Draft.objects.filter(ticket=ticket, user=request.user, mode=mode)
    values: dict[str, Any] = {"text": typed(request, "text"), "to": None, "cc": None}
    if mode == Draft.Mode.REPLY and is_by_hand(request):
        values |= {name: recipients.read(typed(request, name))[0] for name in ("to", "cc")}
    if mode == Draft.Mode.SIDE:
        values["to"] = recipients.read(typed(request, "to"))[0] or None
    if not values["text"].strip() and values["to"] is None:
        mine.filter(attachments=None).delete()
        if not mine.exists():
            return None
    kept = mine.first()
    if kept and kept.send_at is not None:
        return kept  # planned: what leaves then is what was planned, not what another tab still holds
    if kept:
        reviewing.changed(kept, **values)
    draft, _new = Draft.objects.update_or_create(ticket=ticket, user=request.user, mode=mode, defaults=values)
    return draft


def is_overtaken(request: AgentRequest, ticket: Ticket, *, mode: str) -> bool:
    """Whether a colleague who was asked to read the draft has changed it since the page was made that this comes from:
    its words are kept on the device, and not put over theirs."""
    if mode != Draft.Mode.REPLY:
        return False
    try:
        began = parse_datetime(request.POST.get("began", ""))
    except ValueError:
        began = None
    if began is None or timezone.is_naive(began):
        return False
    asked = Draft.objects.filter(ticket=ticket, user=request.user, mode=mode, reviewer__isnull=False).first()
    return asked is not None and reviewing.changed_by_another(asked, since=began)


def keep_files(request: AgentRequest, ticket: Ticket, *, mode: str, quota: Quota) -> tuple[list[Attachment], str]:
    """The files that wait with this person's draft, those that came just now among them; and what is wrong.

    They are stored before anything else is judged: a browser gives no file back to a form that returns.
    """
    mine = Draft.objects.filter(ticket=ticket, user=request.user, mode=mode)
    waiting = list(Attachment.objects.filter(draft__in=mine).order_by("pk"))
    limits, problem = quota.limits, quota.problem
    room, space = limits.files - len(waiting), limits.total - sum(file.size for file in waiting)
    fitting = []
    for file in request.FILES.getlist("files"):
        if room <= 0:
            problem = problem or limits.too_many()
        elif (file.size or 0) > space:
            problem = problem or limits.beyond_total([file.name or ""])
        else:
            fitting.append(file)
            room, space = room - 1, space - (file.size or 0)
    if fitting:
        draft, _new = Draft.objects.get_or_create(ticket=ticket, user=request.user, mode=mode)
        waiting += attaching.attach(fitting, draft=draft)
    return waiting, problem


def remove_file(request: AgentRequest, ticket: Ticket, *, mode: str) -> None:
    """Take away the file that the form names, if it waits in this person's draft."""
    named = request.POST.get("remove", "")
    if named.isdecimal() and len(named) < 19:
        mine = Attachment.objects.filter(draft__ticket=ticket, draft__user=request.user, draft__mode=mode)
        attaching.discard(mine.filter(pk=int(named)))


def forget_draft(request: AgentRequest, ticket: Ticket, *, mode: str) -> None:
    mine = Draft.objects.filter(ticket=ticket, user=request.user, mode=mode, send_at=None)
    for draft in mine.filter(review=Draft.Review.ASKED):
        reviewing.ended(draft)
    attaching.discard_draft(mine)
