"""Opening an export file: which program wrote it is told by how it begins."""

from pathlib import Path

from articles.importing import ghost, wordpress
from articles.importing.items import Export, UnreadableExportError, bounded, check_size, first_bytes

UNKNOWN = (
    "This is neither an export of WordPress (XML) nor of Ghost (JSON). In WordPress it is under"
    " Tools, Export; in Ghost under Settings, Import/Export."
)


def open_export(file: Path) -> Export:
    """Return the export in `file`. Raises UnreadableExportError, also while its items are read."""
    check_size(file)
    with file.open("rb") as source:
        head = first_bytes(source).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"{"):
        return Export("Ghost", bounded(ghost.items(file)))
    if head.startswith((b"<?xml", b"<rss", b"<!--", b"<!DOCTYPE", b"\xff\xfe", b"\xfe\xff")):
        return Export("WordPress", bounded(wordpress.items(file)))
    raise UnreadableExportError(UNKNOWN)
