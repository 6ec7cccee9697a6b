"""What an editor should look at before an article is published: where, what, and how to mend it.

A blocking finding keeps an article from readers: an advert without its label, a source that isn't there, a link of ours that
leads nowhere, a picture nobody could know without seeing it. All others inform; a person decides.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError

from articles.linking import site_links
from articles.models import Article, Offer, Picture, Source, Text
from prose import affiliate_rules, renderer
from prose.rules import readability, source_files, words

TITLE, DESCRIPTION, TAKEAWAYS = (
    range(10, 61),
    range(110, 156),
    range(3, 6),
)  # characters, characters, lines
HOLDS = "What the page may hold"
PICTURE = re.compile(r":::\s*picture\s+([a-z0-9-]+)")
# Words that claim something a source should stand behind.
CLAIM = re.compile(
    r"\b(?:stud(?:y|ies)|research\w*|trials?|reviews?|surveys?|per cent|\d+ (?:in|out of|of) \d+)\b|\d ?%",
    re.I,
)


@dataclass(frozen=True)
class Finding:
    """`line` counts from 1 in the text; 0 is for what stands elsewhere in the form, which `place` then names."""

    message: str
    line: int = 0
    place: str = "Text"
    blocks: bool = False

    @property
    def field(self) -> str:
        """The form's field that it is about."""
        return "affiliate" if self.place == HOLDS else "body"

    @property
    def where(self) -> str:
        """Where it is, in words."""
        return f"Line {self.line}" if self.line else self.place

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


def inspect(article: Article) -> list[Finding]:
    """Return everything found, what blocks first, then by line."""
    found = [
        *mistakes(article),
        *_links(article),
        *_head(article),
        *_headings(article),
        *_evidence(article),
        *_words(article),
    ]
    return sorted(found, key=lambda finding: (not finding.blocks, finding.line, finding.place))


def blocking(article: Article) -> list[Finding]:
    """Return what keeps an article from readers."""
    return [*mistakes(article), *(finding for finding in _links(article) if finding.blocks)]


def in_the_way(text: Text) -> list[str]:
    """Return what keeps a text from being saved as it stands, in the state it has."""
    if isinstance(text, Article):
        text.may_be_unfinished = text.state == Article.State.DRAFT
    try:
        text.full_clean()
    except ValidationError as error:
        return error.messages
    is_for_readers = isinstance(text, Article) and text.state == Article.State.PUBLISHED
    return [str(finding) for finding in blocking(text)] if is_for_readers else []  # type: ignore[arg-type]


def disguised(article: Article) -> Iterator[Finding]:
    """Yield links to partners that stand in the text without a label."""
    for problem in affiliate_rules.raw_links(
        renderer.render(article.body).links, Offer.objects.hosts()
    ):
        yield Finding(problem.message, problem.line, blocks=True)


def mistakes(article: Article) -> Iterator[Finding]:
    """Yield what is wrong with an article by itself, whatever else there is on the site."""
    made = renderer.render(article.body)
    for problem in made.problems:
        yield Finding(problem.message, problem.line, blocks=True)
    yield from disguised(article)
    yield from _offers(article, made)
    known = set(Source.objects.filter(key__in=made.citations).values_list("key", flat=True))
    lines = _first_lines(article.body, renderer.CITATION)
    for key in made.citations.keys() - known:
        message = f"There is no source “{key}”. Add it under Sources, or take the mark out."
        yield Finding(message, lines.get(key, 0), blocks=True)
    yield from _pictures(article, made.html)


def _offers(article: Article, made: renderer.Rendered) -> Iterator[Finding]:
    offers = affiliate_rules.offers_in(made.html)
    line = _line_with(article.body, ":::offer", ":::\toffer", "::: offer")
    known = set(Offer.objects.filter(key__in=offers).values_list("key", flat=True))
    for key in sorted(set(offers) - known):
        yield Finding(f"There is no offer “{key}”.", line, blocks=True)
    if len(offers) > 1:
        yield Finding("An article may hold one offer at most.", line, blocks=True)
    if offers and not article.affiliate:
        message = "This article may hold no offer: take “:::offer” out, or allow it below."
        yield Finding(message, line, blocks=True)
    if affiliate_rules.stands_too_early(made.html):
        message = "The offer stands too early: it may come after the second section’s heading."
        yield Finding(message, line, blocks=True)
    if article.affiliate and article.safety:
        message = "A page with the help panel at its top holds no offer."
        yield Finding(message, place=HOLDS, blocks=True)
    danger = affiliate_rules.danger_among(heading.text for heading in made.contents)
    if article.affiliate and danger:
        message = f"A page with a section about danger or dying (“{danger}”) holds no offer."
        yield Finding(message, place=HOLDS, blocks=True)


def _pictures(article: Article, html: str) -> Iterator[Finding]:
    asked_for = {part.key for part in renderer.parts(html) if part.kind == "picture"}
    there = {picture.key: picture for picture in Picture.objects.filter(key__in=asked_for)}
    lines = _first_lines(article.body, PICTURE)
    for key in sorted(asked_for):
        line = lines.get(key, 0)
        picture = there.get(key)
        if picture is None:
            yield Finding(f"There is no picture “{key}”.", line, blocks=True)
        elif not picture.alt and not picture.decorative:
            message = (
                f"The picture “{key}” has no words for who can’t see it. Add them under Pictures."
            )
            yield Finding(message, line, blocks=True)


def _links(article: Article) -> Iterator[Finding]:
    made = renderer.render(article.body)
    anchors = {heading.id for heading in made.contents} | {"sources", "takeaways"}
    for link in made.links:
        path = site_links.path_of(link.href)
        if link.href.startswith("#") and link.href[1:] not in anchors:
            yield Finding(
                f"The link {link.href} leads to no section of this page.", link.line, blocks=True
            )
        elif path and not site_links.leads_somewhere(path):
            moved = site_links.has_moved(path)
            if moved:
                yield Finding(
                    f"The page at {path} has moved to {moved.get_absolute_url()}.", link.line
                )
            elif path != article.get_absolute_url():
                yield Finding(
                    f"The link {path} leads to no page that readers can open.",
                    link.line,
                    blocks=True,
                )
        elif path == article.get_absolute_url():
            yield Finding("This link leads to the page it stands on.", link.line)


def _head(article: Article) -> Iterator[Finding]:
    if len(article.title) not in TITLE:
        message = f"{len(article.title)} characters; lists of search results show about 60."
        yield Finding(message, place="Title")
    if len(article.description) not in DESCRIPTION:
        message = f"{len(article.description)} characters; {DESCRIPTION[0]} to {DESCRIPTION[-1]} are shown whole."
        yield Finding(message, place="Description")
    if not article.dek:
        yield Finding("Nothing stands under the title yet.", place="Line under the title")
    if len(article.takeaways) not in TAKEAWAYS:
        message = f"{len(article.takeaways)} lines; three to five help who reads nothing else."
        yield Finding(message, place="Key takeaways")
    unknown = set(article.related) - set(
        Article.objects.filter(slug__in=article.related).values_list("slug", flat=True)
    )
    for slug in sorted(unknown | ({article.slug} & set(article.related))):
        yield Finding(f"“{slug}” is no other article.", place="Related articles")


def _headings(article: Article) -> Iterator[Finding]:
    last = 1
    seen: set[str] = set()
    for number, line in enumerate(article.body.splitlines(), start=1):
        match = re.match(r"(#{1,6})\s+(.*)", line)
        if not match:
            continue
        level = max(2, len(match[1]))
        if level > last + 1:
            yield Finding(f"This heading skips a level: “{'#' * (last + 1)}” comes next.", number)
        if match[2].strip().casefold() in seen:
            yield Finding(f"Two sections are called “{match[2].strip()}”.", number)
        seen.add(match[2].strip().casefold())
        last = level
    if article.words > 500 and not seen:
        yield Finding("A text this long is easier to find one’s way in with headings (##).")


def _evidence(article: Article) -> Iterator[Finding]:
    section, cited, claimed = 1, False, 0
    for number, line in enumerate([*article.body.splitlines(), "## "], start=1):
        if line.startswith("## "):
            if claimed and not cited:
                yield Finding("A claim stands here, and no source in its section.", claimed)
            section, cited, claimed = number, False, 0
        cited = cited or bool(renderer.CITATION.search(line))
        claimed = claimed or (number if CLAIM.search(line) and number > section else 0)
    citations = renderer.render(article.body).citations
    lines = _first_lines(article.body, renderer.CITATION)
    for source in Source.objects.filter(key__in=citations, checked=False):
        message = f"Nobody has opened the source “{source.key}” yet and found this in it."
        yield Finding(message, lines.get(source.key, 0))
    if article.evidence == Article.Evidence.WELL_SUPPORTED and not citations:
        yield Finding("“Well supported” with no source at all.", place="How sure are we?")
    if not article.evidence_note:
        yield Finding("Say in a sentence what the evidence can’t tell.", place="How sure are we?")


def _words(article: Article) -> Iterator[Finding]:
    root = Path("/desk")
    text = source_files.Text(
        root, root / "articles" / f"{article.slug or 'new'}.md", article.body.replace("\r\n", "\n")
    )
    for slip in words.slips(text, words.read_allowed(settings.CONTENT_DIR), set()):
        yield Finding(f"“{slip.words}”: {slip.instead}.", slip.line)
    for line, sentence in readability.long_sentences(text):
        message = f"{readability.count_words(sentence)} words in one sentence: “{' '.join(sentence.split()[:6])} …”."
        yield Finding(message, line)
    for grade in readability.grades(text):
        if grade.is_too_hard:
            aim = f"our articles aim at {grade.gate:.0f}. Shorter words and sentences help."
            yield Finding(f"Reading grade {grade.grade:.1f}; {aim}")


def _first_lines(body: str, pattern: re.Pattern[str]) -> dict[str, int]:
    """Return, for each thing that `pattern` finds, the first line it stands on: in one walk, however many there are."""
    found: dict[str, int] = {}
    for number, line in enumerate(body.splitlines(), start=1):
        for match in pattern.finditer(line):
            found.setdefault(match[1], number)
    return found


def _line_with(body: str, *words: str) -> int:
    """Return the first line that holds one of `words`; 0 if none does."""
    lines = body.splitlines()
    return next(
        (
            number
            for number, line in enumerate(lines, start=1)
            if any(word in line for word in words)
        ),
        0,
    )
