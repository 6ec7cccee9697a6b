"""What to look at in a text as it stands: saved, or in the form where it is typed; and in lists of texts."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join

from articles.editing import checks, status
from articles.linking import faults
from articles.models import MarkdownModel
from prose.finding import Finding
from trustsite.desk.rows import RowNotesMixin

MOST = 100  # findings shown
# Characters looked through while they are typed; the longest of our articles has a fifth of that.
LONGEST = 100_000
TOO_LONG = (
    "This text is too long to look through while you write. It is looked through when you save it."
)


def too_long() -> dict[str, Any]:
    """Return what findings.html shows of a text that is too long for it."""
    return {"findings": [Finding(0, TOO_LONG)], "number": 1}


def of_text(text: MarkdownModel) -> dict[str, Any]:
    """Return what findings.html shows of a text."""
    findings = checks.run(text)
    return {
        "findings": findings[:MOST],
        "number": len(findings),
        "more": max(0, len(findings) - MOST),
        "words": text.words,
        "minutes": text.minutes,
    }


class AttentionFilter(admin.SimpleListFilter):
    """Texts that ask something of an editor."""

    title, parameter_name = "what it asks for", "asks"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        self.conditions = status.asking(model_admin.model)
        return [(name, label) for name, (label, _) in self.conditions.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        if value not in self.conditions:
            return queryset
        return queryset.filter(self.conditions[value][1]())


class FaultsMixin(RowNotesMixin):
    """An admin whose list says of each text what there is to look at, and finds those that ask for something."""

    list_filter: ClassVar[tuple[Any, ...]] = (AttentionFilter,)

    def note_rows(self, rows: list[Any]) -> None:
        """Write on each row what is wrong with what it leads to and shows."""
        super().note_rows(rows)
        found = faults.of(rows)
        for row in rows:
            row.faults = found[row.pk]

    @admin.display(description="to look at")
    def to_look_at(self, text: Any) -> str:
        """How much was found when it was last saved, and what is wrong now with what it leads to and shows."""
        number = getattr(text, "problems", 0)
        lines = [*([str(number)] if number else []), *text.faults]
        return format_html_join("", "<div>{}</div>", ((line,) for line in lines))
