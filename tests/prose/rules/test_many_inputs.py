"""Many inputs of each kind, found and not found: the rules know a kind, not a row."""

from dataclasses import dataclass

import pytest

from prose import rules
from prose.rules.source_files import stored_text

CODE = "directive"
PAGES = {"/articles/there/", "/get-help/", "/quiz/", "/articles/there/#part"}


@dataclass
class AllThere:
    """A site that has whatever is asked for, and three pages."""

    caption: str = ""

    def partner_hosts(self):
        return []

    def unknown_sources(self, keys):
        return set()

    unchecked_sources = unknown_offers = unknown_articles = unknown_snippets = unknown_sources

    def figures(self):
        return set()

    def pictures(self, keys):
        return dict.fromkeys(keys, True)

    def captions(self, keys):
        return dict.fromkeys(keys, self.caption)

    def leads_somewhere(self, address):
        return address in PAGES

    def is_awaited(self, path):
        return False

    def moved_to(self, path):
        return ""


def found(body, library=None, **meta):
    """Return code and line of each finding in the body of an article, and of its fields."""
    text, library = stored_text("articles", "mine", meta, body), library or AllThere()
    items = [
        *rules.check_itself(text, library),
        *rules.check_shape(text, library),
        *rules.check_words(text, []),
    ]
    return [(item.code, text.in_body(item).line, text.in_body(item).place) for item in items]


def codes(body, **kinds):
    return {code for code, _, _ in found(body, **kinds)}


DIRECTIVES = [
    (":::note\n\nWords.", "unclosed"),
    (":::note A heading\n\nWords.\n\n## More\n\nThe rest.", "unclosed"),
    (":::exercise Sitting\n\n1. Sit.\n\n*Stop if it is too much.*", "unclosed"),
    (":::quote\n\nWords.", "unclosed"),
    ("> :::note\n> Words.", "unclosed"),
    (":::note\n\n:::exercise x\n\n*Stop.*\n\n:::", "unclosed"),
    (":::Note\n\nWords.\n\n:::", "unknown"),
    (":::NOTE\n\nWords.\n\n:::", "unknown"),
    (":::Quiz", "unknown"),
    (":::QUIZ", "unknown"),
    (":::Offer online", "unknown"),
    (":::Picture path", "unknown"),
    (":::noteHeading\n\nWords.\n\n:::", "unknown"),
    (":::quizz", "unknown"),
    (":::banner", "unknown"),
    ("::quiz", "unknown"),
    ("::note", "unknown"),
    ("text :::quiz", "place"),
    ("Take it here: :::guide", "place"),
    ("- point :::quiz", "place"),
    ("## :::quiz", "unknown"),
    ("| a |\n| - |\n| b :::quiz |", "place"),
    ("words :::note more words", "place"),
    (":::note :::quiz\n\nWords.\n\n:::", "place"),
    ("    :::quiz", "place"),
    (":::quiz with words", "words"),
    (":::guide now", "words"),
    (":::quiz:::", "words"),
    (":::quote Words that vanish\n\nWords.\n\n:::", "words"),
    (":::retention table", "words"),
    (":::offer", "key"),
    (":::offer Two words", "key"),
    (":::picture a.jpg", "key"),
    (":::", "stray"),
    ("Words.\n\n:::\n\nMore.", "stray"),
    (":::note\n\nWords.\n\n:::\n\n:::", "stray"),
]
NO_DIRECTIVES = [
    ":::note\n\nWords.\n\n:::",
    ":::note A heading\n\nWords.\n:::",
    "::: note A heading\n\nWords.\n\n:::",
    "> :::note\n> Words.\n> :::",
    ":::quiz\n\n:::guide",
    ":::offer online-therapy",
    "`:::quiz` is how it is written",
    "```\n:::note\n```",
    "Two things: one, and the other.",
    "At 10:30, or 10:45:30.",
    "Ratio 3:1, note: nothing.",
    "He said: “quiz”.",
]


@pytest.mark.parametrize(("body", "kind"), DIRECTIVES)
def test_a_miswritten_directive_is_found(body, kind):
    assert f"directive.{kind}" in codes(body)


@pytest.mark.parametrize("body", NO_DIRECTIVES)
def test_a_directive_as_it_should_be_is_not(body):
    assert not {code for code in codes(body) if code.startswith("directive.")}


def test_each_has_its_line():
    body = "One.\n\n:::Note\n\nTwo :::quiz\nthree :::guide\n\n[x]()\n\n:::note\n\nEnd."
    lines = {code: line for code, line, _ in found(body) if line}
    assert (lines["directive.unknown"], lines["directive.unclosed"]) == (3, 10)
    assert {line for code, line, _ in found(body) if code == "directive.place"} == {5, 6}
    assert lines["link.empty"] == 8


STOP = "*Stop if it is too much.*"
EXERCISES = [
    (":::exercise Sitting\n\n1. Sit.\n\n:::", True),
    (":::exercise\n\nSit.\n\n:::", True),
    ("::: exercise Sitting\n\nStop when you like.\n\n:::", True),  # not in italics
    (":::exercise x\n\n*Stop if it hurts.*\n\nThen go on.\n\n:::", True),  # not at its end
    (":::exercise x\n\nSit.\n\n*Don't stop before ten breaths.*\n\n:::", True),
    (":::exercise x\n\nSit.\n\n*Never stop.*\n\n:::", True),
    ("> :::exercise x\n>\n> Sit.\n>\n> :::", True),
    (f":::exercise x\n\nSit.\n\n{STOP}\n\n:::\n\n:::exercise y\n\nLie.\n\n:::", True),
    (f":::exercise x\n\nSit.\n\n{STOP}\n\n:::", False),
    (":::exercise x\n\nSit.\n\n_Stop if it is too much._\n\n:::", False),
    (f":::exercise x\r\n\r\nSit.\r\n\r\n{STOP}\r\n\r\n:::", False),
    (f"> :::exercise x\n>\n> Sit.\n>\n> {STOP}\n>\n> :::", False),
    (":::note x\n\nSit.\n\n:::", False),
]


@pytest.mark.parametrize(("body", "is_found"), EXERCISES)
def test_an_exercise_says_when_to_stop(body, is_found):
    assert ("exercise.stop-rule" in codes(body)) == is_found


LINKS = [
    ("[](/articles/there/)", "link.wordless"),
    ("[ ](/articles/there/)", "link.wordless"),
    ("[**](https://example.org/)", ""),
    ("[x]()", "link.empty"),
    ("[x](<>)", "link.empty"),
    ("[x](articles/nope/)", "link.relative"),
    ("[x](articles/there/)", "link.relative"),
    ("[x](./there/)", "link.relative"),
    ("[x](../there/)", "link.relative"),
    ("[x](www.example.org)", "link.relative"),
    ("[x](example.org/page)", "link.relative"),
    ("[x](/articles/there/#nope)", "link.dead"),
    ("[x](/articles/nope/)", "link.dead"),
    ("[x](/nowhere/)", "link.dead"),
    ("[x](#nowhere)", "link.anchor"),
    ("[x](#)", "link.anchor"),
    ("[x](/admin/)", "link.unlinkable"),
    ("[x](/admin/articles/article/1/change/)", "link.unlinkable"),
    ("[x](/readyz)", "link.unlinkable"),
    ("[x](/newsletter/confirm/abc/)", "link.unlinkable"),
    ("[x](//example.org/)", "link.scheme"),
    ("[x](ftp://example.org/)", "link.scheme"),
    ("[x] (/articles/there/)", "link.miswritten"),
    ("[x](/articles/there/ more)", "link.miswritten"),
    ("[x](javascript:alert(1))", "link.miswritten"),
    ("[x][nobody]", "link.miswritten"),
    ("A claim.[^Known-2001]", "citation.miswritten"),
    ("A claim.[^ known-2001]", "citation.miswritten"),
    ("A claim.[^known 2001]", "citation.miswritten"),
    ("[x](/articles/there/)", ""),
    ("[x](/articles/there/#part)", ""),
    ("[x](https://example.org/a_(b))", ""),
    ("[x](mailto:someone@example.org)", ""),
    ("[116 123](tel:116123)", ""),
    ("[x](#one)\n\n## One\n\nTea.", ""),
    ("[x][there]\n\n[there]: /articles/there/", ""),
    ("He wrote [sic] (in 1999) that it was so.", ""),
    ("`[x](nowhere/)` is how it is written.", ""),
    ("A claim.[^known-2001]", ""),
]


@pytest.mark.parametrize(("body", "code"), LINKS)
def test_links_and_citations(body, code):
    wrong = {one for one in codes(body) if one.startswith(("link.", "citation."))}
    assert wrong == ({code} if code else set())


AVOID = [
    "She suffers from PTSD.",
    "He suffered badly from panic.",
    "PTSD sufferers know this.",
    "People afflicted with trauma.",
    "Addicts do this.",
    "The mentally ill need care.",
    "My boss is bipolar.",
    "She is so OCD.",
    "Your trauma response is fawn.",
    "Your response type is freeze.",
    "Your main stress response was flight.",
    "You are a fawner.",
    "She is a fawn type.",
    "This cures trauma.",
    "It will cure you, not only calm you.",
    "Not only does it heal, it lasts.",
    "It erases your fear.",
    "Breathing eliminates anxiety.",
    "You can overcome your trauma.",
    "It gets rid of panic.",
    "A miracle for sleep.",
    "Instant relief in one minute.",
    "It works every time.",
    "It is 100% safe.",
    "Live trauma-free.",
    "You will feel better.",
    "You'll be calm.",
    "It is backed by neuroscience.",
    "This is the only way to sleep.",
    "A lasting recovery is near.",
]
FINE = [
    "None of this is a cure.",
    "There is no cure for grief.",
    "It can't heal trauma.",
    "This isn’t a quick fix.",
    "Nothing here is guaranteed.",
    "No method is proven.",
    "Nobody is free of fear.",
    "It doesn't get rid of panic.",
    "There's no miracle in it.",
    "You may feel better after a while.",
    "If your trauma response is fawn, saying no is hard.",
    "A quiz can't tell whether your trauma response is freeze.",
    "She lives with PTSD.",
    "He drank a lot of tea.",
    "Suffering is part of life.",
    "It never works for all.".replace("never", "doesn't"),
]


@pytest.mark.parametrize("said", AVOID)
def test_clinical_words_and_overclaims_are_found(said):
    assert "word.avoid" in codes(f"A lead.\n\n{said}")


@pytest.mark.parametrize("said", FINE)
def test_what_denies_or_hedges_is_not(said):
    assert "word.avoid" not in codes(f"A lead.\n\n{said}")


CLAIMS = [
    "Research shows that 3 in 4 people did.",
    "One in five adults has been through this.",
    "Three out of four survivors say so.",
    "Two-thirds of women said yes.",
    "Half of all people sleep badly.",
    "A majority of veterans recover.",
    "About 30% got better.",
    "About 30 per cent got better.",
    "Nearly 40 percent did.",
    "A study of 1,200 people found it.",
    "They are twice as likely to smoke.",
    "It doubles the risk.",
    "Millions of people live with it.",
    "Scientists agree on this.",
    "The evidence suggests that it helps.",
    "A meta-analysis found little.",
    "On average it takes a month.",
    "Some 200 participants left.",
]
NO_CLAIMS = [
    "Take one breath out of the window.",
    "Count three things in the room.",
    "One thing at a time.",
    "It takes trial and error.",
    "Ask for a review.",
    "Half of you wants to run.",
    "Wait two minutes.",
    "People differ.",
]


@pytest.mark.parametrize("said", CLAIMS)
@pytest.mark.parametrize("place", ["body", "dek", "description", "takeaways", "caption"])
def test_a_claim_asks_for_a_source_wherever_it_stands(said, place):
    asked = ("claim.source", place)
    if place == "body":
        where = found(f"{said}\n\n## One\n\nTea.")
    elif place == "caption":
        where = found(":::picture path", AllThere(caption=said))
        asked = ("claim.source", "body")
    else:
        where = found("Tea.", **{place: [said] if place == "takeaways" else said})
    assert asked in {(code, at) for code, _, at in where}


@pytest.mark.parametrize("said", NO_CLAIMS)
def test_what_claims_nothing_asks_for_none(said):
    assert "claim.source" not in codes(f"{said}\n\n## One\n\nTea.", dek=said, takeaways=[said])


def test_a_claim_that_a_cited_section_makes_may_stand_in_the_lead():
    body = "Tea.\n\n## One\n\nA survey found it in 3 of 4 people.[^known-2001]"
    assert "claim.source" not in codes(body, dek="It was found in 3 of 4 people.")
    assert "claim.source" in codes(body, dek="It was found in 9 of 10 people.")
