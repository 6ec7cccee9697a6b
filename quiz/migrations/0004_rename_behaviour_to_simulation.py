from django.db import migrations, models


class Migration(migrations.Migration):
    """The field alone is renamed: its column stays, pinned before the rename."""

    dependencies = [
        ('quiz', '0003_calm_answers'),
    ]

    operations = [
        migrations.AlterField(
            model_name='version',
            name='behaviour',
            field=models.JSONField(db_column='behaviour', editable=False, null=True),
        ),
        migrations.RenameField(
            model_name='version',
            old_name='behaviour',
            new_name='simulation',
        ),
    ]
