"""Drawings: cards of shared links and the line in mails, set by typst (drawings.typ) as PNG.

The lines are those of templates/components/trace.html, which pages show: their one place.
"""

import json
import re
import unicodedata
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from PIL import Image

if TYPE_CHECKING:
    import typst

SOURCE = Path(__file__).with_suffix(".typ")
COMPONENT = "templates/components/trace.html"
LOGO = "logo"
# Their colours in the light scheme.
COLOURS = {
    "fight": "#a8452a",
    "flight": "#1f6384",
    "freeze": "#55608f",
    "fawn": "#8a4670",
    LOGO: "#265a4c",
}
LINE_COLOUR = "#3f7d6b"  # between the light and the dark moss: 3:1 on a light and on a dark ground
SITE_WORDS = "Fight, flight, freeze and fawn: four old ways of staying safe"
FONT_PACKAGES = ("fontpkg_newsreader", "fontpkg_figtree")
CARD_COLOURS = 64


def article_card(title: str, response: str) -> bytes:
    """Return the card of an article: its title over its response's trace, or the logo's line."""
    response = response if response in COLOURS else LOGO
    name, words = settings.SITE_NAME, printable(title)
    return _card(kind="article", title=words, response=response, name=name)


def site_card() -> bytes:
    """Return the card of every page that is no article: the site's name over the four traces."""
    return _card(kind="site", name=settings.SITE_NAME, words=SITE_WORDS)


@cache
def line_png() -> bytes:
    """Return the logo's line for mails, twice as large as it is shown: their readers drop SVG."""
    return _compiled(144, kind="line", colour=LINE_COLOUR)


@cache
def traces() -> dict[str, dict[str, str]]:
    """Return of each trace its path, its path across a card, and its colour."""
    found: dict[str, dict[str, str]] = {}
    component = (settings.BASE_DIR / COMPONENT).read_text()
    for name, path in re.findall(
        r'class="trace(?: trace--(\w{1,20}))?"[^>]{0,200}><path d="([^"]{1,2000})"', component
    ):
        across = re.sub(r"^M2 (\d+)", r"M-400 \1h402", path) + "h400"
        colour = COLOURS[name or LOGO]
        found[name or LOGO] = {"path": path, "across": across, "colour": colour}
    return found


def printable(title: str) -> str:
    """Leave out emoji, which the face doesn't have, and characters that only steer others."""
    shown = ("L", "N", "P", "Sc", "Sm", "Z")
    letters = []
    for char in unicodedata.normalize("NFC", " ".join(title.split())):
        if unicodedata.category(char).startswith(shown) or unicodedata.combining(char):
            letters.append(char)
    return " ".join("".join(letters).split())


def _card(**inputs: str) -> bytes:
    """Return a card with few colours, which makes it small."""
    picture = Image.open(BytesIO(_compiled(72, **inputs))).convert("RGB")
    file = BytesIO()
    quantized = picture.quantize(CARD_COLOURS, dither=Image.Dither.NONE)
    quantized.save(file, "PNG", optimize=True)
    return file.getvalue()


def _compiled(ppi: int, **inputs: str) -> bytes:
    import typst  # 7 MB, for the few processes that draw

    return typst.compile(
        SOURCE,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"traces": json.dumps(traces()), **inputs},
        format="png",
        ppi=ppi,
    )


@cache
def _fonts() -> "typst.Fonts":
    """The two faces of the site and no others, so that every machine draws the same."""
    import typst

    folders = [Path(str(files(package) / "files")) for package in FONT_PACKAGES]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
