"""Rules for the shape of an article: title, description, takeaways, headings, evidence."""

import re
from collections.abc import Iterator

from prose.document import PICTURE, block_keys
from prose.finding import Finding
from prose.renderer import CITATION
from prose.rules.catalogue import finding
from prose.rules.library import Library
from prose.rules.source_files import SourceFile

TITLE = range(10, 61)  # characters; lists of search results show about 60
DESCRIPTION = range(110, 156)  # characters; longer ones are cut off there
TAKEAWAYS = range(3, 6)
LONG = 500  # words from which a text needs headings
# Words that claim something a source should stand behind.
NUMBER = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twenty|half|most)"
SHARE = (
    r"(?:half|(?:a|one) (?:third|quarter|fifth|tenth)|(?:two|three|four)[- ](?:thirds|quarters|fifths)"
    r"|(?:the|a) (?:vast |large |great )?majority)"
)
PEOPLE = (
    r"(?:people|adults|women|men|children|survivors|veterans|soldiers|students|patients|participants"
    r"|cases|those|us|Americans|Britons|the population|clients|parents|teenagers)"
)
CLAIM = re.compile(
    r"\b(?:stud(?:y|ies)|research\w*|trials?(?! and error)"
    r"|reviews?(?= (?:of|found|finds?|that|by|in|from|show(?:s|ed)?|pool(?:s|ed)?|conclude))"
    r"|surveys?|meta-analys\w+|statistics?"
    r"|scientists|psychologists|experts (?:say|agree|find|found|believe)|on average"
    r"|(?:evidence|data) (?:shows?|suggests?|indicates?|finds?)|per ?cent|percentage"
    rf"|{NUMBER} (?:in|out of|of) (?:every )?"
    r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twenty|a hundred)"
    rf"|{SHARE} of (?:all |the |them |our )?{PEOPLE}"
    rf"|\d[\d,.]* (?:thousand |million |billion )?{PEOPLE}"
    rf"|(?:millions|thousands|hundreds) of {PEOPLE}"
    r"|(?:twice|(?:three|four|five|ten|\d+) times) (?:as|more|less|higher|likelier)"
    r"|(?:doubles?|triples?|halves|doubled|tripled|halved) (?:the|your|their) (?:risk|chances?|odds)"
    r")\b|\d ?%",
    re.I,
)
FIGURE = re.compile(r"\d[\d,.]*\d|\d")
CLAIMING = ("dek", "description", "takeaways")  # places beside the body where a claim may stand


def check_article(text: SourceFile, library: Library) -> Iterator[Finding]:
    """Yield what is worth a look in an article, beside its words."""
    yield from _head(text)
    yield from _headings(text)
    yield from _claims(text)
    yield from _claims_beside(text, library)
    yield from _evidence(text, library)


def _head(text: SourceFile) -> Iterator[Finding]:
    title, takeaways = str(text.meta.get("title", "")), text.meta.get("takeaways") or []
    if len(title) not in TITLE:
        message = f"{len(title)} characters; lists of search results show about 60."
        yield finding("title.length", text.line_with("title:"), message, "title")
    if not text.meta.get("dek"):
        message = "Nothing stands under the title yet."
        yield finding("dek.missing", text.line_with("title:"), message, "dek")
    if len(takeaways) not in TAKEAWAYS:
        message = f"an article has three to five takeaways; this one has {len(takeaways)}"
        yield finding("takeaways.number", text.line_with("takeaways:"), message, "takeaways")


def check_description(text: SourceFile) -> Iterator[Finding]:
    """Yield a description that lists of search results don't show whole."""
    length = len(text.meta.get("description") or "")
    if length not in DESCRIPTION:
        message = (
            f"the description has {length} characters; "
            f"it needs {DESCRIPTION[0]} to {DESCRIPTION[-1]}"
        )
        yield finding("description.length", text.line_with("description:"), message, "description")


def check_related(text: SourceFile, library: Library) -> Iterator[Finding]:
    """Yield related articles that aren't there, or that are the article itself."""
    slugs = text.meta.get("related") or []
    unknown = library.unknown_articles(slugs) | {text.slug}
    for slug in slugs:
        if slug in unknown:
            message = f"related: “{slug}” is no other article"
            yield finding("related.unknown", text.line_with("related:"), message, "related")


def _headings(text: SourceFile) -> Iterator[Finding]:
    last = 1
    seen: set[str] = set()
    for number, line in text.body_lines():
        match = re.match(r"(#{1,6})\s+(.*)", line)
        if not match:
            continue
        level, name = max(2, len(match[1])), match[2].strip()
        if level > last + 1:
            message = f"This heading skips a level: “{'#' * (last + 1)}” comes next."
            yield finding("heading.level", number, message)
        if name.casefold() in seen:
            yield finding("heading.twice", number, f"Two sections are called “{name}”.")
        seen.add(name.casefold())
        last = level
    if text.rendered.words > LONG and not seen:
        message = "A text this long is easier to find one’s way in with headings (##)."
        yield finding("heading.none", text.body_line + 1, message)


def _claims(text: SourceFile) -> Iterator[Finding]:
    section, is_cited, claim = 0, False, 0
    for number, line in [*text.body_lines(), (0, "## ")]:
        if line.startswith("## "):
            if claim and not is_cited:
                message = "A claim stands here, and no source in its section."
                yield finding("claim.source", claim, message)
            section, is_cited, claim = number, False, 0
        is_cited = is_cited or bool(CITATION.search(line))
        if not claim and number > section and CLAIM.search(line):
            claim = number


def _claims_beside(text: SourceFile, library: Library) -> Iterator[Finding]:
    """Yield claims in the lead, the takeaways and the captions that no section with a source makes."""
    cited = _cited_words(text)
    for place in CLAIMING:
        value = text.meta.get(place) or ""
        for words in value if isinstance(value, list) else [value]:
            if _is_unfounded(str(words), cited):
                message = f"“{words}” claims something that no section with a source says."
                yield finding("claim.source", text.line_with(f"{place}:"), message, place)
    shown = set(block_keys(text.rendered.html, "picture"))
    lines = text.first_lines(PICTURE)
    for key, caption in sorted(library.captions(shown).items()):
        if _is_unfounded(caption, cited):
            message = f"The caption of “{key}” claims something that no section with a source says."
            yield finding("claim.source", lines.get(key, 1), message)


def _cited_words(text: SourceFile) -> str:
    """Return the words of all sections that cite a source; the lead is one."""
    sections = re.split(r"^## ", text.body, flags=re.M)
    return "\n".join(section for section in sections if CITATION.search(section))


def _is_unfounded(words: str, cited: str) -> bool:
    """Whether words claim something, and no section with a source holds the same figures."""
    if not CLAIM.search(words):
        return False
    return not cited or any(figure not in cited for figure in FIGURE.findall(words))


def _evidence(text: SourceFile, library: Library) -> Iterator[Finding]:
    citations = text.rendered.citations
    lines = text.first_lines(CITATION)
    for key in sorted(library.unchecked_sources(citations)):
        message = f"Nobody has opened the source “{key}” yet and found this in it."
        yield finding("source.unchecked", lines.get(key, 1), message)
    line = text.line_with("evidence:")
    if text.meta.get("evidence") == "well supported" and not citations:
        message = "“Well supported” with no source at all."
        yield finding("evidence.source", line, message, "evidence")
    if not text.meta.get("evidence_note"):
        message = "Say in a sentence what the evidence can’t tell."
        yield finding("evidence.note", line, message, "evidence_note")
