"""Inline CSS: each kind of page carries the styles of its own components, minified, in one `<style>`.

A template names its components in its `styles` block, once; the frame of every page comes with them. A page with its CSS
fits one network round trip, and its own hash in the Content-Security-Policy allows it.
tests/trustsite/web/test_inline_css.py finds a component that is missing, or carried for nothing.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path

import lightningcss
from django.conf import settings
from django.templatetags.static import static

FOLDER = settings.BASE_DIR / "static" / "css"
FIRST = ("tokens", "base", "layout")
FRAME = ("dek", "footer", "header", "skip", "trace")  # components that every page has


class Stylesheet(str):
    """CSS of our own making, to be written into a page as it stands."""

    components: frozenset[str]

    def __html__(self) -> str:
        return str(self)

    @cached_property
    def source(self) -> str:
        """The hash that lets this stylesheet through the policy, as CSP writes it."""
        return f"'sha256-{base64.b64encode(hashlib.sha256(self.encode()).digest()).decode()}'"


_made: dict[bytes, Stylesheet] = {}  # by its bytes; as many as templates name, so a few dozen


def stylesheet(names: Iterable[str] = ()) -> Stylesheet:
    """Return the CSS of a page that has the components of these names, made once in a process."""
    return _stylesheet(frozenset(names))


@cache
def _stylesheet(names: frozenset[str]) -> Stylesheet:
    # The order of the cascade is that of the files' names, whatever the order a template names them in.
    files = [FOLDER / f"{name}.css" for name in FIRST]
    files += [component_file(name) for name in sorted(names.union(FRAME))]
    css = _with_addresses("\n".join(file.read_text() for file in files))
    made = Stylesheet(lightningcss.process_stylesheet(css, minify=True))
    made.components = names
    _made[made.encode()] = made
    return made


@cache
def tokens() -> Stylesheet:
    """Return the palette and the faces alone, for pages that have a layout of their own."""
    css = _with_addresses((FOLDER / f"{FIRST[0]}.css").read_text())
    made = Stylesheet(lightningcss.process_stylesheet(css, minify=True))
    made.components = frozenset()
    _made[made.encode()] = made
    return made


def component_file(name: str) -> Path:
    """Return the file of a component's CSS."""
    return FOLDER / "components" / f"{name}.css"


def _with_addresses(css: str) -> str:
    """Turn `url(static:fonts/x.woff2)` into the address the file is served at."""
    return re.sub(r"url\(static:([^()]+)\)", lambda match: f'url("{static(match[1])}")', css)


def stylesheet_in(page: bytes) -> Stylesheet | None:
    """Return the stylesheet that a finished page carries: nothing if it has none, or one that we didn't make."""
    style = page.partition(b"<style>")[2].partition(b"</style>")[0]
    return _made.get(style) if style else None
