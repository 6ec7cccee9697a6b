"""Safety rules: the stop rule of each exercise, and the way to safety beside what is risky."""

import re
from collections.abc import Iterator

from prose.finding import Finding
from prose.rules.catalogue import finding
from prose.rules.source_files import SourceFile

SAFETY = "when-the-danger-isnt-over"
RISKY = re.compile(
    r"\b(?:boundar(?:y|ies)|(?:set|new|test)\w* (?:a |new )?limits?|anger|angry|saying no|leaving"
    r"|confront)\b",
    re.I,
)
OPENED = re.compile(r"^[ \t>*-]*:{3,}[ \t]*exercise\b", re.M)
# Of rendered HTML: an exercise, and the paragraph in italics that ends it.
EXERCISE = re.compile(r'<aside class="exercise"[^<>]*>((?:(?!</?aside).)*)', re.S)
LAST = re.compile(r"<em>((?:(?!</?em>|</?p>).)*)</em>[.\s]*</p>\s*\Z", re.S)
STOP = re.compile(r"\bstop\b", re.I)
GO_ON = re.compile(
    r"\b(?:don[’']t|do not|never|without|non|won[’']t|can[’']t)[\s-](?:ever )?stop", re.I
)


def check(text: SourceFile) -> Iterator[Finding]:
    """Yield what an article or a response text lacks."""
    exercises = list(OPENED.finditer(text.source))
    written = EXERCISE.findall(text.rendered.html)
    for exercise, html in zip(exercises, written, strict=False):
        if not _says_when_to_stop(html):
            message = (
                "an exercise ends with its stop rule: a line in italics that says when to stop"
            )
            yield finding("exercise.stop-rule", text.line_of(exercise.start()), message)
    risk = exercises[0] if exercises else RISKY.search(text.visible)
    if risk and text.slug != SAFETY and f"/articles/{SAFETY}/" not in text.body:
        what = "an exercise" if exercises else f"“{risk[0]}”"
        message = f"{what} asks for a link to /articles/{SAFETY}/"
        yield finding("safety.link", text.line_of(risk.start()), message)


def _says_when_to_stop(html: str) -> bool:
    last = LAST.search(html[html.rfind("<p>") :].rstrip())
    return bool(last and STOP.search(last[1]) and not GO_ON.search(last[1]))
