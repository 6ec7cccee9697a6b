"""Catalogue of the rules for texts: the code of each, and what follows from breaking it.

The desk, the loader of content files and lint_copy run the same rules. An error keeps a text from
readers in all three; a warning stops a release and is shown at the desk; a note is for a person.
"""

from prose.finding import Finding, Severity

ERRORS = {
    "text.length": "A text isn't longer than a page may be.",
    "directive.unknown": "A directive is one that there is.",
    "directive.key": "A block that shows a row names its key.",
    "directive.unclosed": "What a directive opens is closed.",
    "directive.words": "A directive that takes no words has none.",
    "directive.place": "A directive stands on a line of its own.",
    "directive.stray": "What closes a directive closes one that is open.",
    "citation.miswritten": "A citation is written [^key].",
    "link.miswritten": "A link is written [words](address).",
    "link.empty": "A link has an address.",
    "link.wordless": "A link has words to press.",
    "link.relative": "An address begins with / or with https://.",
    "link.unlinkable": "A link leads to a page for readers.",
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
    "link.awaited": "A link of a scheduled text leads to a page that readers can open by then.",
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
# Why each of them is asked for, as the desk tells who wonders.
WHY = {
    "figure.unknown": "Readers would find a gap where the figure should be.",
    "figure.elsewhere": "A figure fetched on a result’s page would tell a log which result it was.",
    "snippet.unknown": "Readers would find a gap where its words should be.",
    "text.length": "A very long page is slow to make and slow to read; two pages are found better.",
    "directive.unknown": "Readers would see the signs instead of what was meant.",
    "directive.key": "Without its key nobody knows which one to show, so nothing is shown.",
    "directive.unclosed": "All that follows would stand in the box, to the end of the text.",
    "directive.words": "Words beside it are left out, and nobody would notice.",
    "directive.place": "In the middle of a line it is no directive, and readers would see its colons.",
    "directive.stray": "Readers would see three colons, and a box further up may end too early.",
    "citation.miswritten": "Readers would see the signs, and the claim would stand without its source.",
    "link.miswritten": "Readers would see brackets and an address instead of a link.",
    "link.empty": "Who follows it stays where they are and wonders what they did wrong.",
    "link.wordless": "It can’t be seen, and a screen reader reads out an address.",
    "link.relative": "A browser looks for it below this page, where nothing is.",
    "link.unlinkable": "Readers would meet a login, an error or a page that means nothing to them.",
    "link.scheme": "Only pages, mail addresses and telephone numbers open for everybody.",
    "link.user": "An address with an @ can pretend to be another site.",
    "link.address": "Browsers repair such an address each in its own way.",
    "link.number": "Somebody in danger must reach the number that they read.",
    "link.partner": "Readers have a right to know what is paid for before they follow it.",
    "link.dead": "A reader in need of the next page finds nothing there.",
    "link.anchor": "The page doesn’t move, and readers think that it is broken.",
    "picture.address": "A picture from elsewhere tells that site who reads this page.",
    "picture.unknown": "A hole stands where the picture should be.",
    "picture.words": "Who can’t see it would miss what it says.",
    "picture.elsewhere": "Only the article’s page makes room for pictures and their captions.",
    "source.unknown": "A number that leads to no source makes a claim look better founded than it is.",
    "offer.unknown": "Nothing would be shown, or the wrong thing.",
    "offer.several": "One advert is noticed and weighed; several make a page a shop.",
    "offer.not-allowed": "Where adverts may stand is decided once for a page, not in passing.",
    "offer.early": "Readers get what they came for before anything is offered to them.",
    "offer.help-panel": "Somebody who needs help now must not be sold anything.",
    "offer.danger": "Nothing is sold beside danger or dying.",
    "offer.elsewhere": "Pages on help, privacy and results stay free of adverts.",
    "exercise.stop-rule": "An exercise can make things worse; readers need leave to stop.",
    "safety.link": "What is safe for one reader can put another at risk at home.",
    "promise.unnamed": "What is promised of helplines is checked against their list.",
    "promise.broken": "Somebody would call a line that doesn’t do what we said.",
    "word.avoid": "These words hurt, label or promise more than anybody can keep.",
    "reading.grade": "A tired or frightened reader takes in short words and sentences.",
    "description.length": "Too short says nothing; too long is cut off in lists of results.",
    "takeaways.number": "Three to five points are remembered.",
    "related.unknown": "A card that leads nowhere is left out, and the list looks short.",
    "link.moved": "Readers arrive all the same, a step later; the straight way is quicker.",
    "link.awaited": "Until the other one is public, the link leads nowhere.",
    "offer.missing": "A page that says it holds an advert and has none misleads.",
    "sentence.long": "Long sentences lose readers who are tired or distressed.",
    "title.length": "Lists of search results cut long titles off.",
    "dek.missing": "The line under the title tells readers whether this is for them.",
    "heading.level": "Screen readers jump from heading to heading; a gap looks like something missing.",
    "heading.twice": "Nobody can tell the two apart in the contents.",
    "heading.none": "Readers look for the part that they need.",
    "claim.source": "A figure without a source is a rumour, and this site is trusted for its figures.",
    "source.unchecked": "A source that nobody opened may not say what is claimed.",
    "evidence.source": "“Well supported” needs something that supports it.",
    "evidence.note": "Readers should know what isn’t known.",
    "link.self": "The page doesn’t move, and readers think that it is broken.",
}
SEVERITIES = {
    **dict.fromkeys(ERRORS, Severity.ERROR),
    **dict.fromkeys(WARNINGS, Severity.WARNING),
    **dict.fromkeys(NOTES, Severity.NOTE),
}


def finding(code: str, line: int, message: str, place: str = "body") -> Finding:
    """Return a finding of the rule `code`, with the severity it has in the catalogue."""
    return Finding(line, message, code, place, SEVERITIES[code])


def why(code: str) -> str:
    """Return why a rule is asked for; empty for a finding of no rule."""
    return WHY.get(code, "")
