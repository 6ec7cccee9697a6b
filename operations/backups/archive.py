"""The archive of a backup: one file of database, media and manifest, which may be encrypted.

Inside it is a gzipped tar that any machine can open, and age around it (docs/decisions/0016).
Everything passes through in blocks, however large it is.
"""

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

MANIFEST = "manifest.json"
BLOCK = 1024 * 1024
MAX_MANIFEST = 16 * 1024 * 1024
BROKEN = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, UnicodeError)
PARTIAL = "The archive is broken or only a part of one"


class ArchiveError(Exception):
    """An archive that can't be used; the message says why, in words."""


def write(path: Path, members: Iterable[tuple[str, Path]], facts: dict[str, Any]) -> None:
    """Write files and, after them, a manifest with `facts` and the SHA-256 of each."""
    sums: dict[str, dict[str, Any]] = {}
    with (
        path.open("xb") as raw,
        gzip.GzipFile("", "wb", 6, raw) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, file in members:
            with suppress(FileNotFoundError):  # a picture that was deleted meanwhile
                sums[name] = _add(tar, name, file)
        text = json.dumps(facts | {"files": sums}, indent=1).encode()
        tar.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))


def extract(path: Path, folder: Path | None) -> dict[str, Any]:
    """Check every sum, write the files into `folder` if one is given, and return the manifest.

    Raises ArchiveError when anything is missing, changed or not as we write it.
    """
    sums: dict[str, str] = {}
    manifest: dict[str, Any] | None = None
    try:
        with gzip.open(path, "rb") as packed:
            with tarfile.open(fileobj=packed, mode="r|") as tar:
                for member in tar:
                    source = _source(tar, member)
                    if member.name == MANIFEST:
                        manifest = json.loads(source.read(MAX_MANIFEST))
                        continue
                    sums[member.name] = _copy(source, folder and folder / member.name)
            while packed.read(BLOCK):  # to the end, where gzip's own sum stands
                pass
    except BROKEN as error:
        raise ArchiveError(f"{PARTIAL} ({type(error).__name__}).") from error
    except ValueError as error:
        raise ArchiveError("The archive’s manifest can’t be read.") from error
    return _compared(manifest, sums)


def encrypt(plain: Path, sealed: Path, recipients: list[str]) -> None:
    """Encrypt a file to public keys of age. Raises ArchiveError."""
    age = _age()
    try:
        keys = [age.x25519.Recipient.from_str(text.strip()) for text in recipients]
    except age.RecipientError as error:
        raise ArchiveError("BACKUP_RECIPIENTS must be public keys of age, “age1…”.") from error
    with plain.open("rb") as source, sealed.open("xb") as target:
        age.encrypt_io(source, target, keys)


def decrypt(sealed: Path, plain: Path, identity: Path) -> None:
    """Decrypt a file with the private keys in `identity`. Raises ArchiveError."""
    age = _age()
    try:
        lines = [line.strip() for line in identity.read_text().splitlines()]
        keys = [age.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-")]
    except (OSError, UnicodeError, age.IdentityError) as error:
        raise ArchiveError(f"{identity.name} holds no private key of age.") from error
    if not keys:
        raise ArchiveError(f"{identity.name} holds no private key of age.")
    try:
        with sealed.open("rb") as source, plain.open("xb") as target:
            age.decrypt_io(source, target, keys)
    except (age.DecryptError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk
        words = "The key doesn’t open the archive, or the archive is broken"
        raise ArchiveError(f"{words} ({error}).") from error


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _age() -> Any:
    try:
        import pyrage
    except ImportError as error:
        raise ArchiveError("Encryption needs the package pyrage.") from error
    return pyrage


class _Hashing:
    """A file that is hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.sum = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.sum.update(data)
        return data


def _add(tar: tarfile.TarFile, name: str, path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        source = _Hashing(file)
        member = _member(name, file.seek(0, io.SEEK_END))
        file.seek(0)
        tar.addfile(member, source)
    return {"size": member.size, "sha256": source.sum.hexdigest()}


def _member(name: str, size: int) -> tarfile.TarInfo:
    """Return a member that says nothing of this machine: no owner, no time."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def _source(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    name = PurePosixPath(member.name)
    is_ours = name.parts[:1] == ("media",) or len(name.parts) == 1
    if not member.isreg() or name.is_absolute() or ".." in name.parts or not is_ours:
        raise ArchiveError("The archive holds something that no backup of ours does.")
    return cast(IO[bytes], tar.extractfile(member))


def _copy(source: IO[bytes], target: Path | None) -> str:
    checked = _Hashing(source)
    if target is None:
        while checked.read(BLOCK):
            pass
        return checked.sum.hexdigest()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with target.open("xb") as file:
        target.chmod(0o600)
        while block := checked.read(BLOCK):
            file.write(block)
    return checked.sum.hexdigest()


def _compared(manifest: Any, sums: dict[str, str]) -> dict[str, Any]:
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise ArchiveError(f"{PARTIAL}: it has no manifest.")
    if manifest.get("format") != 1:
        raise ArchiveError("The archive is of a format that this version doesn’t know.")
    files: dict[str, Any] = manifest["files"]
    wrong = [name for name in files if sums.get(name) != files[name].get("sha256")]
    if wrong or set(sums) - set(files):
        raise ArchiveError("The archive’s files aren’t those of its manifest.")
    return manifest
