from typing import Any
import hashlib
import json

from django.db import migrations, models

OF_KIND = {"urgent": "crisis", "listen": "crisis", "text": "crisis"}
SAID = (
    "key country country_name kind region needs name phone sms sms_keyword extra url chat hours note checked_on position"
).split()
# A way to call 999 that stood among the lines; the page has a section for every country's now.
NO_LINE = "uk-silent-999"
UNSAID: dict[str, object] = {"needs": [], "checked_on": None, "position": 0}


def digest(line: Any) -> Any:
    """The fingerprint of what of a line travels as a file, as content_files makes it."""
    said = {name: getattr(line, name) for name in SAID if hasattr(line, name)}
    said = {name: value for name, value in said.items() if value != UNSAID.get(name, "")}
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def kinds_to_needs(apps: Any, schema_editor: Any) -> None:
    """Say what each line is for, and let no line look edited by that: the next load would refuse it."""
    lines = apps.get_model("articles", "Helpline").objects
    for line in lines.all():
        kind, line.needs = line.kind, []
        was_in_step = line.synced_digest == digest(line)
        if was_in_step and line.key == NO_LINE:
            line.delete()
            continue
        line.needs, line.kind = [OF_KIND.get(kind, kind)], ""
        said = {"needs": line.needs} | ({"synced_digest": digest(line)} if was_in_step else {})
        lines.filter(pk=line.pk).update(**said)


def needs_to_kinds(apps: Any, schema_editor: Any) -> None:
    lines = apps.get_model("articles", "Helpline").objects
    for line in lines.all():
        was_in_step = line.synced_digest == digest(line)
        kind = (line.needs or ["listen"])[0].replace("crisis", "listen")
        line.needs, line.kind = [], kind
        said = {"kind": kind} | ({"synced_digest": digest(line)} if was_in_step else {})
        lines.filter(pk=line.pk).update(**said)


class Migration(migrations.Migration):
    dependencies = [("articles", "0006_crisis_words")]

    operations = [
        migrations.AddField(
            model_name="helpline",
            name="chat",
            field=models.URLField(
                blank=True, default="", help_text="The page on which the service chats.", verbose_name="web chat"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="helpline",
            name="region",
            field=models.CharField(
                blank=True, default="", help_text="“Scotland”; empty: the whole country.", max_length=40
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="helpline",
            name="needs",
            field=models.JSONField(
                default=list, help_text="What people call it for, what it is most for first."
            ),
        ),
        migrations.AlterField(
            model_name="helpline",
            name="kind",
            field=models.SlugField(default=""),
        ),
        migrations.RunPython(kinds_to_needs, needs_to_kinds),
        migrations.RemoveField(model_name="helpline", name="kind"),
    ]
