from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "helpdesk.live"

    def ready(self) -> None:
        from helpdesk.live import bell
        from tickets.signals import event_recorded

        event_recorded.connect(bell.event_recorded, dispatch_uid="live.event_recorded")
