"""Figures: the drawn ones that articles show, from `figures.toml` and the files beside it.

They belong to the site as its stylesheet does: files that everybody gets, light and dark in one, and
no rows. What each says in words stands beside it, for who doesn't see it.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage

LIST = "figures.toml"
FOLDER = "figures"  # of the content folder, and of the static files


@dataclass(frozen=True)
class Figure:
    """A drawn figure: its size as it was drawn, its words for who doesn't see it, and its caption."""

    key: str
    alt: str
    caption: str
    width: int
    height: int

    @property
    def url(self) -> str:
        """Where it is served, by a name made of its content."""
        return staticfiles_storage.url(f"{FOLDER}/{self.key}.svg")


def figures() -> dict[str, Figure]:
    """Return all figures by key."""
    file = settings.CONTENT_DIR / LIST
    return _read(file, file.stat().st_mtime_ns) if file.is_file() else {}


def among(keys: Iterable[str]) -> dict[str, Figure]:
    """Return those of `keys` that there are."""
    known = figures()
    return {key: known[key] for key in keys if key in known}


@cache
def _read(file: Path, changed: int) -> dict[str, Figure]:
    read: dict[str, Figure] = {}
    for key, words in tomllib.loads(file.read_text()).items():
        drawing = ElementTree.parse(file.parent / FOLDER / f"{key}.svg").getroot()  # noqa: S314  ours
        size = int(drawing.attrib["width"]), int(drawing.attrib["height"])
        read[key] = Figure(key, words["alt"], words["caption"], *size)
    return read
