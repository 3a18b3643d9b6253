"""The first step of every way in: the raw bytes into a row, before anything looks inside."""

from __future__ import annotations

from contextlib import nullcontext

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _t

from helpdesk.common.errors import Refusal
from tickets.mail import identity
from tickets.models import InboundEmail, Mailbox


def store(
    raw: bytes, *, mailbox: Mailbox | None, envelope_from: str = "", envelope_to: list[str] | None = None, source: str
) -> tuple[InboundEmail, bool]:
    """The row of this mail, and whether it is new. The same mail again is the row that is there already.

    The row is committed when this returns outside a transaction: only then may a server say "250 taken".
    """
    if not raw.strip():
        raise Refusal(_t("The mail is empty."))
    key, other_key, message_id = identity.key_of(raw)
    row = InboundEmail(
        mailbox=mailbox, key=key, rfc_id=message_id, raw=raw, size=len(raw), envelope_from=envelope_from[:320],
        envelope_to=envelope_to or [], source=source,
    )  # fmt: skip
    # Nearly every mail is new, and the constraint knows: nothing is asked first. It does not speak for no mailbox.
    alike = InboundEmail.objects.filter(mailbox=mailbox, key__in=[key, other_key])
    if (mailbox is not None or not alike.exists()) and _insert(row):
        return row, True
    for known in alike:
        if known.key == other_key or identity.key_of(bytes(known.raw))[1] == other_key:
            return known, False
    row.key = other_key
    if _insert(row):
        return row, True
    return alike.get(key=other_key), False  # the same mail came in through two doors in the same moment


def _insert(row: InboundEmail) -> bool:
    """False when the mailbox has a mail with this key."""
    try:
        # One statement is a transaction of its own; inside another one, what was done before must survive its failing.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    return True
