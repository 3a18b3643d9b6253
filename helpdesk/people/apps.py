from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class PeopleConfig(AppConfig):
    name = "helpdesk.people"
    label = "people"
    verbose_name = "People"

    def ready(self) -> None:
        post_migrate.connect(_prepare_finding, sender=self, dispatch_uid="people.finding")


def _prepare_finding(*, using: str, **_: Any) -> None:
    from helpdesk.common import trigrams

    trigrams.prepare(connections[using], table="people_customer", column="found_by", name="customer_found_by")
