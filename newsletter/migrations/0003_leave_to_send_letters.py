from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0002_letters_notes_and_settings")]

    operations = [
        migrations.AlterModelOptions(name="letter", options={"permissions": [("send_letter", "Can send letters")]}),
    ]
