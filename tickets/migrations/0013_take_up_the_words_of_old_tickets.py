from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import Max


def have_all_looked_at_again(apps: Any, _schema_editor: Any) -> None:
    """The latest event of each ticket asks for it; the worker goes through them, newest first."""
    events = apps.get_model("tickets", "Event").objects
    latest = events.order_by().values("ticket").annotate(top=Max("pk")).values("top")
    events.filter(pk__in=latest).update(is_indexed=False)


class Migration(migrations.Migration):
    dependencies = [("tickets", "0012_words_that_tickets_say")]

    operations = [migrations.RunPython(have_all_looked_at_again, migrations.RunPython.noop, elidable=True)]
