"""What lists, the feed and the sitemap read in order, and the desk's own search index.

`release` and `load_content` put the articles that are there already into that index.
"""

from collections.abc import Callable
from typing import Any

from django.db import migrations, models

TOPIC = models.ForeignKey(
    db_index=False, on_delete=models.deletion.PROTECT, related_name="articles", to="articles.topic"
)
CREATE = "CREATE INDEX articles_article_topic_id_a7619489 ON articles_article (topic_id)"
TABLE = "articles_desk_search_terms"
SQLITE = [
    f"CREATE VIRTUAL TABLE {TABLE} USING fts5(words, tokenize = 'unicode61', detail = 'none', prefix = '2 3 4')",
]
POSTGRES = [
    f"CREATE TABLE {TABLE} (id bigint PRIMARY KEY, words tsvector NOT NULL)",
    f"CREATE INDEX {TABLE}_words ON {TABLE} USING gin (words)",
]


SEARCH, FIELDS = "articles_search_terms", ("title", "head", "often", "text")
MARKS = ("t", "h", "o", "x")  # of articles/searching/index.py


def mark(apps: Any, schema_editor: Any) -> None:
    """Write before each stem where it stands, on SQLite."""
    _rewrite(schema_editor.connection, lambda letter, stem: letter + stem)


def unmark(apps: Any, schema_editor: Any) -> None:
    """Take it away again."""
    _rewrite(schema_editor.connection, lambda letter, stem: stem[1:])


def _rewrite(connection: Any, changed: Callable[[str, str], str]) -> None:
    if connection.vendor == "postgresql":
        return
    columns, values = ", ".join(FIELDS), ", ".join(f"{field} = %s" for field in FIELDS)
    last = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(f"SELECT rowid, {columns} FROM {SEARCH} WHERE rowid > %s ORDER BY rowid LIMIT 500", [last])
            rows = cursor.fetchall()
            if not rows:
                return
            for last, *texts in rows:
                new = [" ".join(changed(letter, stem) for stem in text.split()) for letter, text in zip(MARKS, texts)]
                cursor.execute(f"UPDATE {SEARCH} SET {values} WHERE rowid = %s", [*new, last])


def create(apps: Any, schema_editor: Any) -> None:
    for statement in POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def drop(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(f"DROP TABLE {TABLE}")


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0010_picture_preparing'),
    ]

    operations = [
        # An index of the topic alone would be taken where one of ours has the order as well.
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL("DROP INDEX IF EXISTS articles_article_topic_id_a7619489", CREATE)],
            [migrations.AlterField("article", "topic", TOPIC)],
        ),
        migrations.AddIndex("article", models.Index(fields=["state", "title", "id"], name="article_by_title")),
        migrations.AddIndex("article", models.Index(fields=["topic", "title", "id"], name="article_at_the_desk")),
        migrations.AddIndex("article", models.Index(fields=["state", "publish_at", "id"], name="article_by_time")),
        migrations.RunPython(create, drop),
        migrations.RunPython(mark, unmark),
    ]
