"""Tics.

Habits that show only when many articles are read together, such as one phrase, one length or one
shape for all.

`manage.py lint_copy --tics` prints them. They are for a person to weigh and stop no release: any
one of these phrases can be right where it stands. What counts is how many articles share it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, pstdev

from prose import renderer
from prose.rules.source_files import SourceFile

ARTICLE_LINK = re.compile(r"\]\(/articles/([a-z0-9-]+)/")
OUTWARD_LINK = re.compile(r"\]\(https?://")
QUESTION = re.compile(
    r"(?:how|what|why|when|where|which|who|whose|is|are|am|does|do|did|can|could|will|should)\b"
    r"|.*\?$",
    re.I,
)
# Words that say nothing out of their place: “What it costs” is no heading to find in a list.
LEANING = re.compile(r"\b(?:it|its|this|these|they|them|each|one)\b", re.I)
WORD = re.compile(r"[^\W\d_]{4,}")
FILLER = frozenset("about after does from have that their this what when which with your".split())
STEM = 5  # letters, so that “therapies” names the same thing as “therapist”
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
        r"\bcan't (?:say|show|tell)\b[^.]{0,40}\b(?:first|cause|causes|why|whether)\b"
        r"|\bwhich (?:came|comes) first\b|\bwhat causes what\b|\bThe studies can't\b"
        r"|\b(?:a|the) link\b[^.]{0,30}\b(?:not|no|and no)\b|\bno(?:t|r)? (?:proof|forecast)\b"
        r"|\b(?:That's|These are) (?:an )?averages?\b",
    ),
    _tic("Stop if", r"\bStop (?:if|at)\b"),
    _tic("Instead,", r"\bInstead,"),
    _tic(
        "chore to do instead",
        r"\b(?:pair\w* (?:some )?socks|peel\w* carrots|water\w* a plant|fold\w* (?:some )?towels)\b"
        r"|\bchang\w* the sheets\b",
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
    _tic(
        "ring (phone)",
        r"\b(?:ring|rings|rang|ringing) (?:\w+ )?(?:before|me|her|him|them|late|someone|work|a|the|to|you)\b",
    ),
    _tic("cross (angry)", r"\b(?:cross|crossness)\b(?! (?:the|a)\b)"),
    _tic("row (quarrel)", r"\b(?:a|the|in a|of a|ordinary) rows?\b|\brows\b"),
    _tic("chemist, allotment, queue, fares, bun", r"\b(?:chemist|allotment|queue|fares|bun)\b"),
    _tic(
        "talking treatments that help many people",
        r"\btalking treatments[^.]{0,12} that help many people\b",
    ),
    _tic("starts with / lists free routes", r"\b(?:starts? with|begins? with|lists) free\b"),
]
HEDGE = re.compile(r"\b(?:may|might|can|could)\b", re.I)
# Groups of people that were once named in nearly every article, one clause each.
GROUPS = [
    re.compile(pattern, re.I)
    for pattern in (
        r"\bracis\w+",
        r"\b(?:visas?|asylum|immigration)\b",
        r"\b(?:neurodivergen\w+|autis\w+|ADHD)\b",
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
class Shape:
    """One article's length, its headings and its links.

    `inward` counts the articles that link to it in their text.
    """

    words: int
    headings: list[str]
    uninforming: list[str]
    inward: int
    outward: int


@dataclass(frozen=True)
class Measures:
    """What the articles of one folder have in common."""

    counts: list[Count]
    shapes: dict[str, Shape]
    hedges: float  # may, might, can and could in 1,000 words
    crowded: list[str]  # articles that name many groups of people

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield "files  hits  phrase"
        yield from (f"{count.files:5d}  {count.hits:4d}  {count.name}" for count in self.counts)
        yield f"{self.hedges:.1f} of may, might, can and could in 1,000 words"
        yield f"{len(self.crowded)} articles name {MANY_GROUPS} or more of {len(GROUPS)} groups of people"
        yield self._body_line()
        yield self._headings_line()
        yield "words  links in  links out  article"
        for slug, shape in self.shapes.items():
            yield f"{shape.words:5d}  {shape.inward:8d}  {shape.outward:9d}  {slug}"
            yield from (
                f"       says nothing when read alone: {heading}" for heading in shape.uninforming
            )

    def _body_line(self) -> str:
        words = [shape.words for shape in self.shapes.values()] or [0]
        return f"body: {min(words)} to {max(words)} words, mean {mean(words):.0f}, standard deviation {pstdev(words):.0f}"

    def _headings_line(self) -> str:
        number = sum(len(shape.headings) for shape in self.shapes.values())
        informing = number - sum(len(shape.uninforming) for shape in self.shapes.values())
        share = 100 * informing / number if number else 0
        return f"headings: {informing} of {number} name the topic or ask a question ({share:.0f} %)"


def measure(texts: Sequence[SourceFile]) -> Measures:
    """Count the habits of the articles among `texts`."""
    articles = {text.file.stem: text for text in texts if text.file.match("articles/*.md")}
    prose = {slug: _prose(text) for slug, text in articles.items()}
    together = " ".join(prose.values())
    inward = _inward_links(articles)
    return Measures(
        counts=[_count(tic, list(prose.values())) for tic in TICS],
        shapes={slug: _shape(text, inward[slug]) for slug, text in articles.items()},
        hedges=1000 * len(HEDGE.findall(together)) / max(1, len(together.split())),
        crowded=[slug for slug, words in prose.items() if _groups(words) >= MANY_GROUPS],
    )


def informs(heading: str, text: SourceFile) -> bool:
    """Whether a heading says what stands under it when it's read alone.

    It names the topic, or it asks a question.
    """
    if QUESTION.match(heading) and not LEANING.search(heading):
        return True
    topic = _stems(f"{text.meta.get('title', '')} {text.file.stem.replace('-', ' ')}")
    return bool(_stems(heading) & topic)


def _prose(text: SourceFile) -> str:
    return "\n".join(passage.words for passage in text.passages)


def _count(tic: Tic, prose: Sequence[str]) -> Count:
    hits = [len(tic.pattern.findall(words)) for words in prose]
    return Count(tic.name, sum(map(bool, hits)), sum(hits))


def _shape(text: SourceFile, inward: int) -> Shape:
    made = renderer.render(text.body)
    headings = [heading.text for heading in made.contents if heading.level == 2]
    uninforming = [heading for heading in headings if not informs(heading, text)]
    return Shape(made.words, headings, uninforming, inward, len(OUTWARD_LINK.findall(text.body)))


def _groups(words: str) -> int:
    return sum(bool(group.search(words)) for group in GROUPS)


def _stems(words: str) -> set[str]:
    return {word[:STEM] for word in WORD.findall(words.lower()) if word not in FILLER}


def _inward_links(articles: Mapping[str, SourceFile]) -> Counter[str]:
    """Count for each article the others that link to it in their text.

    Cards at the foot don't count.
    """
    found: Counter[str] = Counter()
    for slug, text in articles.items():
        found.update(set(ARTICLE_LINK.findall(text.body)) - {slug})
    return found
