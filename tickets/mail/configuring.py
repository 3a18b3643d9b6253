"""A mailbox and the account it is read from, changed together by whoever administers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from helpdesk.common.doorbell import ring
from tickets.mail import fetching
from tickets.mail.fetching import Lying
from tickets.models import Mailbox, MailSource

ACCOUNT = ("host", "username")  # another one of these is another account, with a numbering of its own
CONNECTION = ("host", "port", "security", "username", "sign_in")
SECRETS = ("password", "client_secret", "refresh_token")
SETTINGS = (*CONNECTION, *SECRETS, "client_id", "tenant", "which_mail", "after_reading", "move_to", "sent_folder")


def save(mailbox: Mailbox, *, account: Mapping[str, Any] | None) -> Mailbox:
    """Save the mailbox, and the account it is read from; None: mail comes to us by itself.

    An empty secret keeps the one that is stored. What was noted of another account's folders ends, and the next turn
    lists everything there: mail that is here already is known by what it is. The mail itself stays in any case.
    "From now on" begins with the save that names the account or makes that choice, and with any change after it as
    long as nobody could look there. Saved again as it is, nothing begins anew.
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
        open_folders = known.folders.filter(ended_at=None)
        wants_new_now = "which_mail" in changed and given["which_mail"] == MailSource.WhichMail.NEW
        if changed and (wants_new_now or _begins(known, changed)):
            known.connected_at = timezone.now()
        if any(name in changed for name in ACCOUNT):
            open_folders.update(ended_at=timezone.now())
        elif wants_new_now:
            open_folders.update(there_up_to=None)
        for name, value in given.items():
            setattr(known, name, value)
        if changed:  # asked at once, under the new word; what was wrong before may be right now
            known.access_token, known.access_token_ends_at = "", None
            known.due_at, known.failing_since, known.error = timezone.now(), None, ""
        # Not who fetches: a turn may be under way.
        renewed = ["access_token", "access_token_ends_at", "due_at", "failing_since", "error"] if changed else []
        known.save(update_fields=[*given, *renewed, "connected_at"])
    return mailbox


def _begins(known: MailSource, changed: list[str]) -> bool:
    """Whether what is changed is another account, or one that nobody could look at yet."""
    return any(name in changed for name in ACCOUNT) or not known.folders.filter(ended_at=None).exists()


def is_changed(before: MailSource | None, after: MailSource) -> bool:
    return before is None or any(getattr(before, name) != getattr(after, name) for name in SETTINGS)


def connect(source: MailSource) -> list[Lying]:
    """Look what lies there. Where that works, whatever was wrong before is over, and mail is fetched at once.

    Raises `imap.ServerTrouble`; then everything is as it was.
    """
    found = fetching.look(source)
    MailSource.objects.filter(pk=source.pk).update(error="", failing_since=None, due_at=timezone.now())
    source.refresh_from_db(fields=["error", "failing_since", "due_at"])
    from tickets.tasks import fetch_source

    ring(fetch_source, source_id=source.pk)
    return found


def _needless(sign_in: str) -> tuple[str, ...]:
    """Secrets of the other way to sign in: what is not used is not kept."""
    return ("client_secret", "refresh_token") if sign_in == MailSource.SignIn.PASSWORD else ("password",)


def needs_secrets_again(known: MailSource, given: Mapping[str, Any]) -> bool:
    """Whether the secrets that are stored would go elsewhere, or go unencrypted: then they must be entered again, by
    somebody who knows them."""
    return any(getattr(known, name) != given.get(name) for name in CONNECTION)
