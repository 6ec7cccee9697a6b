"""Quotation marks as a printer sets them, for texts that are not markdown (the renderer does its
own).
"""

import re
from collections.abc import Iterable
from typing import Any


def smart_quotes(text: str) -> str:
    """Return `text` with straight quotes turned into curly ones and three dots into an ellipsis."""
    text = re.sub(r"(^|[\s(\[“‘—–-])\"", r"\1“", text)
    text = re.sub(r"(^|[\s(\[“—–-])'(?=\w)", r"\1‘", text)
    return text.replace('"', "”").replace("'", "’").replace("...", "…")


def typeset(row: Any, names: Iterable[str]) -> None:
    """Set fields `names` of a model's row in type; lists of texts too."""
    for name in names:
        value = getattr(row, name)
        if isinstance(value, str):
            setattr(row, name, smart_quotes(value))
        elif isinstance(value, list):
            setattr(row, name, [smart_quotes(item) for item in value])
