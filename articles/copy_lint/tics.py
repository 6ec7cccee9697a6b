"""Tics: habits that show only when many articles are read together, such as one phrase, one length or one shape for all.

`manage.py lint_copy --tics` prints them. They are for a person to weigh and stop no release: any one of these phrases can be
right where it stands. What counts is how many articles share it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean, pstdev

from articles import rendering
from articles.copy_lint.texts import Text

ARTICLE_LINK = re.compile(r"\]\(/articles/([a-z0-9-]+)/")
OUTWARD_LINK = re.compile(r"\]\(https?://")
QUESTION = re.compile(
    r"(?:how|what|why|when|where|which|who|whose|is|are|am|does|do|did|can|could|will|should)\b|.*\?$", re.I
)
LEANING = re.compile(r"\b(?:it|its|this|these|they|them|each|one)\b", re.I)  # words that say nothing out of their place
WORD = re.compile(r"[^\W\d_]{4,}")
FILLER = {"about", "after", "does", "from", "have", "that", "their", "this", "what", "when", "which", "with", "your"}
STEM = 5  # letters: enough for “anger” and “angry” to differ, and for “therapist” and “therapies” to agree
MANY_GROUPS = 4


@dataclass(frozen=True)
class Tic:
    """A habit of wording, by the name it is reported under."""

    name: str
    pattern: re.Pattern[str]


def _tic(name: str, pattern: str, flags: re.RegexFlag = re.NOFLAG) -> Tic:
    return Tic(name, re.compile(pattern.replace("'", "['’]"), flags))


TICS = [
    _tic(
        "cause disclaimer",
        r"\bcan't (?:say|show|tell)\b[^.]{0,40}\b(?:first|cause|causes|why|whether)\b|\bwhich (?:came|comes) first\b"
        r"|\bwhat causes what\b|\b(?:a|the) link\b[^.]{0,30}\b(?:not|no|and no)\b|\bno(?:t|r)? (?:proof|forecast)\b"
        r"|\bThe studies can't\b|\b(?:That's|These are) (?:an )?averages?\b",
    ),
    _tic("Stop if", r"\bStop (?:if|at)\b"),
    _tic("Instead,", r"\bInstead,"),
    _tic(
        "chore to do instead",
        r"\b(?:pair\w* (?:some )?socks|peel\w* carrots|water\w* a plant|fold\w* (?:some )?towels|chang\w* the sheets)\b",
    ),
    _tic("quoted line to say", r'"[A-Z][^"]{14,}[.?]"'),
    _tic("Some people", r"\bSome people\b", re.I),
    _tic("tend to", r"\btend(?:s|ed)? to\b"),
    _tic("too / as well at the end", r"\b(?:too|as well)[.?]"),
    _tic("It isn't / doesn't", r"\bIt (?:isn't|doesn't|wasn't)\b"),
    _tic("far away", r"\bfar away\b"),
    _tic("panicky", r"\bpanicky\b"),
    _tic("a fair", r"\ba fair\b", re.I),
    _tic("kettle, mug, soup, tea, toast, cake", r"\b(?:kettle|mug|soup|tea|toast|cake)\b"),
    _tic("ring (phone)", r"\b(?:ring|rings|rang|ringing) (?:\w+ )?(?:before|me|her|him|them|late|someone|work|a|the|to|you)\b"),
    _tic("cross (angry)", r"\b(?:cross|crossness)\b(?! (?:the|a)\b)"),
    _tic("row (quarrel)", r"\b(?:a|the|in a|of a|ordinary) rows?\b|\brows\b"),
    _tic("chemist, allotment, queue, fares, bun", r"\b(?:chemist|allotment|queue|fares|bun)\b"),
    _tic("talking treatments that help many people", r"\btalking treatments[^.]{0,12} that help many people\b"),
    _tic("starts with / lists free routes", r"\b(?:starts? with|begins? with|lists) free\b"),
]
HEDGE = re.compile(r"\b(?:may|might|can|could)\b", re.I)
# The groups that were once named in nearly every article, one clause each.
GROUPS = [
    re.compile(pattern, re.I)
    for pattern in (
        r"\bracis\w+",
        r"\b(?:visas?|asylum|immigration)\b",
        r"\b(?:neurodivergen\w+|autis\w+|ADHD)",
        r"\b(?:rent|landlords?|lease)\b",
        r"\bshifts?\b",
        r"\b(?:carers?|caring (?:for|duties)|care of a parent)\b",
        r"\b(?:families|cultures|faiths)\b",
        r"\bdisab\w+|\bwheelchair\b",
    )
]


@dataclass(frozen=True)
class Count:
    """How often a habit shows: in how many articles, and how many times."""

    name: str
    files: int
    hits: int


@dataclass(frozen=True)
class Measures:
    """What the articles of one folder have in common."""

    counts: list[Count]
    lengths: dict[str, int]
    headings: int
    informing: int  # headings that name the article's topic or ask a question
    uninforming: dict[str, list[str]]
    inward: dict[str, int]
    outward: dict[str, int]
    hedges: float  # may, might, can and could in 1,000 words
    crowded: list[str]  # articles that name many groups of people

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield "files  hits  phrase"
        yield from (f"{count.files:5d}  {count.hits:4d}  {count.name}" for count in self.counts)
        yield f"{self.hedges:.1f} of may, might, can and could in 1,000 words"
        yield f"{len(self.crowded)} articles name {MANY_GROUPS} or more of {len(GROUPS)} groups of people"
        words = list(self.lengths.values())
        if words:
            yield f"body: {min(words)} to {max(words)} words, mean {mean(words):.0f}, standard deviation {pstdev(words):.0f}"
        share = 100 * self.informing / self.headings if self.headings else 0
        yield f"headings: {self.informing} of {self.headings} name the topic or ask a question ({share:.0f} %)"
        yield "words  links in  links out  article"
        for slug, length in self.lengths.items():
            yield f"{length:5d}  {self.inward[slug]:8d}  {self.outward[slug]:9d}  {slug}"


def measure(texts: Sequence[Text]) -> Measures:
    """Count the habits of the articles among `texts`."""
    articles = {text.file.stem: text for text in texts if text.file.match("articles/*.md")}
    prose = {slug: "\n".join(passage.words for passage in text.passages) for slug, text in articles.items()}
    total = sum(len(words.split()) for words in prose.values())
    hedges = sum(len(HEDGE.findall(words)) for words in prose.values())
    headings = {slug: _sections(text) for slug, text in articles.items()}
    uninforming = {slug: [one for one in found if not informs(one, articles[slug])] for slug, found in headings.items()}
    number = sum(map(len, headings.values()))
    return Measures(
        counts=[_count(tic, prose.values()) for tic in TICS],
        lengths={slug: rendering.render(text.body).words for slug, text in articles.items()},
        headings=number,
        informing=number - sum(map(len, uninforming.values())),
        uninforming=uninforming,
        inward=inward_links(articles),
        outward={slug: len(OUTWARD_LINK.findall(text.body)) for slug, text in articles.items()},
        hedges=1000 * hedges / total if total else 0.0,
        crowded=[slug for slug, words in prose.items() if _groups(words) >= MANY_GROUPS],
    )


def _count(tic: Tic, prose: Iterator[str] | Sequence[str]) -> Count:
    hits = [len(tic.pattern.findall(words)) for words in prose]
    return Count(tic.name, sum(map(bool, hits)), sum(hits))


def _groups(words: str) -> int:
    return sum(bool(group.search(words)) for group in GROUPS)


def _sections(text: Text) -> list[str]:
    return [heading.text for heading in rendering.render(text.body).contents if heading.level == 2]


def informs(heading: str, text: Text) -> bool:
    """Whether a heading says what stands under it when it's read alone: it names the topic, or it asks a question."""
    if QUESTION.match(heading) and not LEANING.search(heading):
        return True
    topic = _stems(f"{text.meta.get('title', '')} {text.file.stem.replace('-', ' ')}")
    return bool(_stems(heading) & topic)


def _stems(words: str) -> set[str]:
    return {word[:STEM] for word in WORD.findall(words.lower()) if word not in FILLER}


def inward_links(articles: dict[str, Text]) -> dict[str, int]:
    """Return for each article how many others link to it in their text: cards at the foot don't count."""
    found: Counter[str] = Counter()
    for slug, text in articles.items():
        found.update(set(ARTICLE_LINK.findall(text.body)) - {slug})
    return {slug: found[slug] for slug in articles}
