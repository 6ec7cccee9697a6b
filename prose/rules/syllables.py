"""Syllables of English words, counted by rule: for reading grades (prose/rules/readability.py).

No dictionary: the one that comes as a package is GPL-3 (docs/decisions/0006). Vowels that stand
together make a syllable; what English spells otherwise is a short list of endings and beginnings.
tests/prose/rules/test_syllables.py holds it to a dictionary's counts.
"""

import re
from functools import lru_cache

GROUP = re.compile(r"[aeiouy]+")
# Vowels that stand together and are said apart: cre-ate, sci-ence, du-et, ge-ologist, flu-id.
APART = re.compile(
    r"ia(?!l\b|lly|n\b|ge|ns\b|ls\b|lity|lis)|(?<![cgtsx])ia[ln]|io(?!n|us)|(?<![tscgx])ious|iu(?!s)|ium"
    r"|eo(?!us|n\b)|(?<!o)eing|ying|(?<![q])ua[lt]|(?<![gq])ue(?:l\b|t\b|nt|nc)|uo(?!y)|uity|(?<!q)uin|uou"
    r"|(?<![rlq])iest\b|ier\b|iety|[bcdfghklmnprstvw]ien[ct]|oe[mtx]|oing|oin[cg]i|react|create|creat|real[it]"
    r"|rea[rs]s|^bi[aou]|^re(?:[iou]|act|acq|aff|ap|as[sk]|arr|awa|en[gt]|est|ev|ex|ele)|^co(?:op|ord)|^pre[eiou]|dia|viol|quiet|being|lying|idea|area|theat|(?<=[bdlt])yo"
    r"|thm\b|sm\b|sms\b"
)
# An e that isn't said: at the end, before s and d, before an ending.
SILENT = re.compile(
    r"(?<=[^aeiouyl])e\b(?<!\bbe)(?<!\bhe)(?<!\bme)(?<!\bwe)(?<!\bshe)(?<!\bthe)|(?<=[aeiouyrl]l)e\b|(?<=[aeiou]l)es\b|(?<=[aeiou]g|[io]q)ues?\b|(?<=ong)ues?\b"
    r"|(?<![cgsxz])(?<!sh)(?<!ch)(?<![^aeiouyr]l)es\b(?<=[^aeiouy]es)|(?<![td])(?<![^aeiouyr]l)ed\b(?<=[^aeiouy]ed)"
    r"|(?<=[^aeiouy])e(?=(?:ly|less|ful|fully|ment|ments|ness|some|thing|where|line|lines|times?|body|one|work|lines?|thought|long|hood|how)\b)"
)
# Words that the rules get wrong and our texts need often.
KNOWN = {
    "every": 2,
    "everyone": 3,
    "everything": 3,
    "everybody": 4,
    "people": 2,
    "evening": 2,
    "business": 2,
    "different": 3,
    "family": 3,
    "something": 2,
    "sometimes": 2,
    "someone": 2,
    "somebody": 3,
    "because": 2,
    "once": 1,
    "eye": 1,
    "eyes": 1,
    "one": 1,
    "are": 1,
    "were": 1,
    "there": 1,
    "where": 1,
    "here": 1,
    "aren't": 1,
    "trauma": 2,
    "traumas": 2,
    "hour": 2,
    "hours": 2,
    "our": 1,
    "your": 1,
    "fire": 2,
    "tired": 2,
    "quite": 1,
    "quiet": 2,
    "anyone": 3,
    "behaviour": 3,
    "behaviours": 3,
    "everyday": 3,
    "evenings": 2,
    "reader": 2,
    "suicide": 3,
    "patient": 2,
    "patients": 2,
    "centre": 2,
    "familiar": 3,
    "else": 1,
    "household": 2,
    "reasonable": 4,
    "anxiety": 4,
    "being": 2,
    "idea": 3,
    "ideas": 3,
    "area": 3,
    "areas": 3,
    "doesn't": 2,
    "isn't": 2,
    "wasn't": 2,
    "didn't": 2,
    "couldn't": 2,
    "wouldn't": 2,
    "shouldn't": 2,
    "hasn't": 2,
    "haven't": 2,
    "hadn't": 2,
    "usually": 4,
    "usual": 3,
    "breathe": 1,
    "breathes": 1,
    "safe": 1,
    "safety": 2,
    "don't": 1,
    "won't": 1,
    "can't": 1,
    "you've": 1,
    "you're": 1,
    "they're": 1,
    "we're": 1,
    "ok": 2,
    "tv": 2,
    "nhs": 3,
    "ptsd": 4,
    "emdr": 4,
    "cbt": 3,
    "uk": 2,
    "us": 1,
    "adhd": 4,
    "ace": 1,
    "gp": 2,
    "gps": 2,
    "ii": 1,
}


@lru_cache(maxsize=20_000)
def count(word: str) -> int:
    """Return how many syllables a word has, one at least; of parts joined by hyphens, their sum."""
    plain = word.lower().replace("’", "'").strip("'-")
    if "-" in plain:
        return sum(count(part) for part in plain.split("-") if part)
    if known := KNOWN.get(plain) or KNOWN.get(plain.removesuffix("'s")):
        return known
    if not re.search(r"[a-z]", plain):
        return max(1, sum(character.isdigit() for character in plain))
    letters = re.sub(r"'(?:s|d|m|re|ve|ll)$|[^a-z]", "", plain)
    number = (
        bool(re.search(r"[^aeiouyr]n't$", plain))
        + len(GROUP.findall(letters))
        - len(SILENT.findall(letters))
        + len(APART.findall(letters))
    )
    return max(1, number)
