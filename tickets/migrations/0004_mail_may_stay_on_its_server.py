import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

BEFORE, SETTLED = ("before", "Was there before it was connected"), ("settled", "Settled: it needs nothing")
NEW, ALL = ("new", "Only what arrives from now on"), ("all", "Everything that lies there, too")


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0003_unmatched_reports_are_on_a_page"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(model_name="folderentry", name="folder_entry_missing"),
        migrations.AddField(
            model_name="mailsource",
            name="which_mail",
            field=models.CharField(choices=[ALL, NEW], default="all", max_length=10),
        ),
        migrations.AddField(
            model_name="mailsource",
            name="connected_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name="mailfolder", name="there_up_to", field=models.BigIntegerField(default=0, null=True)
        ),
        migrations.AddField(model_name="folderentry", name="is_again", field=models.BooleanField(default=False)),
        migrations.AddField(model_name="folderentry", name="was_there", field=models.BooleanField(default=False)),
        migrations.AddField(
            model_name="folderentry",
            name="stays_because",
            field=models.CharField(blank=True, choices=[BEFORE, SETTLED], default="", max_length=10),
            preserve_default=False,
        ),
        migrations.AddField(model_name="folderentry", name="size", field=models.PositiveBigIntegerField(null=True)),
        migrations.AddField(
            model_name="folderentry",
            name="sender",
            field=models.CharField(blank=True, default="", max_length=320),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="folderentry",
            name="subject",
            field=models.CharField(blank=True, default="", max_length=255),
            preserve_default=False,
        ),
        migrations.AddField(model_name="folderentry", name="written_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="folderentry",
            name="reason",
            field=models.CharField(blank=True, default="", max_length=200),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="folderentry",
            name="settled_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(model_name="folderentry", name="settled_at", field=models.DateTimeField(null=True)),
        migrations.AddIndex(
            model_name="folderentry",
            index=models.Index(
                fields=["folder"],
                name="folder_entry_missing",
                condition=models.Q(("inbound_email", None), ("stays_because", "")),
            ),
        ),
        migrations.AddIndex(
            model_name="folderentry",
            index=models.Index(
                fields=["folder", "stays_because"],
                name="folder_entry_staying",
                condition=models.Q(("stays_because", ""), _negated=True),
            ),
        ),
        migrations.AddIndex(
            model_name="folderentry",
            index=models.Index(fields=["folder"], name="folder_entry_again", condition=models.Q(("is_again", True))),
        ),
    ]
