"""What can be done with many tickets besides: deleting them, linking them, writing to an incident's children."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from helpdesk.common.errors import Refusal
from helpdesk.common.numbers import whole
from helpdesk.common.text import normalise
from helpdesk.people.models import User
from tickets import deleting, linking, macros
from tickets.bulk import Values, Verb, register
from tickets.models import Draft, Link, Macro, Message, Status, Ticket

MOST_LINKED: Final = 1_000
LONGEST: Final = 20_000
THEN: Final = (Status.OPEN, Status.WAITING, Status.RESOLVED)


def register_all() -> None:
    for verb in (DELETE, LINK, REPLY):
        register(verb)


def _changed_since() -> Refusal:
    return Refusal(_t("It was changed since."))


def _number(given: Any) -> int:
    """What the form gave as a number; 0, which nothing has, for anything else."""
    text = str(given or "").strip().removeprefix("#")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


# --- Deleting --------------------------------------------------------------------------------------------------------


def _delete(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    return {"deleted": True} if deleting.delete(ticket, by=by) else None


def _undelete(ticket: Ticket, before: Values, by: User) -> None:
    """Also what was given to another team meanwhile, as long as it comes back into this person's sight."""
    if not deleting.undelete(ticket, by=by):
        raise _changed_since()


DELETE = Verb(
    slug="delete",
    label=_("Delete"),
    icon="trash-2",
    do=_delete,
    undo=_undelete,
    done=lambda count, values: ngettext(
        "%(count)s ticket moved to the bin.", "%(count)s tickets moved to the bin.", count
    ) % {"count": whole(count)},
    locks=False,  # what was merged into a ticket goes along, and is locked before it
)  # fmt: skip


# --- Linking ---------------------------------------------------------------------------------------------------------


def _check_link(values: Values, by: User) -> dict[str, Any]:
    kind = values.get("kind", "")
    if kind not in linking.BY_HAND:
        raise Refusal(_t("Choose how the two belong together."))
    other = Ticket.objects.visible_to(by).filter(number=_number(values.get("into"))).first()
    if other is None:
        raise Refusal(_t("There is no ticket #%(number)s, or you may not see it.") % {"number": values.get("into", "")})
    return {"into": other.number, "kind": kind}


def _ready_link(values: Values, by: User) -> Values:
    other = Ticket.objects.visible_to(by).filter(number=values["into"]).first()
    if other is None:
        raise Refusal(_t("There is no such ticket for you."))
    return {"other": other, "kind": values["kind"]}


def _link(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    if not linking.link(ticket, given["other"], kind=given["kind"], by=by):
        return None
    return {"other": given["other"].pk, "kind": given["kind"]}


def _unlink(ticket: Ticket, before: Values, by: User) -> None:
    other = Ticket.objects.filter(pk=before["other"]).first()
    if other is None or not linking.unlink(ticket, other, kind=before["kind"], by=by):
        raise _changed_since()


def _linked(count: int, values: Values) -> str:
    numbers = {"count": whole(count), "into": values["into"]}
    if values["kind"] == Link.Kind.CHILD_OF:
        return ngettext(
            "%(count)s ticket belongs to incident #%(into)s now.",
            "%(count)s tickets belong to incident #%(into)s now.", count,
        ) % numbers  # fmt: skip
    return ngettext(
        "%(count)s ticket linked to #%(into)s.", "%(count)s tickets linked to #%(into)s.", count
    ) % numbers  # fmt: skip


LINK = Verb(
    slug="link",
    label=_("Link"),
    icon="link",
    check=_check_link,
    ready=_ready_link,
    do=_link,
    undo=_unlink,
    done=_linked,
    locks=False,  # linking locks both tickets, the older first
    most=MOST_LINKED,
)


# --- One message to every child of an incident -----------------------------------------------------------------------


def _check_reply(values: Values, by: User) -> dict[str, Any]:
    text = normalise(str(values.get("text", ""))).strip()
    if not text:
        raise Refusal(_t("Write your message first."))
    if len(text) > LONGEST:
        raise Refusal(_t("This is too long."))
    if unknown := macros.unknown_in(text):
        raise Refusal(_t("There is no variable of this name: %(names)s") % {"names": ", ".join(unknown)})
    parent = Ticket.objects.visible_to(by).filter(number=_number(values.get("parent"))).first()
    if parent is None:
        raise Refusal(_t("There is no such ticket for you."))
    then = values.get("then") or Status.OPEN
    if then not in THEN:
        raise Refusal(_t("Choose open, waiting or resolved."))
    return {"parent": parent.number, "text": text, "then": str(then)}


def _ready_reply(values: Values, by: User) -> Values:
    parent = Ticket.objects.visible_to(by).filter(number=values["parent"]).first()
    if parent is None:
        raise Refusal(_t("There is no such ticket for you."))
    return {**values, "parent": parent}


def _reply(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    """To whom this ticket's own rule says, in its own thread. Where a variable has nothing to say, nothing is sent:
    "Dear ," to a customer is worse than to be told which ticket was left out."""
    if not linking.is_child_of(ticket, given["parent"]):
        raise Refusal(_t("It does not belong to #%(number)s.") % {"number": given["parent"].number})
    filled = macros.fill(Macro(text=given["text"]), ticket=ticket, by=by)
    if filled.empty:
        names = ", ".join(filled.empty)
        raise Refusal(_t("Nothing is known for %(names)s. Nothing was sent.") % {"names": names})
    assignee = ticket.assignee_id
    message = ticket.reply(by=by, text=filled.text, then=given["then"])
    return {"message": message.pk, "was_assignee": assignee}


def _take_back(ticket: Ticket, before: Values, by: User) -> None:
    """As if nothing had been written, for as long as it has not left. What the writer had begun here stays theirs."""
    message = Message.objects.filter(pk=before["message"], ticket=ticket).first()
    if message is None:
        raise _changed_since()
    had = _draft_of(ticket, by)
    ticket.take_back(message, by=by)
    drafts = Draft.objects.filter(ticket=ticket, user=by, mode=Draft.Mode.REPLY)
    if had is None:
        drafts.delete()
    else:
        drafts.update(**had)
    if before["was_assignee"] is None and ticket.assignee_id == by.pk:
        ticket.unassign(by=by)


def _draft_of(ticket: Ticket, by: User) -> dict[str, Any] | None:
    draft = Draft.objects.filter(ticket=ticket, user=by, mode=Draft.Mode.REPLY).first()
    return {"text": draft.text, "to": draft.to, "cc": draft.cc} if draft else None


REPLY = Verb(
    slug="reply",
    label=_("Write to all"),
    icon="reply",
    check=_check_reply,
    ready=_ready_reply,
    do=_reply,
    undo=_take_back,
    done=lambda count, values: ngettext(
        "%(count)s customer written to.", "%(count)s customers written to.", count
    ) % {"count": whole(count)},
    most=MOST_LINKED,
)  # fmt: skip
