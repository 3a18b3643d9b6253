from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypedDict

from django.db import models, transaction
from django.utils import timezone

from helpdesk.ui.templatetags.ui import initials
from tickets import signals

if TYPE_CHECKING:
    from helpdesk.people.models import User
    from tickets.models.ticket import Ticket

LASTS = timedelta(seconds=40)  # without a word from the page; it speaks every fifteen
KEPT = timedelta(hours=1)  # rows of people who are gone, until they are swept


class Person(TypedDict):
    """Somebody at a ticket, as pages show them."""

    name: str
    initials: str
    writing: bool
    until: int  # milliseconds since 1970: a page that hears no more drops them then


class PresenceQuerySet(models.QuerySet["Presence"]):
    def here(self) -> PresenceQuerySet:
        """Whoever is at a ticket now."""
        return self.filter(until__gt=timezone.now(), user__is_active=True)

    def at(self, ticket_ids: Iterable[int]) -> PresenceQuerySet:
        """Whoever is at one of these tickets now, with their names, in one query."""
        return self.here().filter(ticket__in=set(ticket_ids)).select_related("user").order_by("user__name", "pk")

    def sweep(self) -> int:
        """Forget who has been gone for long. Nothing depends on it but the size of the table."""
        return self.filter(until__lt=timezone.now() - KEPT).delete()[0]


class Presence(models.Model):
    """One row says that this user has this ticket before them; it ends by itself at `until`."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="presences")
    user = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="presences")
    is_writing = models.BooleanField(default=False)
    changed_at = models.DateTimeField(default=timezone.now)  # when the page spoke last: worth telling
    until = models.DateTimeField()

    objects = PresenceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="one_presence_per_user_and_ticket")]
        indexes = [
            models.Index(fields=["ticket", "until"], name="presence_ticket"),
            models.Index(fields=["changed_at"], name="presence_changed"),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} at ticket {self.ticket_id}"

    @classmethod
    def keep(cls, ticket: Ticket, *, by: User, is_writing: bool = False, is_beat: bool = False) -> None:
        """This person has the ticket before them, for as long as their page goes on saying so.

        One statement, so that two tabs are no conflict. A beat says nothing new and wakes nobody.
        """
        now = timezone.now()
        Presence.objects.bulk_create(
            [Presence(ticket=ticket, user=by, is_writing=is_writing, changed_at=now, until=now + LASTS)],
            update_conflicts=True,
            unique_fields=["user", "ticket"],
            update_fields=["is_writing", "changed_at", "until"],
        )
        if not is_beat:
            _ring()

    @classmethod
    def is_writing_at(cls, ticket: Ticket, user: User) -> bool:
        """Whether some page of theirs says that they write there, and has said so lately."""
        return cls.objects.filter(ticket=ticket, user=user, is_writing=True, until__gt=timezone.now()).exists()

    @classmethod
    def end(cls, ticket: Ticket, *, by: User) -> bool:
        """They left. Returns whether they had been there."""
        now = timezone.now()
        were_here = cls.objects.filter(ticket=ticket, user=by, until__gt=now)
        if not were_here.update(until=now, is_writing=False, changed_at=now):
            return False
        _ring()
        return True

    @property
    def told(self) -> Person:
        return {
            "name": self.user.name,
            "initials": initials(self.user.name),
            "writing": self.is_writing,
            "until": int(self.until.timestamp() * 1000),
        }


def _ring() -> None:
    transaction.on_commit(partial(signals.presence_changed.send_robust, sender=Presence), robust=True)
