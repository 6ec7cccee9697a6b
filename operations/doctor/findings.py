"""What doctor finds: a line each, ok, warn or fail, with how to mend it."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True)
class Finding:
    """One line. `words` and `mend` never hold a secret or an address of somebody."""

    check: str
    status: str
    words: str
    mend: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return it for JSON."""
        return asdict(self)


Check = Callable[[dict[str, Any]], Iterator[Finding]]


def ok(check: str, words: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(check, OK, words)


def warn(check: str, words: str, mend: str) -> Finding:
    """Return one to look at."""
    return Finding(check, WARN, words, mend)


def fail(check: str, words: str, mend: str) -> Finding:
    """Return one that must be mended."""
    return Finding(check, FAIL, words, mend)
