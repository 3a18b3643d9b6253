from django.apps import AppConfig


class CxConfig(AppConfig):
    name = "cx"
    verbose_name = "Customer experience"

    def ready(self) -> None:
        from cx import codebook, promises, receivers, survey_mail, surveys, wording
        from tickets import closing
        from tickets.mail import composing
        from tickets.signals import event_recorded

        codebook.listen_to(wording.KEPT.words)
        event_recorded.connect(receivers.event_recorded, dispatch_uid="cx.event_recorded")
        composing.register("survey", survey_mail.compose)
        composing.register_block(promises.block_for)
        closing.register_hold(surveys.links_end)
