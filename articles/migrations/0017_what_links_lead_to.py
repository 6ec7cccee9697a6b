from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """From when on links lead somewhere: the worker finds it out for those that are there already."""

    dependencies = [("articles", "0016_uses_of_snippets")]

    operations = [
        migrations.AddField("textuse", "opens_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "article", models.Index(fields=["state", "checked_on", "id"], name="article_by_check")
        ),
        migrations.AddIndex(
            "picture", models.Index(fields=["alt", "decorative"], name="picture_by_words")
        ),
        migrations.AddIndex(
            "textuse",
            models.Index(
                fields=["text_kind", "text_id", "opens_at"],
                condition=Q(opens_at__isnull=False),
                name="text_use_not_open",
            ),
        ),
    ]
