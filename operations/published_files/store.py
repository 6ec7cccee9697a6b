"""The folder of published files: each written beside and moved into its place, so that nobody reads half of one."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from trustsite.web.serving.stored_answer import StoredAnswer

SUFFIXES = {"": "", "br": ".br", "gzip": ".gz"}
PAGES, NGINX, CADDY = "pages", "nginx", "caddy"


@dataclass(frozen=True)
class Store:
    """One folder."""

    folder: Path

    def put(self, name: str, path: str, answer: StoredAnswer) -> None:
        """Write the page at `path`, in every encoding; one that isn't kept any more goes."""
        file = self.folder / PAGES / name / file_name(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        for encoding, suffix in SUFFIXES.items():
            target = file.with_name(file.name + suffix)
            if not encoding or encoding in answer.available:
                write(target, answer.body(encoding))
            else:
                target.unlink(missing_ok=True)

    def keep_only(self, pages: Mapping[str, str]) -> int:
        """Remove every file that belongs to none of `pages`; return how many pages that were."""
        wanted = {f"{name}/{file_name(path)}" for path, name in pages.items()}
        root = self.folder / PAGES
        gone = set()
        for file in list(self._files()):
            name = str(file.relative_to(root))
            page = name.removesuffix(".br").removesuffix(".gz")
            if name not in wanted and page not in wanted:
                file.unlink()
                gone.add(page)
        self._remove_empty(root)
        return len(gone)

    def _files(self) -> Iterator[Path]:
        root = self.folder / PAGES
        yield from (path for path in root.rglob("*") if path.is_file())

    @staticmethod
    def _remove_empty(root: Path) -> None:
        folders = (path for path in root.rglob("*") if path.is_dir())
        for folder in sorted(folders, key=lambda path: -len(path.parts)):
            if not any(folder.iterdir()):
                folder.rmdir()

    def tell(self, kind: str, files: Mapping[str, str]) -> bool:
        """Write what a proxy is told; return whether anything of it changed."""
        changed = [write(self.folder / kind / name, text.encode()) for name, text in files.items()]
        return any(changed)


def file_name(path: str) -> str:
    """Return the name of a page's file: that of a folder is its index."""
    return f"{path}index".lstrip("/") if path.endswith("/") else path.lstrip("/")


def write(file: Path, body: bytes) -> bool:
    """Write a file in one piece, for everybody to read; return False when it was the same before."""
    if file.is_file() and file.read_bytes() == body:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.write_bytes(body)
    temporary.chmod(0o644)
    temporary.replace(file)
    return True
