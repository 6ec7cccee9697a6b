"""Rules for links: those within the site lead to a page that readers can open."""

import re
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

from django.conf import settings

from prose.finding import Finding
from prose.rules.catalogue import finding
from prose.rules.library import Library
from prose.rules.source_files import SourceFile

ALWAYS_THERE = {"sources", "takeaways"}  # sections that the page itself puts in
# Of files that aren't markdown alone, such as the guide.
LINK = re.compile(r"\]\((/[^()\s]*)\)|site-address\(\"(/[^\"]*)\"\)")
RELATIVE = re.compile(r"(?!%7B|[a-z][a-z0-9+.-]*:|//|\\)[^\s]", re.IGNORECASE)
# The desk, what machines ask, and what a mail alone may lead to.
NOT_FOR_READERS = (
    *("/admin/", "/dev/", "/healthz", "/readyz", "/metrics", "/preview/", "/media/", "/static/"),
    *("/newsletter/confirm/", "/newsletter/unsubscribe/", "/newsletter/settings/"),
    *("/newsletter/webhooks/", "/newsletter/reports/", "/newsletter/subscribe/"),
)
GUIDE_READS = re.compile(r"read: \(([^()]*)\)")


def check(text: SourceFile, library: Library) -> Iterator[Finding]:
    """Yield the links of a markdown text that lead nowhere, or not straight."""
    anchors = {heading.id for heading in text.rendered.contents} | ALWAYS_THERE
    for link in text.rendered.links:
        line = text.body_line + link.line
        if link.href.startswith("#"):
            if link.href[1:] not in anchors:
                message = f"The link {link.href} leads to no section of this page."
                yield finding("link.anchor", line, message)
        elif path := path_of(link.href):
            yield from _link(text, library, path, line)
        elif RELATIVE.match(link.href):
            message = (
                f"The link {link.href} has neither https:// nor a / in front, so it leads nowhere."
            )
            yield finding("link.relative", line, message)


def _link(text: SourceFile, library: Library, address: str, line: int) -> Iterator[Finding]:
    path = address.partition("#")[0]
    if path == own_path(text):
        yield finding("link.self", line, "This link leads to the page it stands on.")
    elif path.startswith(NOT_FOR_READERS):
        message = f"Readers can’t open {path}. Link to a page that is for them."
        yield finding("link.unlinkable", line, message)
    elif library.leads_somewhere(address):
        return
    elif library.is_awaited(path):
        message = f"The article at {path} isn’t public at that moment yet. Schedule it as well."
        yield finding("link.awaited", line, message)
    elif moved_to := library.moved_to(path):
        yield finding("link.moved", line, f"The page at {path} has moved to {moved_to}.")
    else:
        message = f"The link {address} leads to no page that readers can open."
        yield finding("link.dead", line, message)


def check_other_file(
    text: SourceFile, library: Library, articles: Collection[str]
) -> Iterator[Finding]:
    """Yield the links of a file of another kind that lead nowhere; `articles` are the slugs that there are."""
    for match in LINK.finditer(text.source):
        yield from _link(text, library, match[1] or match[2], text.line_of(match.start()))
    if text.file.suffix == ".typ":
        for match in GUIDE_READS.finditer(text.source):
            for slug in re.findall(r'"([a-z0-9-]+)"', match[1]):
                if slug not in articles:
                    message = f"there is no article “{slug}”"
                    yield finding("link.dead", text.line_of(match.start()), message)


def own_path(text: SourceFile) -> str:
    """Return the path at which readers open a text; empty for a file that is no page."""
    folders = {"articles": "/articles/", "responses": "/responses/", "pages": "/"}
    folder = folders.get(text.kind)
    return f"{folder}{text.slug}/" if folder else ""


def path_of(href: str) -> str | None:
    """Return path and anchor of a link that stays on this site; None for any other."""
    parts = urlsplit(href)
    anchor = f"#{parts.fragment}" if parts.fragment else ""
    is_ours = f"{parts.scheme}://{parts.netloc}" == settings.SITE_URL
    if parts.scheme in {"http", "https"} and is_ours:
        return (parts.path or "/") + anchor
    is_path = href.startswith("/") and not href.startswith("//")
    return parts.path + anchor if is_path else None
