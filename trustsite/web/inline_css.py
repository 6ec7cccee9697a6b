"""The one stylesheet: the files of static/css joined in cascade order, minified, and put inside
every page.

A page with all its CSS fits one network round trip, and the bytes are the same on every page of a
release, so one hash in the Content-Security-Policy allows them.
"""

import base64
import hashlib
import re
from functools import cache

import lightningcss
from django.conf import settings
from django.templatetags.static import static

FIRST = ("tokens", "base", "layout")


class Stylesheet(str):
    """CSS of our own making, to be written into a page as it stands."""

    def __html__(self) -> str:
        return str(self)

    @property
    def source(self) -> str:
        """The hash that lets this stylesheet through the policy, as CSP writes it."""
        return f"'sha256-{base64.b64encode(hashlib.sha256(self.encode()).digest()).decode()}'"


def _with_addresses(css: str) -> str:
    """Turn `url(static:fonts/x.woff2)` into the address the file is served at."""
    return re.sub(r"url\(static:([^()]+)\)", lambda match: f'url("{static(match[1])}")', css)


@cache
def stylesheet() -> Stylesheet:
    """Return the site's CSS, made once in a process."""
    folder = settings.BASE_DIR / "static" / "css"
    files = [folder / f"{name}.css" for name in FIRST] + sorted(
        (folder / "components").glob("*.css")
    )
    css = _with_addresses("\n".join(file.read_text() for file in files))
    return Stylesheet(lightningcss.process_stylesheet(css, minify=True))
