from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "helpdesk.live"

    def ready(self) -> None:
        from helpdesk.live import bell
        from tickets import signals

        signals.event_recorded.connect(bell.event_recorded, dispatch_uid="live.event_recorded")
        signals.presence_changed.connect(bell.presence_changed, dispatch_uid="live.presence_changed")
        signals.notices_changed.connect(bell.notices_changed, dispatch_uid="live.notices_changed")
