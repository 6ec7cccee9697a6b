"""The guide as a PDF: content/guide/*.typ set by typst, the same bytes for everybody."""

import re
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings

from trustsite.web import fonts

if TYPE_CHECKING:
    import typst

GUIDE_VERSION = "1.1"
GUIDE_DATE = date(2026, 11, 26)
GUIDE_FILE_NAME = "trauma-healing-guide.pdf"
GUIDE_PAGES = 12

# PDF/UA-1 makes typst refuse what a screen reader could not read: a picture without words, a
# skipped heading level, a character our fonts lack.
STANDARD: Final = "ua-1"


LINKED = re.compile(r"/articles/([a-z0-9-]+)/")
READ = re.compile(r"read: \(([^()]*)\)")


class GuideError(Exception):
    """The guide could not be made; the message says what typst said, and where."""


def compile_guide() -> bytes:
    """Return the guide as a tagged PDF.

    It is compiled once per process and set of settings (about 0.2 s) and cached. The time written
    into it is that of its version, so that two processes, or two releases with the same words, give
    the same bytes.

    Raises GuideError when typst refuses the words, the numbers of helplines.toml or a setting.
    """
    return _compile(
        settings.CONTENT_DIR, settings.SITE_URL, settings.SITE_NAME, settings.CONTACT_EMAIL
    )


def linked_articles() -> tuple[str, set[str]]:
    """Return the slugs of the articles that the guide leads to."""
    slugs: set[str] = set()
    for file in (settings.CONTENT_DIR / "guide").glob("*.typ"):
        text = file.read_text()
        slugs.update(LINKED.findall(text))
        for listed in READ.findall(text):
            slugs.update(re.findall(r'"([a-z0-9-]+)"', listed))
    return "Pages of the guide", slugs


@cache
def _compile(content: Path, site_url: str, site_name: str, contact_email: str) -> bytes:
    import typst  # 7 MB, for the few processes that set a guide

    try:
        return typst.compile(
            content / "guide" / "guide.typ",
            root=content,
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs={
                "site_url": site_url,
                "site_name": site_name,
                "contact_email": contact_email,
                "version": GUIDE_VERSION,
                "date": f"{GUIDE_DATE.day} {GUIDE_DATE:%B %Y}",
            },
            pdf_standards=[STANDARD],
            timestamp=datetime(GUIDE_DATE.year, GUIDE_DATE.month, GUIDE_DATE.day, tzinfo=UTC),
        )
    except typst.TypstError as error:
        # The diagnostic is message, hints and position in one text; it is empty when typst has no
        # position to point at.
        raise GuideError(error.diagnostic.strip() or error.message) from error


@cache
def _fonts() -> "typst.Fonts":
    """Return the site's two fonts and no others, so that every machine sets the same pages."""
    import typst

    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=list(fonts.folders()),
    )
