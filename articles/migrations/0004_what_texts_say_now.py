from django.db import migrations, models

from articles.editing.review import SUBSTANCE, fingerprint_of


def note_words(apps, schema_editor):
    articles = apps.get_model("articles", "Article").objects
    for article in articles.only(*SUBSTANCE).iterator(chunk_size=100):
        said = {name: getattr(article, name) for name in SUBSTANCE}
        articles.filter(pk=article.pk).update(text_now=fingerprint_of(said))


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
