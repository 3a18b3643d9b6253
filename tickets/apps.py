from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = "Tickets"

    def ready(self) -> None:
        from tickets import receivers, signals

        signals.delivery_due.connect(receivers.delivery_due, dispatch_uid="tickets.delivery_due")
