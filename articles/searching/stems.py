"""Stems: what is left of a word once its endings and its national spelling are taken off.

Made here and stored, so that SQLite and PostgreSQL find the same.
"""

import re
import sys
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from threading import Lock
from typing import Any

from prose.spelling import tokens

# British spellings to American ones. Both sides of a search pass here, so a wrong guess does no harm.
_SPELLINGS = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?<=[a-z]{3})is(e|ed|es|er|ers|ing|ation|ations)$", r"iz\1"),
        (r"(?<=[a-z]{3})our(s|ed|ing|al|ite|ites|able|hood)?$", r"or\1"),
        (r"(?<=[a-z]{3})ll(ed|ing|or|ors|er|ers)$", r"l\1"),
        (r"(?<=[a-z]{3})tre(s|d)?$", r"ter\1"),
        (r"(?<=[a-z]{3})enc(e|es)$", r"ens\1"),
        (r"^paed", "ped"),
    )
]


def _english_stemmer() -> Any:
    """Return the package's stemmer of English. The package itself would import those of 36 languages: 3 MB, and a
    thirtieth of a process's start.
    """
    name = "snowballstemmer"
    spec = find_spec(name)
    if spec is None:
        raise ModuleNotFoundError(name)
    sys.modules[name] = module_from_spec(spec)  # found, and not run
    try:
        return import_module(f"{name}.english_stemmer").EnglishStemmer()
    finally:
        del sys.modules[name]  # who imports it gets all of it


_STEMMER = _english_stemmer()
_LOCK = Lock()  # the library's stemmer holds the word it is at


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of one folded word."""
    for pattern, replacement in _SPELLINGS:
        word = pattern.sub(replacement, word)
    with _LOCK:
        return str(_STEMMER.stemWord(word))


def stems(text: str) -> list[str]:
    """Return the stems of a text's words, in their order."""
    return [stem(word) for word in tokens(text)]


# Words that tell no text from another, and their stems.
STOP = frozenset(
    """a about after again all also am an and any are as at be because been being but by can cant could couldnt did do does
    doesnt doing dont for from get gets getting go got had has have having he her here him his how i id if ill im in into is
    isnt it its ive just like make makes many me more much my no not now of on one or our out over people please really
    she should so some such someone somebody something than that the their them then there they this to too up us very want
    wants was wasnt we were what whats when where which while who whos why will with would you your""".split()
)
STOP_STEMS = frozenset(map(stem, STOP))
