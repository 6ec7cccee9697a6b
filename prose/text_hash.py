"""Hash of a text's words: signs, spaces and capitals make no difference to it."""

import hashlib
import re
from collections.abc import Iterable


def text_hash(texts: Iterable[object]) -> str:
    """Return 32 hexadecimal digits that stand for the words of some texts; lists count too."""
    words = []
    for text in texts:
        joined = "\n".join(text) if isinstance(text, list) else str(text or "")
        words.append(" ".join(re.findall(r"[^\W_]+", joined)))
    return hashlib.sha256("\n".join(words).casefold().encode()).hexdigest()[:32]
