import re
from collections import Counter
from typing import Any

from django.conf import settings
from django.db import migrations, models

HREF = re.compile(r'<a [^<>]*?href="([^"<>]*)"')
BLOCK = re.compile(r'<div data-block="([a-z]+):([a-z0-9-]+)"></div>')


def note_uses(apps: Any, schema_editor: Any) -> None:
    """Note what each text uses, from the HTML that was made when it was last saved."""
    text_use = apps.get_model("articles", "TextUse")
    for kind in ("article", "page", "response"):
        rows = apps.get_model("articles", kind).objects.only("pk", "html", "citations")
        rows = rows if kind == "page" else rows.only("pk", "html", "citations", "related")
        for row in rows.iterator(chunk_size=200):
            found = uses_of(row)
            text_use.objects.bulk_create(
                text_use(text_kind=kind, text_id=row.pk, how=how, target=target, times=times)
                for (how, target), times in found.items()
                if len(target) <= 220
            )


def uses_of(row: Any) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for href in HREF.findall(row.html):
        href = href.replace("&amp;", "&").removeprefix(settings.SITE_URL)
        if href.startswith(("tel:", "sms:")):
            found["link", "number:" + re.sub(r"[^0-9]", "", href)] += 1
        elif href.startswith("/") and not href.startswith("//"):
            found["link", re.split(r"[?#]", href)[0]] += 1
    for slug in getattr(row, "related", None) or []:
        found["related", f"/articles/{slug}/"] = 1
    for key, mentions in row.citations.items():
        found["cites", f"source:{key}"] = mentions
    for kind, key in BLOCK.findall(row.html):
        found["shows", f"{kind}:{key}"] += 1
    return found


class Migration(migrations.Migration):
    dependencies = [("articles", "0013_what_a_sign_off_says")]

    operations = [
        migrations.AddField(
            "article",
            "leads_to",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="A path on this site, such as /articles/grounding-techniques/. The page that says why it was withdrawn leads there.",
                max_length=200,
                verbose_name="who comes to its address reads on at",
            ),
        ),
        migrations.AddField(
            "historicalarticle",
            "leads_to",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="A path on this site, such as /articles/grounding-techniques/. The page that says why it was withdrawn leads there.",
                max_length=200,
                verbose_name="who comes to its address reads on at",
            ),
        ),
        migrations.CreateModel(
            "TextUse",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text_kind", models.CharField(max_length=10)),
                ("text_id", models.PositiveBigIntegerField()),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("link", "Leads to it"),
                            ("related", "Names it among related articles"),
                            ("cites", "Cites it"),
                            ("shows", "Shows it"),
                        ],
                        max_length=10,
                    ),
                ),
                ("target", models.CharField(max_length=220)),
                ("times", models.PositiveIntegerField(default=1)),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["target"], name="text_use_by_target")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["text_kind", "text_id", "how", "target"],
                        name="one_use_per_text_and_target",
                    )
                ],
            },
        ),
        migrations.RunPython(note_uses, migrations.RunPython.noop),
    ]
