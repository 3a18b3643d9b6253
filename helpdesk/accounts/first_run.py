"""From an empty database, or from the demo, to a company's own helpdesk."""

from __future__ import annotations

import ipaddress
import shutil

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _t

from helpdesk.common import tokens
from helpdesk.common.errors import Refusal
from helpdesk.people.models import Company, Role, User


def set_up_code() -> str:
    """What proves that whoever sets Puente up from elsewhere can read this machine's terminal."""
    return tokens.mac("set-up", length=12)


def needs_code(address: str) -> bool:
    """Whether a visitor from this network address must give the code: everybody but this machine itself."""
    try:
        return not ipaddress.ip_address(address).is_loopback or bool(settings.TRUSTED_PROXIES) or settings.IS_PUBLIC
    except ValueError:
        return True


def is_set_up() -> bool:
    return Company.objects.filter(pk=1, set_up_at__isnull=False).exists()


def set_up(*, company: str, language: str, time_zone: str, name: str, email: str, password: str) -> User:
    """The company and its first administrator. Refuses when that was done already."""
    with transaction.atomic():
        if is_set_up():
            raise Refusal(_t("Puente is set up already. Sign in as an administrator."))
        row = Company.objects.select_for_update().filter(pk=1).first() or Company()
        row.name, row.language, row.time_zone = company, language, time_zone
        row.is_demo, row.set_up_at = False, timezone.now()
        row.save()
        user = User.objects.filter(email=email).first() or User(email=email)
        user.name, user.role, user.is_active = name, Role.ADMIN, True
        user.set_password(password)
        user.save()
    return user


def remove_demo() -> None:
    """Delete everything the demo put here, with everything done in it since. There is no way back.

    An empty company row stays, so that the next start does not take the database for a new one.
    """
    if not Company.current().is_demo:
        raise Refusal(_t("There is no demo data here."))
    call_command("flush", interactive=False, verbosity=0)
    Company(name="Puente").save()
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
