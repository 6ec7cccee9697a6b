"""Names alone: the tables and columns stay as they are, and no row is touched."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0004_returned_addresses_rest")]

    operations = [
        # The table's name is pinned first, so renaming the model leaves it alone.
        migrations.AlterModelTable(name="formmail", table="newsletter_formmail"),
        migrations.RenameModel(old_name="FormMail", new_name="FormMailCount"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex(model_name="delivery", name="waiting_mail"),
                migrations.RenameField(
                    model_name="delivery", old_name="rank", new_name="priority"
                ),
                migrations.AlterField(
                    model_name="delivery",
                    name="priority",
                    field=models.PositiveSmallIntegerField(
                        db_column="rank", default=0, editable=False
                    ),
                ),
                migrations.AddIndex(
                    model_name="delivery",
                    index=models.Index(
                        fields=["priority", "not_before", "id"],
                        condition=models.Q(state__in=["queued", "retry"]),
                        name="waiting_mail",
                    ),
                ),
            ],
        ),
    ]
