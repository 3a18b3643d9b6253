"""Telling a customer at once that their message arrived, with its number and when to expect an answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import override

from helpdesk.people.models import Allowance, Company
from tickets import identities
from tickets.models import Message, Ticket
from tickets.models.mailbox import base_address
from tickets.sla import policies

MOST_IN_WINDOW = 5
MOST_TO_CLAIMED_AN_HOUR = 300
WINDOW = timedelta(hours=3)
ENOUGH_REPLIES = 50  # before that, the targets speak


def acknowledge(ticket: Ticket, *, is_claimed: bool = False) -> Message | None:
    """Send the acknowledgement, unless the address had enough of them or mail to it came back.

    `is_claimed`: somebody else, or nobody whom our mail server believes, says that the address is the sender's.

    Its words are ours alone: number, link and expected time, nothing the sender typed, since anybody can put
    anybody's address into a form or a From line.
    """
    known = next(iter(identities.readers_of(ticket)), None)
    is_only_claimed = is_claimed or not ticket.is_address_confirmed
    if known is None or known.bounced_at or not _may_write_to(known.address, is_only_claimed=is_only_claimed):
        return None
    with override(ticket.language or Company.current().language):
        text = _t("We have your message and will answer it. Its number is %(number)s.") % {"number": ticket.number}
    return ticket.announce(kind="acknowledgement", text=text, address=known.address)


def subject(*, number: int) -> str:
    """What the acknowledgement is titled, in the language that is active."""
    return _t("We have your message [#%(number)s]") % {"number": number}


def subjects(*, number: int) -> set[str]:
    """The same in every language of ours, to know another installation's by."""
    titles = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            titles.add(subject(number=number))
    return titles


def inbox_of(address: str) -> str:
    """Whose inbox it is, whatever is written around the name: a+b@x is a@x, and Gmail does not look at dots.

    For counting what one person gets, never for writing to them.
    """
    local, _at, domain = base_address(address).rpartition("@")
    if domain in ("gmail.com", "googlemail.com"):
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def _may_write_to(address: str, *, is_only_claimed: bool) -> bool:
    """Five in three hours to one inbox; in total so many an hour to addresses that are only claimed: our house must
    not become the tool of whoever wants to annoy somebody."""
    if not Allowance.take(what="acknowledgement to", who=inbox_of(address), most=MOST_IN_WINDOW, within=WINDOW):
        return False
    return not is_only_claimed or Allowance.take(
        what="acknowledgements of claims", who="everybody", most=MOST_TO_CLAIMED_AN_HOUR, within=timedelta(hours=1)
    )


def expected_reply_by(ticket: Ticket) -> datetime:
    """By when nine in ten customers had their first answer lately, counted from this ticket's arrival.

    With fewer than 50 answered tickets in the last 90 days, the target of the ticket's priority speaks instead.
    """
    hours = policies.calendar()
    within = cache.get_or_set("expected_first_reply", _ninetieth_percentile, 600)
    if within is None or within <= 0:
        return policies.reply_due(priority=ticket.priority, since=ticket.created_at, hours=hours)
    return hours.add(ticket.created_at, timedelta(seconds=within))


def _ninetieth_percentile() -> float:
    """Business seconds to the first reply, 90th percentile of the latest 200; nought when there are too few."""
    hours = policies.calendar()
    since = timezone.now() - timedelta(days=90)
    answered = (
        Ticket.objects.not_deleted()
        .asked_by_customers()
        .filter(created_at__gt=since, first_replied_at__isnull=False)
        .newest_first()
        .values_list("created_at", "first_replied_at")[:200]
    )
    taken = sorted(hours.between(created, replied).total_seconds() for created, replied in answered if replied)
    if len(taken) < ENOUGH_REPLIES:
        return 0.0
    return taken[min(len(taken) - 1, -(-len(taken) * 9 // 10) - 1)]
