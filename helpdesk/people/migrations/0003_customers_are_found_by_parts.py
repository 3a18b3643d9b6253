from django.db import migrations, models


class Migration(migrations.Migration):
    """Who is there already is taken up by a worker, some at a time."""

    dependencies = [("people", "0002_preferences_and_merged_customers")]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="found_by",
            field=models.TextField(blank=True, default="", editable=False),
        ),
        migrations.AddField(
            model_name="customer",
            name="is_indexed",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(condition=models.Q(("is_indexed", False)), fields=["id"], name="customer_unindexed"),
        ),
    ]
