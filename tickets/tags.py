"""The team's own words on tickets: putting a tag on one, and taking it off."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _t

from helpdesk.common.errors import Refusal
from helpdesk.common.text import fold, normalise
from tickets.models import EventKind, Tag, Ticket, TicketTag

if TYPE_CHECKING:
    from helpdesk.people.models import User

MOST: Final = 20  # on one ticket
LONGEST: Final = 40
_LONGEST_SLUG: Final = 60
_APART: Final = re.compile(r"[\W_]+")


def clean(name: str) -> str:
    """A tag as it is written down. Refuses what is too long, or has nothing that could be looked for."""
    name = normalise(name, single_line=True).lstrip("#").strip()
    if len(name) > LONGEST:
        raise Refusal(_t("A tag has at most %(most)s letters.") % {"most": LONGEST})
    if not slug_of(name):
        raise Refusal(_t("Enter a tag."))
    return name


def slug_of(name: str) -> str:
    """What two ways of writing one tag have in common: "Café" and "cafe" are one."""
    return _APART.sub("-", fold(name)).strip("-")[:_LONGEST_SLUG].strip("-")


def called(name: str) -> Tag | None:
    """The tag of this name, however it is written."""
    slug = slug_of(name)
    return Tag.objects.filter(slug=slug).first() if slug else None


def of(ticket: Ticket) -> QuerySet[Tag]:
    """Its tags, in the order of the alphabet."""
    return Tag.objects.filter(ticket_tags__ticket=ticket).order_by("slug")


def put(ticket: Ticket, *, name: str, by: User | None) -> Tag | None:
    """Put a tag on the ticket; a word that is no tag yet becomes one. None where the ticket bears it already."""
    name = clean(name)
    with ticket._locked():
        tag, _new = Tag.objects.get_or_create(slug=slug_of(name), defaults={"name": name})
        if ticket.ticket_tags.filter(tag=tag).exists():
            return None
        if ticket.ticket_tags.count() >= MOST:
            raise Refusal(_t("A ticket has at most %(most)s tags.") % {"most": MOST})
        ticket.ticket_tags.create(tag=tag, by=by)
        ticket.record(EventKind.TAG_PUT, actor=by, tag=tag.name)
        ticket._save()
    return tag


def take(ticket: Ticket, *, tag: Tag, by: User | None) -> dict[str, Any] | None:
    """The opposite of `put`: what `put_back` needs, or None where the ticket does not bear it."""
    with ticket._locked():
        put_on = ticket.ticket_tags.filter(tag=tag).first()
        if put_on is None:
            return None
        put_on.delete()
        row = {"tag": tag.pk, "by": put_on.by_id, "at": put_on.put_at.isoformat()}
        event = ticket.record(EventKind.TAG_TAKEN, actor=by, tag=tag.name, row=row)
        ticket._save()
    return {**row, "event": event.pk}


def put_all(ticket: Ticket, *, names: Iterable[str], by: User | None) -> list[Tag]:
    """Put several tags on, or none of them. Those that are new on the ticket."""
    with transaction.atomic():
        return [tag for name in names if (tag := put(ticket, name=name, by=by))]


def put_only(ticket: Ticket, *, names: Iterable[str], by: User | None) -> None:
    """Leave the ticket with these tags and no others, or as it is where one of them is refused."""
    names = list(names)
    wanted = {slug_of(clean(name)) for name in names}
    with transaction.atomic():
        for tag in of(ticket).exclude(slug__in=wanted):
            take(ticket, tag=tag, by=by)
        put_all(ticket, names=names, by=by)


def put_back(ticket: Ticket, taken: dict[str, Any], *, by: User | None) -> bool:
    """Undo `take`, by what it returned or what its event keeps: the tag is there again as it had been put. Returns
    whether anything changed."""
    if not taken:
        raise Refusal(_t("There is nothing to undo."))
    with ticket._locked():
        tag = Tag.objects.filter(pk=taken["tag"]).first()
        if tag is None or ticket.ticket_tags.filter(tag=tag).exists():
            return False
        TicketTag.objects.create(ticket=ticket, tag=tag, by_id=taken["by"], put_at=datetime.fromisoformat(taken["at"]))
        ticket.record(EventKind.TAG_PUT, actor=by, tag=tag.name)
        ticket._save()
    return True
