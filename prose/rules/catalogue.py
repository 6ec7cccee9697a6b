"""Catalogue of the rules for texts: the code of each, and what follows from breaking it.

The desk, the loader of content files and lint_copy run the same rules. An error keeps a text from
readers in all three; a warning stops a release and is shown at the desk; a note is for a person.
"""

from prose.finding import Finding, Severity

ERRORS = {
    "text.length": "A text isn't longer than a page may be.",
    "directive.unknown": "A directive is one that there is.",
    "directive.key": "A block that shows a row names its key.",
    "link.scheme": "A link to another site begins with https://.",
    "link.user": "A link doesn't hide its address behind an @.",
    "link.address": "A link has an address that all browsers read alike.",
    "link.number": "A number to call is the number that is shown.",
    "link.partner": "A link to a partner stands in a labelled offer.",
    "link.dead": "A link within the site leads to a page that readers can open.",
    "link.anchor": "A link within a page leads to a section of it.",
    "picture.address": "Pictures are ours, and put in by their key.",
    "picture.unknown": "A picture is one that there is.",
    "picture.words": "A picture has words for who can't see it, or is decorative.",
    "picture.elsewhere": "Pictures stand in articles alone.",
    "figure.unknown": "A figure is one that there is.",
    "figure.elsewhere": "Figures stand in articles alone.",
    "snippet.unknown": "A snippet is one that there is.",
    "source.unknown": "A source that is cited is there.",
    "offer.unknown": "An offer is one that there is.",
    "offer.several": "An article holds one offer at most.",
    "offer.not-allowed": "An article holds an offer only where it is allowed.",
    "offer.early": "An offer stands after the second section's heading.",
    "offer.help-panel": "A page with the help panel at its top holds no offer.",
    "offer.danger": "A page with a section about danger or dying holds no offer.",
    "offer.elsewhere": "Offers stand in articles alone.",
    "exercise.stop-rule": "An exercise ends with a line that says when to stop.",
    "safety.link": "What could put someone at risk comes with the way to safety.",
}
WARNINGS = {
    "promise.unnamed": "What a text promises of helplines is named in promises.toml.",
    "promise.broken": "A promise stands in its text, and helplines.toml keeps it.",
    "word.avoid": "Words that this site doesn't use (words.toml).",
    "reading.grade": "A text is no harder to read than its kind may be.",
    "description.length": "A description is shown whole in lists of search results.",
    "takeaways.number": "An article has three to five takeaways.",
    "related.unknown": "Related articles are other articles that are there.",
    "link.moved": "A link leads to where a page stands now.",
    "offer.missing": "An article that may hold an offer holds one.",
}
NOTES = {
    "sentence.long": "A sentence has 25 words at most.",
    "title.length": "A title is shown whole in lists of search results.",
    "dek.missing": "A line stands under the title.",
    "heading.level": "Headings skip no level.",
    "heading.twice": "No two sections have the same name.",
    "heading.none": "A long text has headings.",
    "claim.source": "A section with a claim cites a source.",
    "source.unchecked": "A person has opened each source.",
    "evidence.source": "What is called well supported cites a source.",
    "evidence.note": "An article says what the evidence can't tell.",
    "link.self": "A page doesn't link to itself.",
}
SEVERITIES = {
    **dict.fromkeys(ERRORS, Severity.ERROR),
    **dict.fromkeys(WARNINGS, Severity.WARNING),
    **dict.fromkeys(NOTES, Severity.NOTE),
}


def finding(code: str, line: int, message: str, place: str = "body") -> Finding:
    """Return a finding of the rule `code`, with the severity it has in the catalogue."""
    return Finding(line, message, code, place, SEVERITIES[code])
