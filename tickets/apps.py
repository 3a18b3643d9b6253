from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = "Tickets"

    def ready(self) -> None:
        from tickets import (
            bulk_linking,
            bulk_verbs,
            complaints,
            custom_fields,
            owners,
            property_verbs,
            receivers,
            resolving,
            signals,
        )
        from tickets.mail import composing
        from tickets.query import property_fields, ticket_fields
        from tickets.search import checks  # noqa: F401 - registers itself

        signals.delivery_due.connect(receivers.delivery_due, dispatch_uid="tickets.delivery_due")
        bulk_verbs.register_all()
        bulk_linking.register_all()
        property_verbs.register_all()
        ticket_fields.register()
        property_fields.register()
        complaints.register()
        resolving.register_need(custom_fields.need)
        composing.register_block(owners.block_for)
        receivers.keep_search_up_to_date()
        post_migrate.connect(_prepare_search, sender=self, dispatch_uid="tickets.search")


def _prepare_search(*, using: str, **_: Any) -> None:
    """What no migration can say for both databases; also where tables are made without migrations."""
    from tickets.search import tokens, vocabulary

    tokens.prepare(connections[using])
    vocabulary.prepare(connections[using])
