import django.db.models.deletion
from django.db import migrations, models

import tickets.search.tokens


class Migration(migrations.Migration):
    dependencies = [("tickets", "0008_views_presence_and_bulk")]

    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "ticket",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_entry",
                        serialize=False,
                        to="tickets.ticket",
                    ),
                ),
                ("place", models.BigIntegerField(unique=True)),
                ("text", models.TextField()),
                ("tokens", tickets.search.tokens.TokensField()),
            ],
        ),
    ]
