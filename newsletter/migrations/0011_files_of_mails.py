from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0010_words_of_mails_and_archive")]

    operations = [
        migrations.AddField(
            "emailwords",
            "synced_digest",
            models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=64
            ),
        ),
    ]
