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
EXERCISE = re.compile(r"^:::[ ]*exercise\b[^\n]*\n(.*?)^:::[ ]*$", re.M | re.S)
STOP_RULE = re.compile(r"\*(?!\*).*\bstop\b.*\*", re.I)


def check(text: SourceFile) -> Iterator[Finding]:
    """Yield what an article or a response text lacks."""
    exercises = list(EXERCISE.finditer(text.source))
    for exercise in exercises:
        lines = [line.strip() for line in exercise[1].split("\n") if line.strip()]
        if not lines or not STOP_RULE.fullmatch(lines[-1]):
            message = (
                "an exercise ends with its stop rule: a line in italics that says when to stop"
            )
            yield finding("exercise.stop-rule", text.line_of(exercise.start()), message)
    risk = exercises[0] if exercises else RISKY.search(text.visible)
    if risk and text.slug != SAFETY and f"/articles/{SAFETY}/" not in text.body:
        what = "an exercise" if exercises else f"“{risk[0]}”"
        message = f"{what} asks for a link to /articles/{SAFETY}/"
        yield finding("safety.link", text.line_of(risk.start()), message)
