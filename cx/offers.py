"""What the company promises everybody at present: which of it a ticket speaks of.

The register is short and changes a few times a week; every ticket's page looks at it. So it is read once a second at
most, and matched here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils import timezone

from cx.models import Offer
from helpdesk.common.text import fold
from helpdesk.people.models import Company
from tickets.models import Ticket

MOST_KEPT: Final = 500
MOST_SHOWN: Final = 6
_WORDS = re.compile(r"[^\W_]+")


class _Kept:
    """The register as it was a moment ago. What another process changes is seen within a second. What is kept is
    replaced as a whole, so threads may share it."""

    SECONDS = 1.0

    def __init__(self) -> None:
        self._offers: Sequence[Offer] = ()
        self._read_at = float("-inf")

    def offers(self) -> Sequence[Offer]:
        if time.monotonic() - self._read_at > self.SECONDS:
            self._offers = tuple(Offer.objects.standing().newest_first()[:MOST_KEPT])
            self._read_at = time.monotonic()
        return self._offers

    def forget(self) -> None:
        self._offers, self._read_at = (), float("-inf")


KEPT = _Kept()


@dataclass(frozen=True)
class Bearing:
    """An offer that bears on a ticket, and whether it has ended since."""

    offer: Offer
    has_ended: bool


def bearing_on(ticket: Ticket, *, said: Iterable[str] = ()) -> list[Bearing]:
    """What was promised to everybody on the day of the ticket: that of which its product, its subject or what was said
    speaks, and the terms that hold for all. What names no product and is no terms bears on no ticket by itself.

    What a ticket speaks of comes first, the newest of it before the others.
    """
    zone = Company.current().zone
    day, today = timezone.localdate(ticket.created_at, zone), timezone.localdate(timezone=zone)
    held = [offer for offer in KEPT.offers() if offer.held_on(day)]
    if not held:
        return []
    spoken = _plain(" ".join([ticket.product, ticket.order_reference, ticket.subject, *said]))
    named = [offer for offer in held if any(_plain(word) in spoken for word in offer.words if _plain(word).strip())]
    general = [offer for offer in held if not offer.words and offer.kind == Offer.Kind.TERMS]
    return [Bearing(offer, _has_ended(offer, today)) for offer in (*named, *general)][:MOST_SHOWN]


def _has_ended(offer: Offer, today: date) -> bool:
    return offer.ends_on is not None and offer.ends_on < today


def _plain(text: str) -> str:
    """Whole words in small letters without accents, each between spaces: "600" is not found in "1600"."""
    return f" {' '.join(_WORDS.findall(fold(text)))} "
