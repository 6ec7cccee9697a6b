"""The documents of the search, the index over them, and synonyms.

The index of before (articles_search) stays for one release: the one that still runs while this
migrates writes into it.
"""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

TABLE = "articles_search_terms"
SQLITE = [
    f"CREATE VIRTUAL TABLE {TABLE} USING fts5(title, head, often, text, tokenize = 'unicode61', detail = 'column', prefix = '3 4 5')",
]
POSTGRES = [
    f"CREATE TABLE {TABLE} (id bigint PRIMARY KEY, title tsvector NOT NULL, head tsvector NOT NULL, often tsvector NOT NULL, text tsvector NOT NULL)",
    *(
        f"CREATE INDEX {TABLE}_{field} ON {TABLE} USING gin ({field})"
        for field in ("title", "head", "often", "text")
    ),
]


def create(apps: Any, schema_editor: Any) -> None:
    for statement in POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def drop(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(f"DROP TABLE {TABLE}")


class Migration(migrations.Migration):
    dependencies = [("articles", "0008_names_of_the_field")]
    operations = [
        migrations.CreateModel(
            name="SearchDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.CharField(max_length=200, unique=True)),
                ("title", models.CharField(max_length=200)),
                ("summary", models.CharField(blank=True, max_length=400)),
                ("label", models.CharField(blank=True, max_length=80)),
                ("minutes", models.PositiveSmallIntegerField(default=0)),
                ("text", models.TextField(blank=True)),
                ("publish_at", models.DateTimeField(null=True)),
                (
                    "article",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="search_document", to="articles.article"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Synonym",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("changed_at", models.DateTimeField(auto_now=True)),
                ("synced_at", models.DateTimeField(editable=False, null=True)),
                ("synced_digest", models.CharField(blank=True, editable=False, max_length=64)),
                (
                    "phrase",
                    models.CharField(
                        help_text="What people type. Small letters, without signs; a word counts in all its forms.",
                        max_length=60,
                        unique=True,
                    ),
                ),
                (
                    "means",
                    models.CharField(
                        help_text="Our words for it, with commas between them: “complex ptsd, dissociation”.", max_length=200
                    ),
                ),
            ],
            options={"ordering": ["phrase"], "abstract": False},
        ),
        migrations.RunPython(create, drop),
    ]
