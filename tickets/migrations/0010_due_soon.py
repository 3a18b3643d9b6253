from django.db import migrations, models


class Migration(migrations.Migration):
    """Words alone: nothing changes in the database."""

    dependencies = [("tickets", "0009_search")]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("ticket.created", "opened the ticket"),
                    ("message.received", "wrote"),
                    ("message.sent", "replied"),
                    ("message.announced", "an automatic message was sent"),
                    ("note.added", "added a note"),
                    ("ticket.assigned", "assigned the ticket"),
                    ("ticket.unassigned", "took the assignee off"),
                    ("ticket.moved", "moved the ticket to another team"),
                    ("ticket.waiting", "is waiting for the customer"),
                    ("ticket.snoozed", "snoozed the ticket"),
                    ("ticket.woke", "the ticket woke up"),
                    ("ticket.prioritised", "changed the priority"),
                    ("ticket.resolved", "resolved the ticket"),
                    ("ticket.reopened", "reopened the ticket"),
                    ("ticket.closed", "the ticket was closed"),
                    ("ticket.continued", "continues an earlier ticket"),
                    ("mail.also_addressed", "was also sent to another of our addresses"),
                    ("mail.answered_elsewhere", "answered from their own mail program"),
                    ("mail.resent", "sent a mail again"),
                    ("mail.marked_spam", "marked it as spam"),
                    ("mail.undelivered", "a mail could not be delivered"),
                    ("address.confirmed", "confirmed the address"),
                    ("ticket.merged", "merged the ticket into another"),
                    ("ticket.took_in", "merged another ticket into this one"),
                    ("ticket.unmerged", "undid the merging"),
                    ("ticket.restored", "put the ticket back as it was"),
                    ("sla.breached", "a target was missed"),
                    ("sla.due_soon", "a target is due soon"),
                    ("cx.tagged", "tagged the ticket"),
                    ("cx.untagged", "undid the tagging"),
                    ("cx.reviewed", "looked into what stands behind the staff attitude"),
                    ("cx.promised", "recorded a promise"),
                    ("cx.promise_settled", "settled a promise"),
                    ("cx.answered_survey", "answered a survey"),
                ],
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("not_solved", "The customer says that it is not solved"),
                    ("assigned", "Assigned to you"),
                    ("customer_wrote", "The customer wrote again"),
                    ("somebody_wrote", "Somebody else wrote"),
                    ("breached", "A target was missed"),
                    ("due_soon", "A target is due soon"),
                    ("noted", "A colleague wrote a note"),
                    ("woke", "A snoozed ticket came back"),
                    ("undelivered", "A mail could not be delivered"),
                    ("new_for_team", "A new ticket for your team"),
                ],
                max_length=20,
            ),
        ),
    ]
