"""The faces for the web: Newsreader and Figtree cut down from their packages to what English needs."""

from importlib.resources import files
from pathlib import Path

# name of the woff2 -> package, file in it, axes kept (a pair) or fixed (a number)
FACES = {
    "newsreader": (
        "fontpkg_newsreader",
        "Newsreader[opsz,wght].ttf",
        {"opsz": 28, "wght": (400, 600)},
    ),
    "newsreader-italic": (
        "fontpkg_newsreader",
        "Newsreader-Italic[opsz,wght].ttf",
        {"opsz": 20, "wght": 400},
    ),
    "figtree": ("fontpkg_figtree", "Figtree[wght].ttf", {"wght": (400, 700)}),
}
# What English needs, and the accents of the names in our sources: each further letter weighs on the first page somebody
# reads. Another one is drawn in the fallback, which has the same size. tests/trustsite/web/test_font_characters.py
CHARACTERS = [
    *range(0x20, 0x7F),
    *map(ord, "\u00a0©·×ÀÁÄÅÇÉÖØÜßàáâãäåçèéêëíïñóôöøúü–—‘’“”•…↑−"),
]


def font_file(name: str) -> Path:
    """Return the whole font that face `name` is cut from."""
    package, file, _ = FACES[name]
    return Path(str(files(package) / "files" / file))


def build(folder: Path) -> list[Path]:
    """Write the woff2 files that are missing in `folder`; return those written."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [
        folder / f"{name}.woff2" for name in FACES if not (folder / f"{name}.woff2").exists()
    ]
    for target in missing:
        _cut(target)
    return missing


def _cut(target: Path) -> None:
    from fontTools import subset  # takes a second to import, and is mostly not needed
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    font = instancer.instantiateVariableFont(TTFont(font_file(target.stem)), FACES[target.stem][2])
    options = subset.Options(
        flavor="woff2", layout_features=["kern", "liga", "calt", "ccmp", "locl", "mark", "tnum"]
    )
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=CHARACTERS)
    subsetter.subset(font)
    font.flavor = "woff2"
    font.save(target)
