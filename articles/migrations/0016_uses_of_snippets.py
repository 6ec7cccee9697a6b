import re
from collections import Counter
from typing import Any

from django.conf import settings
from django.db import migrations

HREF = re.compile(r'<a [^<>]*?href="([^"<>]*)"')


def note_uses(apps: Any, schema_editor: Any) -> None:
    """Note what each snippet leads to, from the HTML that was made when it was last saved."""
    text_use = apps.get_model("articles", "TextUse")
    for row in apps.get_model("articles", "Snippet").objects.only("pk", "html").iterator():
        found: Counter[str] = Counter()
        for href in HREF.findall(row.html):
            if (target := target_of(href)) and len(target) <= 220:
                found[target] += 1
        text_use.objects.bulk_create(
            text_use(text_kind="snippet", text_id=row.pk, how="link", target=target, times=times)
            for target, times in found.items()
        )


def target_of(href: str) -> str:
    href = href.replace("&amp;", "&").removeprefix(settings.SITE_URL)
    if href.startswith(("tel:", "sms:")):
        return "number:" + re.sub(r"[^0-9]", "", href)
    is_ours = href.startswith("/") and not href.startswith("//")
    return re.split(r"[?#]", href)[0] if is_ours else ""


class Migration(migrations.Migration):
    dependencies = [("articles", "0015_moving_in")]

    operations = [migrations.RunPython(note_uses, migrations.RunPython.noop)]
