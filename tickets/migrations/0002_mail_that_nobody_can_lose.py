import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import helpdesk.common.fields


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0001_initial"),
        ("tickets", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BlockedSender",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pattern", models.CharField(max_length=320, unique=True, verbose_name="address or domain")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="FolderEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.BigIntegerField()),
                ("problem", models.TextField(blank=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("is_gone", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="MailAlarm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("difference", "The server holds mail that is not here"),
                            ("silent", "Nothing could be fetched"),
                            ("unread", "Stored mail is not being read"),
                        ],
                        max_length=12,
                    ),
                ),
                ("words", models.TextField()),
                ("began_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="MailFolder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                (
                    "role",
                    models.CharField(choices=[("inbox", "Inbox"), ("sent", "Sent")], default="inbox", max_length=10),
                ),
                ("uid_validity", models.BigIntegerField()),
                ("last_uid", models.BigIntegerField(default=0)),
                ("on_server", models.PositiveIntegerField(default=0)),
                ("counted_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="MailSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", models.CharField(max_length=255, verbose_name="server")),
                ("port", models.PositiveIntegerField(default=993, verbose_name="port")),
                (
                    "security",
                    models.CharField(
                        choices=[("tls", "TLS"), ("starttls", "STARTTLS"), ("none", "None")],
                        default="tls",
                        max_length=10,
                        verbose_name="encryption",
                    ),
                ),
                ("username", models.CharField(max_length=320, verbose_name="user name")),
                (
                    "sign_in",
                    models.CharField(
                        choices=[("password", "Password"), ("google", "Google"), ("microsoft", "Microsoft 365")],
                        default="password",
                        max_length=10,
                        verbose_name="sign-in",
                    ),
                ),
                ("password", helpdesk.common.fields.SecretField(blank=True, verbose_name="password")),
                ("client_id", models.CharField(blank=True, max_length=255, verbose_name="client ID")),
                ("client_secret", helpdesk.common.fields.SecretField(blank=True, verbose_name="client secret")),
                ("tenant", models.CharField(blank=True, max_length=100, verbose_name="tenant")),
                ("refresh_token", helpdesk.common.fields.SecretField(blank=True)),
                ("access_token", helpdesk.common.fields.SecretField(blank=True)),
                ("access_token_ends_at", models.DateTimeField(blank=True, null=True)),
                (
                    "after_reading",
                    models.CharField(
                        choices=[("leave", "Leave it where it is"), ("move", "Move it to a folder")],
                        default="leave",
                        max_length=10,
                    ),
                ),
                ("move_to", models.CharField(blank=True, max_length=255, verbose_name="folder")),
                ("sent_folder", models.CharField(blank=True, max_length=255, verbose_name="folder of sent mail")),
                ("uses_idle", models.BooleanField(default=True)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("fetched_at", models.DateTimeField(blank=True, null=True)),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="SpamWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("word", models.CharField(max_length=40, unique=True)),
                ("in_spam", models.PositiveIntegerField(default=0)),
                ("in_wanted", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="message",
            name="message_author_is_known",
        ),
        migrations.RemoveIndex(
            model_name="delivery",
            name="delivery_due",
        ),
        migrations.RemoveIndex(
            model_name="inboundemail",
            name="inbound_email_aside",
        ),
        migrations.AddField(
            model_name="attachment",
            name="draft",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="attachments", to="tickets.draft"
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="note",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="attachments", to="tickets.note"
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="scanned_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="attachment",
            name="threat",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="delivery",
            name="delivered_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="delivery",
            name="provider_id",
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name="delivery",
            name="settled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="delivery",
            name="trying_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="draft",
            name="cc",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="draft",
            name="to",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="inboundemail",
            name="authentication",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="inboundemail",
            name="is_taught",
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AddField(
            model_name="inboundemail",
            name="tried_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="inboundemail",
            name="retried_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="mailbox",
            name="holds_strangers",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="mailbox",
            name="quotes_history",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="mailbox",
            name="signature",
            field=models.TextField(blank=True, verbose_name="signature"),
        ),
        migrations.AddField(
            model_name="mailbox",
            name="trusted_servers",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="message",
            name="reply_to",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="message",
            name="signed_with",
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AlterField(
            model_name="attachment",
            name="message",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="attachments", to="tickets.message"
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "Waiting to be sent"),
                    ("sending", "Being sent"),
                    ("deferred", "Not taken yet, tried again"),
                    ("sent", "Sent"),
                    ("failed", "Not delivered"),
                    ("bounced", "Came back"),
                    ("cancelled", "Taken back"),
                ],
                default="pending",
                max_length=10,
            ),
        ),
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
                    ("sla.breached", "a target was missed"),
                    ("cx.tagged", "tagged the ticket"),
                    ("cx.untagged", "undid the tagging"),
                    ("cx.promised", "recorded a promise"),
                    ("cx.promise_settled", "settled a promise"),
                    ("cx.answered_survey", "answered a survey"),
                ],
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="inboundemail",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("ticket_created", "New ticket"),
                    ("reply_added", "Reply added"),
                    ("auto_reply", "Automatic answer"),
                    ("bounce", "Bounce"),
                    ("duplicate", "Duplicate"),
                    ("held", "Held"),
                    ("unreadable", "Unreadable"),
                    ("ignored", "Ignored"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="inboundemail",
            name="state",
            field=models.CharField(
                choices=[
                    ("stored", "Waiting"),
                    ("processed", "Read"),
                    ("held", "Held"),
                    ("unreadable", "Unreadable"),
                    ("spam", "Spam"),
                    ("discarded", "Discarded"),
                ],
                default="stored",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="inboundemail",
            name="ignored_because",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(
                        models.Q(
                            ("message", None),
                            ("state", "processed"),
                            ("outcome__in", ["auto_reply", "ignored"]),
                            models.Q(("reason", ""), _negated=True),
                        ),
                        then=django.db.models.functions.text.Left("reason", 100),
                    ),
                    models.When(models.Q(("message", None), ("state", "processed")), then=models.F("outcome")),
                    default=models.Value(""),
                ),
                output_field=models.CharField(max_length=100),
            ),
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(condition=models.Q(("scanned_at", None)), fields=["id"], name="attachment_unscanned"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ["pending", "deferred", "sending"])),
                fields=["due_at", "id"],
                name="delivery_due",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("settled_at", None), ("state__in", ["failed", "bounced", "deferred"])),
                fields=["-created_at"],
                name="delivery_undelivered",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("provider_id", ""), _negated=True), fields=["provider_id"], name="delivery_provider"
            ),
        ),
        migrations.AddIndex(
            model_name="inboundemail",
            index=models.Index(
                condition=models.Q(("state__in", ["unreadable", "held", "spam"])),
                fields=["-received_at"],
                name="inbound_email_aside",
            ),
        ),
        migrations.AddIndex(
            model_name="inboundemail",
            index=models.Index(
                condition=models.Q(("outcome", "auto_reply"), ("state", "processed"), ("ticket", None)),
                fields=["-received_at"],
                name="inbound_email_automatic",
            ),
        ),
        migrations.AddIndex(
            model_name="inboundemail",
            index=models.Index(
                condition=models.Q(("retried_at__isnull", False)), fields=["retried_at"], name="inbound_email_retried"
            ),
        ),
        migrations.AddIndex(
            model_name="inboundemail",
            index=models.Index(fields=["mailbox", "state", "source", "ignored_because"], name="inbound_email_counted"),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("draft", None), ("message__isnull", False), ("note", None)),
                    models.Q(("draft", None), ("message", None), ("note__isnull", False)),
                    models.Q(("draft__isnull", False), ("message", None), ("note", None)),
                    _connector="OR",
                ),
                name="attachment_belongs_to_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("author", "customer"), ("user", None)),
                    models.Q(("author", "agent"), ("customer", None), ("user__isnull", False)),
                    models.Q(("author", "agent"), ("customer", None), ("kind", "elsewhere"), ("user", None)),
                    models.Q(("author", "automatic"), ("customer", None), ("user", None)),
                    _connector="OR",
                ),
                name="message_author_is_known",
            ),
        ),
        migrations.AddField(
            model_name="blockedsender",
            name="blocked_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="folderentry",
            name="inbound_email",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="folder_entries",
                to="tickets.inboundemail",
            ),
        ),
        migrations.AddField(
            model_name="mailalarm",
            name="mailbox",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="alarms", to="tickets.mailbox"
            ),
        ),
        migrations.AddField(
            model_name="folderentry",
            name="folder",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="entries", to="tickets.mailfolder"
            ),
        ),
        migrations.AddField(
            model_name="mailsource",
            name="mailbox",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="source", to="tickets.mailbox"
            ),
        ),
        migrations.AddField(
            model_name="mailfolder",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="folders", to="tickets.mailsource"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailalarm",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("mailbox", "kind"), name="one_open_alarm_of_a_kind"
            ),
        ),
        migrations.AddIndex(
            model_name="folderentry",
            index=models.Index(
                condition=models.Q(("inbound_email", None)), fields=["folder"], name="folder_entry_missing"
            ),
        ),
        migrations.AddIndex(
            model_name="folderentry",
            index=models.Index(fields=["folder", "is_gone"], name="folder_entry_there"),
        ),
        migrations.AddConstraint(
            model_name="folderentry",
            constraint=models.UniqueConstraint(fields=("folder", "uid"), name="one_entry_per_uid"),
        ),
        migrations.AddConstraint(
            model_name="mailfolder",
            constraint=models.UniqueConstraint(fields=("source", "name", "uid_validity"), name="one_row_per_numbering"),
        ),
    ]
