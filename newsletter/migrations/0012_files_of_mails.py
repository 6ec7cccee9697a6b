from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0011_reputation")]

    operations = [
        migrations.AddField(
            "emailwords",
            "synced_digest",
            models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=64
            ),
        ),
    ]
