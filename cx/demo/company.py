"""The company, its teams, its people and the addresses they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Final

from django.contrib.auth.hashers import make_password

from helpdesk.people.demo import DEMO_PASSWORD
from helpdesk.people.models import Company, Membership, Role, Team, User
from tickets.models import Mailbox

NAME: Final = "Alborada"
DOMAIN: Final = "alborada.example"
ACTIVE_CUSTOMERS: Final = 38_400

#: slug: name, icon
TEAMS: Final[Mapping[str, tuple[str, str]]] = {
    "installations": ("Installations", "wrench"),
    "billing": ("Billing", "receipt"),
    "connection": ("Connection", "wifi"),
}

#: The first of each role is the one that the sign-in page offers. Agents' first names are those that sign the letters.
PEOPLE: Final[Sequence[tuple[str, Role, str, tuple[str, ...]]]] = (
    ("Pilar Santaella", Role.ADMIN, "es", ()),
    ("Hugh Pemberton", Role.MANAGER, "en", ()),
    ("Grace Holloway", Role.CX_COORDINATOR, "en", ()),
    ("Marta Villalobos", Role.LEAD, "es", ("billing",)),
    ("Inma Carrillo", Role.LEAD, "es", ("installations",)),
    ("Nadia Benali", Role.LEAD, "en", ("connection",)),
    ("Daniel Fletcher", Role.AGENT, "en", ("billing",)),
    ("Lucía Escudero", Role.AGENT, "es", ("billing", "connection")),
    ("Noelia Barragán", Role.AGENT, "es", ("installations", "billing")),
    ("Tomás Quintanilla", Role.AGENT, "es", ("connection", "installations")),
    ("Rocío Maldonado", Role.AGENT, "es", ("installations",)),
    ("Charo Benítez", Role.AGENT, "es", ("connection",)),
    ("Javier Lomas", Role.AGENT, "es", ("installations", "billing")),
    ("Leire Arizmendi", Role.AGENT, "es", ("billing",)),
    ("Owen Pritchard", Role.LIGHT_AGENT, "en", ("connection",)),
    ("Paula Iriarte", Role.GUEST, "es", ()),
)

#: address: language
MAILBOXES: Final[Mapping[str, str]] = {f"support@{DOMAIN}": "en", f"soporte@{DOMAIN}": "es"}

#: Days off in Málaga that fall on the same date each year: month, day.
DAYS_OFF: Final = ((1, 1), (1, 6), (2, 28), (5, 1), (8, 15), (8, 19), (10, 12), (11, 1), (12, 6), (12, 8), (12, 25))


@dataclass(frozen=True)
class People:
    """Who works at the demo company, found once."""

    teams: Mapping[str, Team]
    users: Sequence[User]
    members: Mapping[str, Sequence[User]]  # of each team: those who answer customers
    leads: Mapping[str, User]
    coordinator: User
    mailboxes: Mapping[str, Mailbox]  # by language

    @cached_property
    def answering(self) -> list[User]:
        """Leads and agents, each once."""
        return [user for user in self.users if user.role in (Role.LEAD, Role.AGENT)]

    def team(self, slug: str | None) -> Team | None:
        return self.teams[slug] if slug else None


def found(*, now: datetime) -> People:
    """Write down the company, its teams, people and mailboxes, in an empty database."""
    Company(
        name=NAME, time_zone="Europe/Madrid", language="en", active_customers=ACTIVE_CUSTOMERS, is_demo=True,
        set_up_at=now, holidays=_days_off(now.date()),
    ).save()  # fmt: skip
    teams = {
        slug: Team.objects.create(slug=slug, name=name, icon=icon) for slug, (name, icon) in TEAMS.items()
    }  # fmt: skip
    hashed = make_password(DEMO_PASSWORD)  # once: hashing is slow on purpose, and this password is no secret
    for name, role, language, slugs in PEOPLE:
        user = User.objects.create(
            email=_address(name), name=name, role=role, language=language, password=hashed
        )  # fmt: skip
        for slug in slugs:
            Membership.objects.create(user=user, team=teams[slug], is_lead=role == Role.LEAD)
    for address, language in MAILBOXES.items():
        Mailbox.objects.create(
            address=address, name=NAME, language=language, takes_plus_addresses=True, tested_at=now
        )  # fmt: skip
    return people()


def people() -> People:
    """Everybody of the demo who is there."""
    addresses = [_address(name) for name, *_ in PEOPLE]
    users = list(User.objects.filter(email__in=addresses).prefetch_related("memberships__team").order_by("pk"))
    teams = {team.slug: team for team in Team.objects.filter(slug__in=TEAMS).order_by("pk")}
    members: dict[str, list[User]] = {slug: [] for slug in teams}
    leads: dict[str, User] = {}
    for user in users:
        for membership in user.memberships.all():
            if user.role in (Role.LEAD, Role.AGENT) and membership.team.slug in members:
                members[membership.team.slug].append(user)
                if membership.is_lead:
                    leads[membership.team.slug] = user
    mailboxes = {mailbox.language: mailbox for mailbox in Mailbox.objects.filter(address__in=MAILBOXES)}
    coordinator = next(user for user in users if user.role == Role.CX_COORDINATOR)
    return People(teams, users, members, leads, coordinator, mailboxes)


def is_whole() -> bool:
    """Whether the demo's people and teams are all still there, so that more tickets can be given to them."""
    addresses = [_address(name) for name, *_ in PEOPLE]
    return (
        User.objects.filter(email__in=addresses, is_active=True).count() == len(PEOPLE)
        and Team.objects.filter(slug__in=TEAMS).count() == len(TEAMS)
        and Membership.objects.filter(user__email__in=addresses, is_lead=True).count() == len(TEAMS)
        and Mailbox.objects.filter(address__in=MAILBOXES).count() == len(MAILBOXES)
    )


def _address(name: str) -> str:
    plain = name.split()[0].lower().translate(str.maketrans("áéíóúñ", "aeioun"))
    return f"{plain}@{DOMAIN}"


def _days_off(today: date) -> list[str]:
    years = range(today.year - 2, today.year + 2)
    return [date(year, month, day).isoformat() for year in years for month, day in DAYS_OFF]
