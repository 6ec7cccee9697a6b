from typing import Any
from django.db import migrations, models

from prose.text_hash import text_hash

SUBSTANCE = ("title", "dek", "body", "takeaways", "content_note", "evidence", "evidence_note")


def note_words(apps: Any, schema_editor: Any) -> None:
    articles = apps.get_model("articles", "Article").objects
    for article in articles.only(*SUBSTANCE).iterator(chunk_size=100):
        words = text_hash(getattr(article, name) for name in SUBSTANCE)
        articles.filter(pk=article.pk).update(text_now=words)


class Migration(migrations.Migration):
    dependencies = [("articles", "0003_the_desk")]

    operations = [
        migrations.AddField(
            model_name="article",
            name="text_now",
            field=models.CharField(default="", editable=False, max_length=32),
        ),
        migrations.RunPython(note_words, migrations.RunPython.noop),
    ]
