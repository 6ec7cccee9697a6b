"""What to look at before publishing, of a text as it stands: saved, or in the form where it is typed."""

from typing import Any

from articles.editing import checks
from articles.models import MarkdownModel
from prose.finding import Finding

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
