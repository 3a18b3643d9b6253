from __future__ import annotations

import zoneinfo
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.common.fields import MailAddressField
from helpdesk.people import access


class Role(models.TextChoices):
    """What a person is here for. Customers are not roles."""

    ADMIN = "admin", _("Administrator")
    MANAGER = "manager", _("Manager")
    CX_COORDINATOR = "cx_coordinator", _("Experience coordinator")
    LEAD = "lead", _("Team lead")
    AGENT = "agent", _("Agent")
    LIGHT_AGENT = "light_agent", _("Light agent")
    GUEST = "guest", _("Guest")


class UserManager(BaseUserManager["User"]):
    """Only what Django's sign-in and `createsuperuser` ask for."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=username or "")

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email.strip()), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, **{"role": Role.ADMIN, **fields})


class User(AbstractBaseUser):
    """One row is one login of somebody who works here."""

    email = MailAddressField(_("email"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.AGENT)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    is_active = models.BooleanField(_("may sign in"), default=True)
    preferences = models.JSONField(default=dict, blank=True)  # read and written through people/preferences.py
    created_at = models.DateTimeField(auto_now_add=True)

    teams = models.ManyToManyField("people.Team", through="people.Membership", related_name="members")

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def first_name(self) -> str:
        """How a reply is signed: "Daniel, Alborada"."""
        return self.name.split(" ")[0]

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The person's time zone, else the company's."""
        from helpdesk.people.models.company import Company

        return zoneinfo.ZoneInfo(self.time_zone) if self.time_zone else Company.current().zone

    # --- What a role may do: one table, in access.py -------------------------------------------------------------

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    def may(self, ability: access.Ability) -> bool:
        """Whether this person's role has the ability; a switched-off login has none."""
        return self.is_active and ability in access.ABILITIES.get(self.role, frozenset())
