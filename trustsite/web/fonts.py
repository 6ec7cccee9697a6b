"""The fonts: the one list of them, and the web fonts cut from their packages to what English needs.

Pages, pictures for shared links and the guide are all set in these.
"""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

Axes = dict[str, float | tuple[float, float]]  # kept (a pair) or fixed (a number)


@dataclass(frozen=True)
class Font:
    """One font: the name of its web font, the family and range of weights as CSS has them, and
    where it comes from.
    """

    name: str
    family: str
    weights: str
    package: str
    file_name: str
    axes: Axes
    style: str = "normal"

    @property
    def file(self) -> Path:
        """The whole font that the web font is cut from."""
        return self.folder / self.file_name

    @property
    def folder(self) -> Path:
        """The folder of the package's fonts."""
        return Path(str(files(self.package) / "files"))

    @property
    def static_path(self) -> str:
        """The web font among the static files."""
        return f"fonts/{self.name}.woff2"


FONTS = (
    Font(
        "newsreader",
        "Newsreader",
        "400 600",
        "fontpkg_newsreader",
        "Newsreader[opsz,wght].ttf",
        {"opsz": 28, "wght": (400, 600)},
    ),
    Font(
        "newsreader-italic",
        "Newsreader",
        "400",
        "fontpkg_newsreader",
        "Newsreader-Italic[opsz,wght].ttf",
        {"opsz": 20, "wght": 400},
        style="italic",
    ),
    Font(
        "figtree",
        "Figtree",
        "400 700",
        "fontpkg_figtree",
        "Figtree[wght].ttf",
        {"wght": (400, 700)},
    ),
)
# What English needs, and the accents of the names in our sources: each further letter weighs on the
# first page somebody reads. Another one is drawn in the fallback, which has the same size.
# tests/trustsite/web/test_font_characters.py
CHARACTERS = [
    *range(0x20, 0x7F),
    *map(ord, "\u00a0©·×ÀÁÄÅÇÉÖØÜßàáâãäåçèéêëíïñóôöøúü–—‘’“”•…↑−"),
]


def font(name: str) -> Font:
    """Return the font of a name."""
    return next(font for font in FONTS if font.name == name)


def folders() -> list[Path]:
    """Return the folders that hold the fonts, for programs that look for them by family."""
    return sorted({font.folder for font in FONTS})


def build(folder: Path) -> list[Path]:
    """Write the woff2 files that are missing in `folder`; return those written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for font in FONTS:
        target = folder / f"{font.name}.woff2"
        if not target.exists():
            _cut(font, target)
            written.append(target)
    return written


def _cut(font: Font, target: Path) -> None:
    from fontTools import subset  # takes a second to import, and is mostly not needed
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    cut = instancer.instantiateVariableFont(TTFont(font.file), font.axes)
    options = subset.Options(
        flavor="woff2", layout_features=["kern", "liga", "calt", "ccmp", "locl", "mark", "tnum"]
    )
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=CHARACTERS)
    subsetter.subset(cut)
    cut.flavor = "woff2"
    cut.save(target)
