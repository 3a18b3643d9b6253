"""The people we test with. Each name says what the person is.

Olu administers. Mia manages. Ana works in Billing, Ben in Installations; Lea leads Billing. Lou is a light agent in
Billing. Gus is a guest from Product. Carla is a customer. Dora is a customer too, belongs to a different organisation
and must see nothing of Carla's.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.people.models import Company, Customer, CustomerAddress, Membership, Organisation, Role, Team, User
from tickets.models import Mailbox


@dataclass
class Cast:
    company: Company
    billing: Team
    installations: Team
    olu: User
    mia: User
    lea: User
    ana: User
    ben: User
    lou: User
    gus: User
    carla: Customer
    dora: Customer
    support: Mailbox


def assemble() -> Cast:
    """Everybody, in an empty database."""
    from django.utils import timezone

    company = Company(name="Alborada", time_zone="Europe/Madrid", language="en", set_up_at=timezone.now())
    company.save()
    billing = Team.objects.create(name="Billing", slug="billing", icon="receipt")
    installations = Team.objects.create(name="Installations", slug="installations", icon="wrench")
    return Cast(
        company=company,
        billing=billing,
        installations=installations,
        olu=_user("Olu Adebayo", Role.ADMIN),
        mia=_user("Mia Manrique", Role.MANAGER),
        lea=_user("Lea Lindgren", Role.LEAD, billing),
        ana=_user("Ana Alonso", Role.AGENT, billing),
        ben=_user("Ben Barker", Role.AGENT, installations),
        lou=_user("Lou Lambert", Role.LIGHT_AGENT, billing),
        gus=_user("Gus Grau", Role.GUEST),
        carla=_customer("Carla Cruz", "carla@example.com", "Casa Cruz"),
        dora=_customer("Dora Dahl", "dora@example.org", "Dahl and Daughters"),
        support=Mailbox.objects.create(
            address="support@alborada.example", name="Alborada", team=billing, takes_plus_addresses=True
        ),
    )


PASSWORD = "a long enough password"


def _user(name: str, role: str, *teams: Team) -> User:
    user = User.objects.create_user(f"{name.split()[0].lower()}@alborada.example", PASSWORD, name=name, role=role)
    for team in teams:
        Membership.objects.create(user=user, team=team, is_lead=role == Role.LEAD)
    return user


def _customer(name: str, address: str, organisation: str) -> Customer:
    customer = Customer.objects.create(name=name, organisation=Organisation.objects.create(name=organisation))
    CustomerAddress.objects.create(customer=customer, address=address)
    return customer
