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
# Latin-1, the other letters of Western European names, and the punctuation our pages use.
CHARACTERS = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x100),
    0x152,
    0x153,
    0x160,
    0x161,
    0x178,
    0x17D,
    0x17E,
]
CHARACTERS += [
    0x2010,
    0x2013,
    0x2014,
    *range(0x2018, 0x201F),
    0x2022,
    0x2026,
    0x2032,
    0x2039,
    0x203A,
    0x20AC,
    0x2122,
    0x2212,
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
