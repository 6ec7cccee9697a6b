"""Give two models the names of the field; their tables, and the permissions to them, stay."""

from django.db import migrations, models
from django.db.migrations.operations.base import Operation

AUTOSAVE = {
    "default_permissions": (),
    "permissions": [
        ("add_draft", "Can add draft"),
        ("change_draft", "Can change draft"),
        ("delete_draft", "Can delete draft"),
        ("view_draft", "Can view draft"),
    ],
}
SLUG_REDIRECT = {
    "verbose_name": "old address",
    "verbose_name_plural": "old addresses",
    "default_permissions": (),
    "permissions": [
        ("add_oldaddress", "Can add old address"),
        ("change_oldaddress", "Can change old address"),
        ("delete_oldaddress", "Can delete old address"),
        ("view_oldaddress", "Can view old address"),
    ],
}


STANDFIRST = models.CharField("line under the title", max_length=240, blank=True, db_column="dek")
REASSURANCE = models.CharField("warm line", max_length=240, blank=True, db_column="warm_line")
TEXTS = ("article", "page", "response", "historicalarticle", "historicalpage", "historicalresponse")


def renamed(model: str, old: str, new: str, field: models.CharField) -> list[Operation]:
    """Return the steps that give a field another name; its column stays."""
    return [migrations.AlterField(model, old, field), migrations.RenameField(model, old, new)]


class Migration(migrations.Migration):
    dependencies = [("articles", "0007_help_by_need_and_nation")]

    operations = [
        migrations.AlterModelTable("draft", "articles_draft"),
        migrations.RenameModel("Draft", "Autosave"),
        migrations.AlterModelOptions("autosave", AUTOSAVE),
        migrations.AlterModelTable("oldaddress", "articles_oldaddress"),
        migrations.RenameModel("OldAddress", "SlugRedirect"),
        migrations.AlterModelOptions("slugredirect", SLUG_REDIRECT),
        migrations.AlterField(
            "article",
            "text_now",
            models.CharField(default="", editable=False, max_length=32, db_column="text_now"),
        ),
        migrations.RenameField("article", "text_now", "text_hash"),
        *(step for text in TEXTS for step in renamed(text, "dek", "standfirst", STANDFIRST)),
        *renamed("response", "warm_line", "reassurance", REASSURANCE),
        *renamed("historicalresponse", "warm_line", "reassurance", REASSURANCE),
    ]
