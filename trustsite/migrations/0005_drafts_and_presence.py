import secrets
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def move_drafts(apps: Any, schema_editor: Any) -> None:
    """Bring over what editors had typed and not saved."""
    former, autosave = apps.get_model('articles', 'Autosave'), apps.get_model('trustsite', 'Autosave')
    for draft in former.objects.iterator(chunk_size=100):
        fields = {{'dek': 'standfirst'}.get(name, name): texts for name, texts in draft.fields.items()}
        autosave.objects.create(
            key=secrets.token_urlsafe(12), author_id=draft.author_id, model='articles.article',
            row='' if draft.article_id is None else str(draft.article_id), fields=fields, saved_at=draft.saved_at,
        )
        draft.delete()


class Migration(migrations.Migration):

    dependencies = [
        ('trustsite', '0004_cache_version'),
        ('articles', '0009_search_of_every_page'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Autosave',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=22, unique=True)),
                ('model', models.CharField(max_length=60)),
                ('row', models.CharField(blank=True, max_length=40)),
                ('fields', models.JSONField()),
                ('base', models.JSONField(default=dict)),
                ('saved_at', models.DateTimeField()),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['model', 'row', 'author'], name='autosave_of_a_text')],
            },
        ),
        migrations.CreateModel(
            name='Presence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=22, unique=True)),
                ('model', models.CharField(max_length=60)),
                ('row', models.CharField(max_length=40)),
                ('is_writing', models.BooleanField(default=False)),
                ('seen_at', models.DateTimeField()),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['model', 'row'], name='presence_at_a_text')],
            },
        ),
        migrations.RunPython(move_drafts, migrations.RunPython.noop),
    ]
