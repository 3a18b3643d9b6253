from django.apps import AppConfig


class CxConfig(AppConfig):
    name = "cx"
    verbose_name = "Customer experience"

    def ready(self) -> None:
        from cx import bulk, codebook, promises, query_fields, receivers, survey_mail, surveys, wording
        from cx.models import FollowUp, Invitation
        from tickets import closing, identities
        from tickets.mail import composing
        from tickets.signals import event_recorded, reply_taken_back

        codebook.listen_to(wording.KEPT.words)
        event_recorded.connect(receivers.event_recorded, dispatch_uid="cx.event_recorded")
        reply_taken_back.connect(receivers.reply_taken_back, dispatch_uid="cx.reply_taken_back")
        composing.register("survey", survey_mail.compose)
        composing.register_block(promises.block_for)
        closing.register_hold(surveys.links_end)
        identities.register("invitations", Invitation)
        identities.register("follow_ups", FollowUp)
        bulk.register_all()
        query_fields.register()
