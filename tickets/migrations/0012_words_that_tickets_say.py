from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0011_macros")]

    operations = [
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("word", models.CharField(max_length=24, unique=True)),
                ("written", models.CharField(max_length=24)),
            ],
        ),
    ]
