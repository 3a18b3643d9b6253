from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0002_mail_that_nobody_can_lose")]

    operations = [
        migrations.RemoveIndex(model_name="inboundemail", name="inbound_email_automatic"),
        migrations.AddIndex(
            model_name="inboundemail",
            index=models.Index(
                fields=["-received_at"],
                name="inbound_email_automatic",
                condition=models.Q(("outcome__in", ["auto_reply", "bounce"]), ("state", "processed"), ("ticket", None)),
            ),
        ),
    ]
