from django.db import migrations, models
from django.utils import timezone

MODELS = ("redirect", "slugredirect")
FIELDS: dict[str, models.Field] = {
    "used": models.PositiveIntegerField(
        db_default=0, db_index=True, default=0, editable=False, verbose_name="used in 90 days"
    ),
    "last_used_on": models.DateField(editable=False, null=True, verbose_name="last used"),
    "counted_since": models.DateField(default=timezone.localdate, editable=False, null=True),
}


class Migration(migrations.Migration):
    dependencies = [("articles", "0017_what_links_lead_to")]

    operations = [
        migrations.AddField(model, name, field.clone())
        for model in MODELS
        for name, field in FIELDS.items()
    ]
