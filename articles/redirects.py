"""Addresses that lead elsewhere by hand: asked only when nothing else answers, so none can hide a page that is there."""

from django.db.models import F, Value
from django.db.models.functions import Length

from articles import links
from articles.models import Redirect


def find(path: str) -> Redirect | None:
    """Return what is set for `path`: itself, or the longest prefix that holds it."""
    exact = Redirect.objects.filter(path=path).first()
    if exact:
        return exact
    holding = Redirect.objects.annotate(asked=Value(path)).filter(is_prefix=True, asked__startswith=F("path"))
    return holding.order_by(Length("path").desc()).first()


def problems(row: Redirect) -> dict[str, str]:
    """Return what is wrong with `row`, by field: an address that isn't one, a page it would stand before, a chain, a loop."""
    found: dict[str, str] = {}
    if not _is_path(row.path) or row.path == "/":
        found["path"] = "Write a path of this site, such as /old-page/, without a question mark."
    elif row.path.startswith("/admin"):
        found["path"] = "The desk’s own addresses stay as they are."
    elif not row.is_prefix and links.leads_somewhere(row.path):
        found["path"] = "A page stands at this address. Nobody would be led on."
    if row.target and not _is_path(row.target):
        found["target"] = "Write a path of this site, such as /articles/, or leave it empty for a page that is gone."
    elif row.target and (row.target == row.path or (row.is_prefix and row.target.startswith(row.path))):
        found["target"] = "That leads back to itself."
    elif row.target and not links.leads_somewhere(row.target):
        moved, next_one = links.has_moved(row.target), find(row.target)
        if moved:
            found["target"] = f"That page has moved. Lead straight to {moved.get_absolute_url()}."
        elif next_one and next_one.target == row.path:
            found["target"] = f"That leads back here: {next_one.path} leads to {row.path}."
        elif next_one and next_one.target:
            found["target"] = f"That leads on itself. Lead straight to {next_one.target}."
        else:
            found["target"] = "There is no page at this address."
    return found


def _is_path(text: str) -> bool:
    plain = text.isascii() and text.isprintable() and not set(text) & set(' ?#\\"<>%')
    return plain and text.startswith("/") and "//" not in text and "/." not in text
