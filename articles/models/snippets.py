"""Snippets: words that stand in several texts and are changed in one place."""

import re
from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from articles.models import text_checks
from articles.models.synced import SyncedModel, texts_showing
from prose import renderer as rendering
from prose.document import parts
from prose.rules.source_files import stored_text
from trustsite.web.serving.page_cache import EVERYTHING

PLAIN = "A snippet holds paragraphs, lists and notes alone: no heading, no source, no block."


class Snippet(SyncedModel):
    """A snippet: `:::snippet key` puts it into a text. What it says changes all of them at once."""

    key = models.SlugField(unique=True)
    title = models.CharField(max_length=120, help_text="For the desk; readers don’t see it.")
    body = models.TextField("text", max_length=4000, help_text="Markdown.")
    html = models.TextField(editable=False)

    SEEN_AT_ONCE = False

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def used_in(self) -> list[Any]:
        """Return the texts in which it stands, drafts too."""
        return texts_showing(f"snippet:{self.key}")

    def is_seen(self) -> bool:
        """Whether a text shows it that readers see, or will by the clock."""
        return any(text.is_seen() for text in self.used_in())

    def cache_tags(self, before: "Snippet | None") -> Iterable[str]:
        """Every page may show it, and none may go on saying what it said."""
        return (EVERYTHING,)

    def loss(self, after: "Snippet | None", gone: Collection[Any] = ()) -> str:
        """Return which texts would have a gap, drafts too."""
        stored = type(self).objects.filter(pk=self.pk).first() or self
        if after is not None and (after.key == stored.key or after.carries_its_uses):
            return ""
        titles = ", ".join(f"“{text.title}”" for text in stored.used_in())
        return f"It stands in {titles}. Take it out there first." if titles else ""

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        if not re.fullmatch(r"[a-z0-9-]+", self.key):
            errors["key"] = "Use small letters, digits and hyphens alone."
        rendered = rendering.render(self.body)
        has_block = any(part.kind for part in parts(rendered.html))
        if rendered.contents or rendered.citations or has_block:
            errors["body"] = PLAIN
        else:
            found = text_checks.errors(stored_text("snippets", self.key, {}, self.body))
            if messages := [str(finding) for finding in found]:
                errors["body"] = messages
        if errors:
            raise ValidationError(errors)

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Its ids are kept apart from those of the text around it.
        self.html = rendering.render(self.body, prefix=f"{self.key}-").html
        super().save(*args, **kwargs)
