"""How every mail looks where a mail program keeps, replaces or strips what it holds: whatever it does, words can be read."""

import re

import pytest

from newsletter.emails import samples
from newsletter.models import Delivery, Letter

pytestmark = pytest.mark.django_db  # a mail's words may be an editor's own

WORDS = """<h2>A heading</h2><h3>A smaller one</h3><h4>And one more</h4>
<p>Words, a <a href="https://site.example/">link</a>, <strong>strong</strong>, <em>stressed</em> and <code>code</code>.</p>
<ul><li>One, <a href="https://site.example/">linked</a></li><li><p>Two</p></li></ul><ol><li>Three</li></ol>
<blockquote><p>Said by somebody.</p></blockquote><hr>
<aside class="note"><p class="note__title">A note</p><p>Its words.</p></aside>
<aside class="offer"><p><strong>Ad · affiliate link</strong></p><p>Its words. <a href="/">How</a>.</p>
<p><a class="button" href="https://partner.example/">Look</a></p></aside>
<table><thead><tr><th>Head</th></tr></thead><tbody><tr><td>Cell</td></tr></tbody></table><pre>as it stands</pre>"""
LETTER = Letter(sent_subject="A quiet morning", sent_html=WORDS, sent_text="Words")
# What programs put around a mail of theirs, by the reader's theme.
AROUND = {"light": ("#ffffff", "#1f1f1f"), "dark": ("#1b1b1b", "#e8e8e8")}
MIN_CONTRAST = 4.5

MEASURE = """() => {
  const parse = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n }
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    return .2126 * x + .7152 * y + .0722 * z
  }
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor)
      if (colour[3]) return colour
    }
    return [255, 255, 255, 1]
  }
  const found = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    if (!walker.currentNode.data.trim() || !element.getClientRects().length) continue
    const style = getComputedStyle(element)
    const [a, b] = [light(parse(style.color)), light(behind(element))].sort((x, y) => y - x)
    found.push([(a + .05) / (b + .05), element.tagName, walker.currentNode.data.trim().slice(0, 40),
      style.fontFamily, parseFloat(style.fontSize), parseFloat(style.lineHeight) / parseFloat(style.fontSize)])
  }
  return [found, document.documentElement.scrollWidth]
}"""


def html_of(kind):
    letter = LETTER if kind == Delivery.Kind.LETTER else None
    return str(samples.render(kind, letter=letter).alternatives[0][0])


def as_it_is(html, scheme):
    return html


def in_a_div(html, scheme):
    """Return the mail as programs show it that make an element of theirs of `<body>`, with its own styles."""
    styles = "".join(re.findall(r"<style.*?</style>", html, re.S))
    attributes, inside = re.search(r"<body([^>]*)>(.*)</body>", html, re.S).groups()
    return _around(styles, f"<div{attributes}>{inside}</div>", scheme)


def stripped(html, scheme):
    """Return the mail as programs show it that drop `<body>` and keep no styles but those in the elements."""
    return _around("", re.search(r"<body[^>]*>(.*)</body>", html, re.S)[1], scheme)


def _around(styles, inside, scheme):
    paper, ink = AROUND[scheme]
    page = f'<body style="margin:0;background:{paper};color:{ink};font:16px serif">'
    return f"<!doctype html><html><head>{styles}</head>{page}<div>{inside}</div></body></html>"


SHAPES = {"as it is": as_it_is, "in a div": in_a_div, "stripped": stripped}


@pytest.fixture(scope="module")
def screen(browser):
    context = browser.new_context(viewport={"width": 390, "height": 900}, offline=True)
    yield context.new_page()
    context.close()


def measure(screen, html, scheme):
    screen.emulate_media(color_scheme=scheme)
    screen.set_content(html)
    return screen.evaluate(MEASURE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_word_of_every_mail_can_be_read(screen, shape, scheme):
    for kind in Delivery.Kind:
        found, width = measure(screen, SHAPES[shape](html_of(kind), scheme), scheme)
        assert len(found) >= 5
        assert [one for one in found if one[0] < MIN_CONTRAST] == [], kind
        assert width <= 390, kind


@pytest.mark.parametrize("shape", SHAPES)
def test_face_size_and_leading_stay_whatever_becomes_of_the_body(screen, shape):
    found, _ = measure(screen, SHAPES[shape](html_of(Delivery.Kind.LETTER), "light"), "light")
    for _, tag, words, face, size, leading in found:
        assert tag in {"CODE", "PRE"} or re.match("Figtree|Newsreader", face), words
        assert tag in {"CODE", "PRE"} or size >= 14, words
        assert tag in {"CODE", "PRE"} or leading >= 1.1, words


def test_rules_for_the_body_alone_are_lost_with_it(screen):
    """The twin: with dark rules for the body in place of the words' own, words are dark on dark."""
    html = html_of(Delivery.Kind.LETTER)
    rule = re.search(r"\.inside, \.inside p,[^{}]*\{[^}]*\}", html)
    before = html.replace(rule[0], "body { color: #e9e5dc !important; }")
    found, _ = measure(screen, in_a_div(before, "dark"), "dark")
    assert min(one[0] for one in found) < 2
