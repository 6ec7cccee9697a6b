"""The table that `articles.reading.search` asks, in the words of the database at hand."""

from typing import Any
from django.db import migrations

SQLITE = [
    "CREATE VIRTUAL TABLE articles_search USING fts5(title, dek, text, tokenize = 'porter unicode61 remove_diacritics 2')",
]
POSTGRES = [
    "CREATE TABLE articles_search (id bigint PRIMARY KEY, text text NOT NULL, document tsvector NOT NULL)",
    "CREATE INDEX articles_search_document ON articles_search USING gin (document)",
]


def create(apps: Any, schema_editor: Any) -> None:
    for statement in POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def drop(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP TABLE articles_search")


class Migration(migrations.Migration):
    dependencies = [("articles", "0001_content")]
    operations = [migrations.RunPython(create, drop)]
