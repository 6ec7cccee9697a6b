"""Ghost export: a JSON file with the site's tables."""

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from articles.importing.items import Item, UnreadableExportError

MOST_BYTES = 60 * 1024**2  # read as a whole
REMARKS = {
    "draft": "It was a draft there.",
    "scheduled": "It was to be published there at a time to come.",
    "sent": "It was a mail there, and no page.",
}
PLACE = "__GHOST_URL__"  # stands for the site's address


def items(file: Path) -> Iterator[Item]:
    """Yield the entries of an export file. Raises UnreadableExportError."""
    data = _tables(file)
    tags = {str(tag.get("id")): tag for tag in _rows(data, "tags")}
    names: dict[str, list[str]] = {}
    for link in sorted(_rows(data, "posts_tags"), key=lambda row: row.get("sort_order") or 0):
        tag = tags.get(str(link.get("tag_id")), {})
        if tag.get("name") and tag.get("visibility", "public") == "public":
            names.setdefault(str(link.get("post_id")), []).append(str(tag["name"]))
    for post in _rows(data, "posts"):
        yield _item(post, names.get(str(post.get("id")), []))


def _tables(file: Path) -> dict[str, Any]:
    if file.stat().st_size > MOST_BYTES:
        raise UnreadableExportError(f"An export of Ghost may have {MOST_BYTES // 1024**2} MB.")
    try:
        data = json.loads(file.read_bytes().decode("utf-8-sig"))
        # {"db": [{"data": {…}}]} from the admin, {"data": {…}} from its interface for programs.
        data = data["db"][0] if "db" in data else data
        tables = data.get("data", data)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableExportError("This is no export of Ghost, or it isn’t whole.") from error
    if not isinstance(tables, dict) or not isinstance(tables.get("posts"), list):
        raise UnreadableExportError("This is no export of Ghost: it holds no posts.")
    return tables


def _rows(tables: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = tables.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _item(post: dict[str, Any], topics: list[str]) -> Item:
    slug, status = str(post.get("slug") or ""), str(post.get("status") or "draft")
    item = Item(
        title=str(post.get("title") or "") or "Without a title",
        slug=slug,
        html=_html(post).replace(PLACE, ""),
        path=f"/{slug}/" if slug else "",
        state=status,
        topics=topics,
        summary=str(post.get("custom_excerpt") or ""),
        picture=str(post.get("feature_image") or "").replace(PLACE, ""),
    )
    if status in REMARKS:
        item.remarks.append(REMARKS[status])
    if post.get("visibility") not in {None, "", "public"}:
        item.remarks.append("Only members could read it there.")
    if not item.html.strip():
        item.remarks.append("It has no words that we can read.")
    return item


def _html(post: dict[str, Any]) -> str:
    """Return a post's text: as HTML, or from the older formats that hold markdown or HTML cards."""
    if html := post.get("html"):
        return str(html)
    try:
        document = json.loads(post.get("mobiledoc") or "{}")
        cards = document.get("cards", [])
    except (ValueError, TypeError, AttributeError):
        return f"<p>{escape(str(post.get('plaintext') or ''))}</p>"
    parts = []
    for card in cards:
        payload = card[1] if isinstance(card, list) and len(card) == 2 else {}
        if isinstance(payload, dict):
            parts.append(
                str(payload.get("html") or f"<p>{escape(str(payload.get('markdown') or ''))}</p>")
            )
    return "\n".join(parts) or f"<p>{escape(str(post.get('plaintext') or ''))}</p>"
