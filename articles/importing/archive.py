"""Picture archive: the pictures of a former site in a ZIP file that somebody uploads.

Nothing is unpacked to a disk and nothing is fetched. A picture is read when a text shows it, within
bounds that no name and no size in the archive can talk us out of.
"""

import re
import stat
import zipfile
from pathlib import Path, PurePosixPath

from articles.images.renditions import ENDINGS
from articles.importing.items import UnreadableExportError

MOST_ENTRIES = 50_000
MOST_PICTURE = 20 * 1024**2  # bytes of one picture
MOST_RATIO = 200  # times smaller than it says it is: pictures are packed already
SIZED = re.compile(r"-\d{2,5}x\d{2,5}(?=\.\w+$)|-scaled(?=\.\w+$)")


class PictureArchive:
    """An opened archive; without a file, one that holds nothing. Raises UnreadableExportError."""

    def __init__(self, file: Path | None) -> None:
        self._names: dict[str, list[zipfile.ZipInfo]] = {}
        self._zip: zipfile.ZipFile | None = None
        self.refused: list[str] = []
        if file is None:
            return
        try:
            self._zip = zipfile.ZipFile(file)
            entries = self._zip.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise UnreadableExportError(
                "The archive of pictures is no ZIP file, or isn’t whole."
            ) from error
        if len(entries) > MOST_ENTRIES:
            raise UnreadableExportError(f"The archive holds more than {MOST_ENTRIES:,} files.")
        for entry in entries:
            self._take(entry)

    def __len__(self) -> int:
        return sum(len(entries) for entries in self._names.values())

    def find(self, address: str) -> str:
        """Return the path in the archive of the picture that an address shows; empty if none.

        The longest common end counts: of two pictures of one name, the one in the same folder.
        """
        path = PurePosixPath(address.partition("?")[0].partition("#")[0])
        for name in dict.fromkeys((path.name, SIZED.sub("", path.name))):
            entries = self._names.get(name.lower(), [])
            if entries:
                wanted = path.with_name(name) if name else path
                return max(entries, key=lambda entry: _common(entry.filename, str(wanted))).filename
        return ""

    def read(self, name: str) -> bytes:
        """Return a picture's bytes. Raises ValueError for one that isn't what the archive says."""
        if self._zip is None:
            raise ValueError("there is no archive")
        try:
            with self._zip.open(name) as file:
                data = file.read(MOST_PICTURE + 1)
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
            raise ValueError(f"it can’t be read ({error})") from error
        if len(data) > MOST_PICTURE:
            raise ValueError("it is larger than it says, or than a picture may be")
        return data

    def _take(self, entry: zipfile.ZipInfo) -> None:
        """Note an entry by its name, if it is a picture that may be read."""
        path = PurePosixPath(entry.filename)
        if entry.is_dir() or path.suffix.lower().lstrip(".") not in ENDINGS:
            return
        if why := _problem(entry, path):
            self.refused.append(f"{entry.filename[:120]}: {why}")
        else:
            self._names.setdefault(path.name.lower(), []).append(entry)


def _problem(entry: zipfile.ZipInfo, path: PurePosixPath) -> str:
    if "\\" in entry.filename or path.is_absolute() or ".." in path.parts or ":" in entry.filename:
        return "its path leads out of the archive."
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "it is a link, and no file."
    if entry.flag_bits & 0x1:
        return "it is encrypted."
    if entry.file_size > MOST_PICTURE:
        return "it is larger than a picture may be."
    if entry.file_size > MOST_RATIO * max(1, entry.compress_size):
        return "it says that it is far larger than it is packed."
    return ""


def _common(one: str, other: str) -> int:
    """Return how many parts two paths share, from their ends."""
    pairs = zip(reversed(one.split("/")), reversed(other.split("/")), strict=False)
    number = 0
    for left, right in pairs:
        if left.lower() != right.lower():
            break
        number += 1
    return number
