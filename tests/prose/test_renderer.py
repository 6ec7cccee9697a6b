import re

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prose.document import count_words, parts, section
from prose.renderer import _cleaner, render

ALLOWED = {
    "p",
    "a",
    "em",
    "strong",
    "s",
    "h2",
    "h3",
    "h4",
    "ul",
    "ol",
    "li",
    "blockquote",
    "code",
    "pre",
    "hr",
    "br",
    "sup",
}
ALLOWED |= {"table", "thead", "tbody", "tr", "th", "td", "aside", "div"}


def elements(html):
    return html5lib.parseFragment(html, namespaceHTMLElements=False).iter()


def assert_is_safe(html):
    for element in elements(html):
        if not isinstance(element.tag, str) or element.tag == "DOCUMENT_FRAGMENT":
            continue
        assert element.tag in ALLOWED, element.tag
        for name, value in element.attrib.items():
            assert not name.startswith("on"), name
            assert name != "style"
            if name == "href":
                assert re.match(r"(https?:|mailto:|tel:|sms:|/(?!/)|#|$|[\w.-])", value), value
                assert not re.match(r"\s*(javascript|data|vbscript):", value, re.I)


def test_headings_get_stable_ids_and_duplicates_a_suffix():
    made = render("## What helps\n\na\n\n## What helps\n\nb\n\n### Detail")
    assert [(heading.level, heading.id) for heading in made.contents] == [
        (2, "what-helps"),
        (2, "what-helps-2"),
        (3, "detail"),
    ]


def test_an_id_survives_an_edit_elsewhere():
    before = render("## One\n\na\n\n## Two\n\nb").contents[1].id
    after = render("## Zero\n\nnew\n\n## One\n\nlonger\n\n## Two\n\nb").contents[2].id
    assert before == after == "two"


def test_a_stray_h1_becomes_a_section():
    assert "<h1" not in render("# Title").html
    assert render("# Title").contents[0].level == 2


def test_citations_are_numbered_by_first_mention_and_link_to_their_source():
    made = render("First.[^b-2001] Second.[^a-2000] Again.[^b-2001]")
    assert made.citations == {"b-2001": 2, "a-2000": 1}
    anchors = re.findall(
        r'<sup class="cite" id="([^"]+)"><a href="([^"]+)" aria-label="([^"]+)">(\d)', made.html
    )
    assert anchors == [
        ("cite-1-1", "#source-1", "Source 1", "1"),
        ("cite-2-1", "#source-2", "Source 2", "2"),
        ("cite-1-2", "#source-1", "Source 1", "1"),
    ]


def test_a_prefix_keeps_two_texts_on_one_page_apart():
    html = render("## Why\n\nWords.[^a-2000]", prefix="fawn-").html
    assert 'id="fawn-why"' in html
    assert 'href="#fawn-source-1"' in html


def test_blocks_are_left_for_the_page_to_fill_in():
    made = list(parts(render("Before.\n\n:::offer online-therapy\n\nAfter.\n\n:::quiz").html))
    assert [(part.kind, part.key) for part in made] == [
        ("", ""),
        ("offer", "online-therapy"),
        ("", ""),
        ("quiz", ""),
    ]


def test_a_container_carries_its_heading_as_its_name():
    html = render(":::exercise Feet and floor\n1. Press.\n\n*Stop if it feels worse.*\n:::").html
    assert '<aside class="exercise" aria-labelledby="exercise-1">' in html
    assert '<p class="exercise__title" id="exercise-1">Feet and floor</p>' in html


def test_containers_nest_with_a_longer_fence():
    html = render("::::note Outer\n:::exercise Inner\n1. Step.\n:::\n::::").html
    assert html.count("<aside") == html.count("</aside>") == 2


@pytest.mark.parametrize(
    ("markdown", "says"),
    [
        ("Words.\n\n:::banner\n\nWords.", "Line 3: There is no directive “:::banner”."),
        (":::offer", "Line 1: “:::offer” needs the key of an offer"),
        ("a\n\n![x](https://elsewhere.example/x.png)", "Line 3: Pictures are uploaded at the desk"),
        ("[x](//evil.example)", "has no https:// in front"),
        ("[x](https://bank.example@evil.example)", "hides its address behind an @"),
    ],
)
def test_it_tells_the_editor_what_to_mend_and_where(markdown, says):
    [problem] = render(markdown).problems
    assert says in str(problem)


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<ScRiPt/x>alert(1)</script>",
        "<svg onload=alert(1)>",
        "<img src=x onerror=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'>",
        "<object data=x></object><embed src=x><base href=//x><meta http-equiv=refresh><link rel=x><form action=x>",
        "<style>*{display:none}</style>",
        "<scr<script>ipt>alert(1)</script>",
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](jav\tascript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        ":::note <img src=x onerror=alert(1)>\nx\n:::",
        ':::note " onclick="alert(1)\nx\n:::',
        '<div data-block="offer:online-therapy"></div>',
    ],
)
def test_an_attack_stays_text(attack):
    html = render(attack).html
    assert_is_safe(html)
    assert "data-block" not in re.sub(r"&[lg]t;.*", "", html)


def test_template_code_stays_literal():
    assert "{{ 7*7 }} {% load x %}" in render("{{ 7*7 }} {% load x %}").html


@given(st.text(max_size=400))
def test_any_text_comes_out_safe_and_cleaned_for_good(text):
    html = render(text).html
    assert_is_safe(html)
    assert _cleaner.clean(html) == html


def test_words_are_counted_as_a_reader_reads_them():
    assert count_words(render("One two, three.[^a-2000]\n\n:::quiz\n\nIt's four.").html) == 5


def test_quotes_become_typographic():
    assert "“It’s fine”" in render('"It\'s fine"').html


def test_a_section_is_what_stands_under_its_heading():
    html = render(
        "Before.\n\n## One\n\nFirst.\n\n### Deeper\n\nStill.\n\n## Two & more\n\nLast."
    ).html
    assert section(html, "one") == '<p>First.</p>\n<h3 id="deeper">Deeper</h3>\n<p>Still.</p>'
    assert section(html, "two-more") == "<p>Last.</p>"
    assert section(html, "three") == section(html, "deeper") == ""
    assert section(html, ".*") == ""


@pytest.mark.parametrize(
    ("link", "is_fine"),
    [
        ("[116 123](tel:116123)", True),
        ("[020 7946 0000](tel:+442079460000)", True),
        ("[text 85258](sms:85258)", True),
        ("[116 124](tel:116123)", False),
        ("[0116 123](tel:116123)", False),  # the 0 stands for a country's code alone
        ("[0920 7946](tel:+44207946)", False),
        ("[220 7946](tel:+44207946)", False),
        ("[call us](tel:116123)", False),
    ],
)
def test_a_number_to_call_is_the_one_a_reader_sees(link, is_fine):
    assert [str(problem) for problem in render(link).problems if is_fine] == []
    assert bool(render(link).problems) is not is_fine


def test_a_directive_is_one_line_and_takes_nothing_of_the_next():
    made = list(parts(render(":::quiz\nWords after.\n:::guide\n\nThe end.").html))
    assert [part.kind for part in made] == ["quiz", "", "guide", ""]
    assert "Words after." in made[1].html


def test_a_directive_ends_the_paragraph_above_it():
    made = list(parts(render("Words before.\n:::quiz\n\nThe end.").html))
    assert [part.kind for part in made] == ["", "quiz", ""]
    assert made[0].html.strip() == "<p>Words before.</p>"


def test_a_pull_quote_and_an_exercise_are_what_they_are_called():
    assert render(":::quote\nIt passed.\n:::").html.startswith('<blockquote class="pull">')
    assert render(":::exercise\n1. Sit.\n:::").html.startswith('<aside class="exercise">')


def test_an_id_that_looks_numbered_is_counted_from_its_own_first():
    made = render("## A\n\n## A\n\n## A 2")
    assert [heading.id for heading in made.contents] == ["a", "a-2", "a-2-2"]


def test_a_directive_may_be_indented_a_little():
    for indent in range(4):
        assert 'data-block="quiz:"' in render(f"One.\n\n{' ' * indent}:::quiz\n\nTwo.").html
