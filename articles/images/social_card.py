"""The picture that a shared link shows.

The title in the site's face over the line. 1200 by 630 pixels, PNG.

It says what the page is called and never anything of a result: there is one card an article and one
for all other pages.
"""

import unicodedata
from functools import cache
from importlib.resources import files
from io import BytesIO

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

from articles.images.svg_path import TRACES, draw_line, follow

WIDTH, HEIGHT, MARGIN = 1200, 630, 88
PAPER, INK, MUTED = "#faf7f1", "#22302c", "#55625d"
TITLE_SIZES = range(88, 48, -4)
TITLE_TOP, TITLE_BOTTOM, LINES = 140, 384, 3
LEADING = 1.12
FACES = {
    "newsreader": ("fontpkg_newsreader", "Newsreader[opsz,wght].ttf"),
    "newsreader-italic": ("fontpkg_newsreader", "Newsreader-Italic[opsz,wght].ttf"),
    "figtree": ("fontpkg_figtree", "Figtree[wght].ttf"),
}
SITE_LINE = "Fight, flight, freeze and fawn: four old ways of staying safe"


def article_card(title: str, response: str) -> bytes:
    """Return the card of an article.

    Its title over its response's trace, or over the logo's line.
    """
    card = _ground()
    _write_title(card, title)
    path, colour = TRACES.get(response, TRACES[""])
    scale = 4.6 if response else 6.4
    line = [(x * scale, y * scale) for x, y in follow(path)]
    left = (WIDTH - line[0][0] - line[-1][0]) / 2
    low, high = min(y for _, y in line), max(y for _, y in line)
    top = 508 - (low + high) / 2
    shape = [(x + left, y + top) for x, y in line]
    draw_line(card, [(-20, shape[0][1]), *shape, (WIDTH + 20, shape[-1][1])], colour, 9)
    return _png(card)


def site_card() -> bytes:
    """Return the card of every page that is no article: the site's name over the four traces."""
    card = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(card)
    draw.text(
        (MARGIN - 2, 186),
        settings.SITE_NAME,
        font=_font("newsreader", 80, 500, 40),
        fill=INK,
        anchor="lm",
    )
    draw.text(
        (MARGIN, 276),
        SITE_LINE,
        font=_font("newsreader-italic", 40, 400, 28),
        fill=MUTED,
        anchor="lm",
    )
    column = (WIDTH - 2 * MARGIN) / 4
    scale = (column - 48) / 136
    for place, response in enumerate(("fight", "flight", "freeze", "fawn")):
        path, colour = TRACES[response]
        left = MARGIN + place * (column + 16) - 2 * scale
        draw_line(card, [(x * scale + left, y * scale + 416) for x, y in follow(path)], colour, 7)
    return _png(card)


@cache
def _font(face: str, size: int, *axes: int) -> ImageFont.FreeTypeFont:
    """Return a face at a size in pixels; `axes` are its weight and, for Newsreader, its optical
    size.
    """
    package, name = FACES[face]
    font = ImageFont.truetype(str(files(package) / "files" / name), size)
    font.set_variation_by_axes(list(axes))
    return font


def _ground() -> Image.Image:
    """Return an empty card with the site's mark and name in its corner."""
    card = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    path, colour = TRACES[""]
    mark = [(MARGIN + (x - 2) * 0.9, 62 + y * 0.9) for x, y in follow(path)]
    draw_line(card, mark, colour, 3.2)
    draw = ImageDraw.Draw(card)
    draw.text(
        (MARGIN + 72, 78),
        settings.SITE_NAME,
        font=_font("figtree", 26, 500),
        fill=MUTED,
        anchor="lm",
    )
    return card


def _write_title(card: Image.Image, title: str) -> None:
    size, lines = _set(_printable(title))
    font, step = _font("newsreader", size, 500, 40), size * LEADING
    middle = (TITLE_TOP + TITLE_BOTTOM) / 2 - step * (len(lines) - 1) / 2
    draw = ImageDraw.Draw(card)
    for place, line in enumerate(lines):
        draw.text(
            (MARGIN - size * 0.03, middle + place * step), line, font=font, fill=INK, anchor="lm"
        )


def _printable(title: str) -> str:
    """Leave out emoji, which the face doesn't have, and characters that only steer others."""
    shown = ("L", "N", "P", "Sc", "Sm", "Z")
    letters = unicodedata.normalize("NFC", " ".join(title.split()))
    kept = [
        char
        for char in letters
        if unicodedata.category(char).startswith(shown) or unicodedata.combining(char)
    ]
    return " ".join("".join(kept).split())


def _set(title: str) -> tuple[int, list[str]]:
    """Return the largest size at which `title` fits, and its lines, about equally long."""
    widest = WIDTH - 2 * MARGIN
    for size in TITLE_SIZES:
        font = _font("newsreader", size, 500, 40)
        lines = _wrap(title, font, widest)
        fits = len(lines) <= LINES and all(font.getlength(line) <= widest for line in lines)
        if fits and len(lines) * size * LEADING <= TITLE_BOTTOM - TITLE_TOP:
            return size, _balanced(title, font, widest, len(lines))
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], lines[LINES - 1] + " …"]
    return size, lines


def _balanced(title: str, font: ImageFont.FreeTypeFont, widest: float, count: int) -> list[str]:
    """Break `title` into `count` lines by the narrowest measure that does."""
    measures = range(int(widest), 0, -16)
    last = _wrap(title, font, widest)
    for measure in measures:
        lines = _wrap(title, font, measure)
        if len(lines) > count or any(font.getlength(line) > measure for line in lines):
            break
        last = lines
    return last


def _wrap(title: str, font: ImageFont.FreeTypeFont, measure: float) -> list[str]:
    lines = [""]
    for word in title.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > measure:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _png(card: Image.Image) -> bytes:
    file = BytesIO()
    card.quantize(64, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()
