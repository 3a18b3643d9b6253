"""How two tickets can belong together, as a form says it of the one before us: the kind, or the kind turned round."""

from __future__ import annotations

from django.utils.translation import gettext as _t

from helpdesk.common.errors import Refusal
from tickets.linking import BY_HAND
from tickets.models import Link, Ticket

OTHER_SIDE = "other"
WAYS = tuple(f"{kind}{side}" for kind in BY_HAND for side in ("", f":{OTHER_SIDE}"))


def link_ways() -> list[tuple[str, str]]:
    return [
        (Link.Kind.CHILD_OF, _t("Part of incident")),
        (f"{Link.Kind.CHILD_OF}:{OTHER_SIDE}", _t("Is the incident of")),
        (Link.Kind.BLOCKS, _t("Blocks")),
        (f"{Link.Kind.BLOCKS}:{OTHER_SIDE}", _t("Blocked by")),
        (Link.Kind.DUPLICATE_OF, _t("Duplicate of")),
        (f"{Link.Kind.DUPLICATE_OF}:{OTHER_SIDE}", _t("Has a duplicate")),
    ]


def ends_of(ticket: Ticket, other: Ticket, way: str) -> tuple[str, Ticket, Ticket]:
    """The kind of link, of which ticket it is said, and of which other one."""
    if way not in WAYS:
        raise Refusal(_t("Choose how the two belong together."))
    kind, _colon, is_other_side = way.partition(":")
    return (kind, other, ticket) if is_other_side else (kind, ticket, other)
