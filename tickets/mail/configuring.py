"""A mailbox and the account it is read from, changed together by whoever administers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from tickets.models import Mailbox, MailSource

ACCOUNT = ("host", "username")  # another one of these is another account, with a numbering of its own
CONNECTION = ("host", "port", "security", "username", "sign_in")
SECRETS = ("password", "client_secret", "refresh_token")


def save(mailbox: Mailbox, *, account: Mapping[str, Any] | None) -> Mailbox:
    """Save the mailbox, and the account it is read from; None: mail comes to us by itself.

    An empty secret keeps the one that is stored. What was noted of another account's folders ends, and the next turn
    reads everything there: mail that is here already is known by what it is. The mail itself stays in any case.
    """
    with transaction.atomic():
        known = MailSource.objects.select_for_update().filter(mailbox=mailbox).first() if mailbox.pk else None
        if account is not None and known is None:
            mailbox.takes_plus_addresses = False  # our listener took them; a server elsewhere may send them back
        mailbox.save()
        if account is None:
            if known:
                known.delete()
            return mailbox
        given = {name: value for name, value in account.items() if value or name not in SECRETS}
        given |= dict.fromkeys(_needless(given["sign_in"]), "")
        if known is None:
            MailSource.objects.create(mailbox=mailbox, **given)
            return mailbox
        changed = [name for name, value in given.items() if getattr(known, name) != value]
        if any(name in changed for name in ACCOUNT):
            known.folders.filter(ended_at=None).update(ended_at=timezone.now())
        for name, value in given.items():
            setattr(known, name, value)
        if changed:  # asked at once, under the new word; what was wrong before may be right now
            known.access_token, known.access_token_ends_at = "", None
            known.due_at, known.failing_since, known.error = timezone.now(), None, ""
        # Not who fetches: a turn may be under way.
        renewed = ["access_token", "access_token_ends_at", "due_at", "failing_since", "error"] if changed else []
        known.save(update_fields=[*given, *renewed])
    return mailbox


def _needless(sign_in: str) -> tuple[str, ...]:
    """Secrets of the other way to sign in: what is not used is not kept."""
    return ("client_secret", "refresh_token") if sign_in == MailSource.SignIn.PASSWORD else ("password",)


def needs_secrets_again(known: MailSource, given: Mapping[str, Any]) -> bool:
    """Whether the secrets that are stored would go elsewhere, or go unencrypted: then they must be entered again, by
    somebody who knows them."""
    return any(getattr(known, name) != given.get(name) for name in CONNECTION)
