from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from helpdesk.common.fields import MailAddressField
from helpdesk.people.access import Ability

if TYPE_CHECKING:
    from helpdesk.people.models import User


class MailboxQuerySet(models.QuerySet["Mailbox"]):
    def looked_after_by(self, user: User) -> MailboxQuerySet:
        """Whose mail this person runs: their teams' mailboxes, and those of no team."""
        if not user.may(Ability.RUN_MAIL):
            return self.none()
        if user.may(Ability.SEE_ALL_TICKETS):
            return self.all()
        teams = [membership.team_id for membership in user.memberships.all()]
        return self.filter(models.Q(team_id__in=teams) | models.Q(team=None))

    def by_address(self) -> MailboxQuerySet:
        """Those in use first."""
        return self.order_by("-is_active", "address")


class Mailbox(models.Model):
    """One row is one address that we read and write as."""

    address = MailAddressField(_("address"), unique=True)
    name = models.CharField(_("sender's name"), max_length=100)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    team = models.ForeignKey("people.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="mailboxes")
    # support+r1042.9f…@: on once a test has seen such an address arrive here.
    takes_plus_addresses = models.BooleanField(default=False)
    allows_plain_smtp = models.BooleanField(default=False)  # without TLS, said in so many words
    signature = models.TextField(_("signature"), blank=True)  # below every reply from here
    quotes_history = models.BooleanField(default=False)  # the customer's latest words below each reply
    # A valid thread, but a sender who took no part in it: held for an agent's yes.
    holds_strangers = models.BooleanField(default=False)
    # Whose Authentication-Results are believed: the names under which our own mail server writes them.
    trusted_servers = models.JSONField(default=list, blank=True)
    tested_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)

    objects = MailboxQuerySet.as_manager()

    def __str__(self) -> str:
        return self.address

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2].lower()

    @staticmethod
    def words_of(mailbox: Mailbox | None) -> override:
        """To note what becomes of its mail in the language of those who read it there."""
        return override(mailbox.language if mailbox else settings.LANGUAGE_CODE)

    @classmethod
    def addressed_by(cls, recipients: list[str]) -> list[Mailbox]:
        """Our active mailboxes among these addresses, plus-addresses included, in the order given."""
        by_address = {mailbox.address.lower(): mailbox for mailbox in cls.objects.filter(is_active=True)}
        found = [by_address.get(base_address(recipient)) for recipient in recipients]
        return list(dict.fromkeys(mailbox for mailbox in found if mailbox))


def base_address(address: str) -> str:
    """The address in lower case without its plus part: Support+r12.ab@Example.com -> support@example.com."""
    local, _at, domain = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
