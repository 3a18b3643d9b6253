from django.db import migrations
from django.db.models import Exists, OuterRef


def mark(apps, schema_editor):
    """Of several entries of one mail all but the first are copies. Safe to repeat."""
    entries = apps.get_model("tickets", "FolderEntry").objects
    earlier = entries.filter(inbound_email=OuterRef("inbound_email"), folder__ended_at=None, pk__lt=OuterRef("pk"))
    entries.filter(Exists(earlier), folder__ended_at=None).update(is_again=True)


class Migration(migrations.Migration):
    dependencies = [("tickets", "0004_mail_may_stay_on_its_server")]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]  # the column itself goes with its own step
