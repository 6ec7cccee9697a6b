"""Static files: an index of what `collectstatic` gathered, answered from memory and never by Django.

Files whose name holds a digest of what is in them are kept by browsers for ever. Each is read when it is first asked for.
"""

import json
import mimetypes
from pathlib import Path

from trustsite.web.serving.stored_answer import Headers, StoredAnswer

FOR_EVER = "public, max-age=31536000, immutable"
A_MINUTE = "public, max-age=60"
ENCODED = {"gzip": ".gz", "br": ".br"}
TYPES = {
    ".js": "text/javascript",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}


class StaticFiles:
    """The files below one address."""

    def __init__(self, root: Path, address: str, headers: Headers, manifest: Path) -> None:
        self.root, self.address = root, address
        self.headers = [pair for pair in headers if pair[0].lower() not in _OWN]
        named: dict[str, str] = {}
        if manifest.exists():
            named = json.loads(manifest.read_text())["paths"]
        self.names = named.keys() | set(named.values())
        self.hashed = {value for name, value in named.items() if value != name}
        self.read: dict[str, StoredAnswer] = {}

    def find(self, path: str) -> StoredAnswer | None:
        """Return the file at `path`."""
        name = path.removeprefix(self.address)
        if answer := self.read.get(name):
            return answer
        if name not in self.names or not (self.root / name).is_file():
            return None
        answer = self.read[name] = self._load(name)
        return answer

    def _load(self, name: str) -> StoredAnswer:
        file = self.root / name
        bodies = {"": file.read_bytes()}
        for encoding, suffix in ENCODED.items():
            variant = file.with_name(file.name + suffix)
            if variant.is_file():
                bodies[encoding] = variant.read_bytes()
        cached = FOR_EVER if name in self.hashed else A_MINUTE
        own = [("Content-Type", _type(name)), ("Cache-Control", cached)]
        answer = StoredAnswer(200, [*self.headers, *own], bodies)
        answer.is_best = True
        return answer


_OWN = {"content-type", "cache-control", "content-length"}


def _type(name: str) -> str:
    kind = TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
    kind = kind or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
