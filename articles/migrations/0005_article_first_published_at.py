from typing import Any
from django.db import migrations, models
from django.db.models import F
from django.utils import timezone


def note_what_readers_have_seen(apps: Any, schema_editor: Any) -> None:
    articles = apps.get_model("articles", "Article").objects
    seen = articles.filter(state__in=["published", "withdrawn"], publish_at__lte=timezone.now())
    seen.update(first_published_at=F("publish_at"))


class Migration(migrations.Migration):
    dependencies = [("articles", "0004_what_texts_say_now")]

    operations = [
        migrations.AddField(
            model_name="article",
            name="first_published_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunPython(note_what_readers_have_seen, migrations.RunPython.noop),
    ]
