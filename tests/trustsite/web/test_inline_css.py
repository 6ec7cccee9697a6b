"""Each kind of page carries its own components' CSS, the whole of it and nothing else."""

import base64
import hashlib
import re
from collections import defaultdict
from types import SimpleNamespace
from urllib.parse import urldefrag, urljoin

import pytest
from django.core import mail
from django.core.cache import cache
from django.shortcuts import render
from django.test import Client
from django.utils import timezone
from django.views.defaults import server_error

from articles.reading import lists
from articles.templatetags.articles import CLASSES
from newsletter.emails import messages
from quiz.models import Version
from tests.factories import (
    make_article,
    make_delivery,
    make_letter,
    make_picture,
    make_source,
    make_subscriber,
)
from tests.quiz.conftest import example
from tests.trustsite.web import css_use
from trustsite.web.form_guard import form_token
from trustsite.web.inline_css import stylesheet, stylesheet_in
from trustsite.web.security_headers import page_policy

OUTCOMES = ["A", "B", "C", "D", "E", "F", "H", "K", "C1"]
START = [
    "/",
    "/search/",
    "/search/?q=sleep",
    "/search/?q=abusive+partner+kill+myself",
    "/nowhere/",
    "/dev/mail/",
]
# Templates whose text comes from a tag, so that they can't ask what occurs in it.
STYLE_GUIDE = "scheme"  # the component that only /dev/style/ has
WITH_ANY_TEXT = {"newsletter/issue.html", "quiz/result.html"}
BODY = """A lead.[^author]

## First

:::quote
Words that stand out.
:::

:::exercise Try this
1. One step.
:::

:::note A note
Words.
:::

| One | Two |
| --- | --- |
| a | b |

:::picture garden

:::offer online-therapy

## Second

Words.

## Third

More.
"""


class Pages:
    """What the tests look at: pages by a name, each with its template."""

    def __init__(self, client):
        self.client, self.found = client, {}

    def add(self, name, response):
        kind = response.headers.get("Content-Type", "")
        if kind.startswith("text/html") and response.status_code not in {301, 302}:
            templates = [one.name for one in getattr(response, "templates", [])]
            # Of a page's parts some are rendered before it: its own template is the one that extends base.html.
            own = templates.index("base.html") - 1 if "base.html" in templates else 0
            sheet = stylesheet_in(response.content)
            assert sheet, name
            self.found[name] = SimpleNamespace(
                html=response.content.decode(),
                template=templates[own] if templates else name,
                policy=response.headers.get("Content-Security-Policy"),
                sheet=sheet,
            )
        return response

    def crawl(self, waiting):
        waiting = list(waiting)
        while waiting:
            path = waiting.pop()
            if path in self.found or path.startswith(("/guide/t", "/newsletter/settings/")):
                continue
            self.add(path, self.client.get(path))
            if path in self.found:
                waiting += links(path, self.found[path].html)


def links(path, html):
    for target in re.findall(r'<a [^>]*href="([^"]*)"', html):
        place = urldefrag(urljoin(f"http://x{path}", target.replace("&amp;", "&"))).url
        if place.startswith("http://x/") and not place.endswith((".pdf", ".eml")):
            yield place.removeprefix("http://x")


def posts_of_the_quiz():
    newest = Version.objects.live().get(quiz__slug="short").number
    for letter in OUTCOMES:
        yield letter, "/quiz/", {"version": newest, **example(letter)[1]}
    ticks = example("A")[1]
    yield "change", "/quiz/", {"version": newest, "change": "1", **ticks}
    yield "doubt", "/quiz/", {"version": newest, **ticks, next(iter(ticks)): "nonsense"}
    yield "longer", "/quiz/longer/", {"short": newest, **ticks}
    yield "unread", "/quiz/", {"version": "999"}


@pytest.fixture(scope="module")
def _made():
    return {}


@pytest.fixture
def pages(request, _made):
    """All pages, made once for all that look at them."""
    if not _made:
        _made.update(request.getfixturevalue("made_pages"))
    return _made


@pytest.fixture
def made_pages(content, client, rf, settings, tmp_path, monkeypatch):
    """Every page of the launch content, each outcome of the quiz, the newsletter's pages, and what goes wrong."""
    settings.MAIL_DIR = tmp_path / "mail"
    cache.clear()
    make_picture(key="garden", caption="A caption.")
    make_source(key="author")
    article = make_article(slug="everything", body=BODY, takeaways=["One."], title="Everything")
    make_article(slug="gone", state="withdrawn", withdrawn_note="It was wrong.")
    pages = Pages(client)
    people = [
        make_subscriber(address="ann@example.org", state="pending"),
        make_subscriber(address="bob@example.org", wants_letters=True),
    ]
    rows = [
        make_delivery(kind="confirm", subscriber=people[0]),
        make_delivery(subscriber=people[1]),
    ]
    mails = [messages.render(row) for row in rows]
    mail.get_connection("newsletter.emails.dev_mailbox.FolderBackend").send_messages(mails)
    in_archive = {"state": "sent", "in_archive": True, "finished_at": timezone.now()}
    make_letter(sent_subject="A letter", **in_archive)
    pages.crawl([*START, article.get_absolute_url(), "/articles/gone/", "/newsletter/issues/"])
    for name in ("MOST", "PAGE"):
        monkeypatch.setattr(lists, name, 2)  # so that lists are long
    for path in (f"/articles/after/{article.slug}/", "/topics/skills/"):
        pages.add(f"{path} of a long list", client.get(path))
    for name, path, data in posts_of_the_quiz():
        pages.add(name, client.post(path, data))
    for path in ("/newsletter/subscribe/", "/newsletter/your-data/"):
        pages.add(f"{path} wrong", client.post(path, {"address": "nonsense"}))
        fields = {"address": "cat@example.org", "stamp": form_token()}
        pages.add(f"{path} right", client.post(path, fields))
    addresses = set(re.findall(r"/newsletter/\w+/[^\s/]+/", "".join(one.body for one in mails)))
    for path in sorted(addresses):
        pages.add(path, client.get(path))
        pages.add(f"{path} wrong", client.post(path, {"wish": "move", "address": "nonsense"}))
        pages.add(f"{path} pressed", client.post(path, {"wish": "pause"}))
        pages.add(f"{path} gone", client.get(f"{path[:-3]}/"))
    elsewhere = {"sec-fetch-site": "cross-site", "origin": "https://elsewhere.example"}
    pages.add("403", Client(headers=elsewhere).post("/newsletter/subscribe/", {}))
    pages.add("500.html", server_error(rf.get("/")))
    newsletter = ("newsletter/retry_later.html", "newsletter/moved.html")
    for name in (*newsletter, "csrf_failure.html", "quiz/none.html"):
        pages.add(name, render(rf.get("/"), name))
    pages.add("quiz/none.html", render(rf.get("/"), "quiz/none.html", {"is_longer": True}))
    pages.add("refused.html", render(rf.get("/"), "refused.html", {"status": 503}))
    return pages.found


@pytest.fixture
def templates():
    return css_use.templates_of_pages()


def test_every_template_of_a_page_is_looked_at(pages, templates):
    assert {page.template for page in pages.values()} == templates.keys()


def test_every_page_carries_the_components_it_needs(pages):
    missing = {
        name: needed - page.sheet.components
        for name, page in pages.items()
        if not (needed := css_use.needed(page.html)) <= page.sheet.components
    }
    assert missing == {}


def test_no_kind_of_page_carries_a_component_that_none_of_its_pages_needs(pages, templates):
    carried, needed = defaultdict(set), defaultdict(set)
    for page in pages.values():
        kind = page.template if templates[page.template] else "base.html"
        carried[kind] |= page.sheet.components
        needed[kind] |= css_use.needed(page.html)
    for kind in WITH_ANY_TEXT:
        needed[kind] |= set(CLASSES.values())
    for_nothing = {kind: carried[kind] - needed[kind] for kind in carried}
    assert {kind: names for kind, names in for_nothing.items() if names} == {}


def test_every_rule_could_match_something_and_every_class_has_one(pages):
    used, unknown = set(), set()
    for page in pages.values():
        used.update(css_use.used_rules(page.html))
        unknown |= css_use.undefined(page.html)
    dead = {(component, selector) for component, selector, _ in css_use.rules()} - used
    dead = {(component, selector) for component, selector in dead if component != STYLE_GUIDE}
    assert sorted(dead) == []
    assert sorted(unknown) == []


def test_each_page_allows_its_own_style_and_no_other(pages):
    for name, page in pages.items():
        digest = hashlib.sha256(str(page.sheet).encode()).digest()
        allowed = f"style-src 'sha256-{base64.b64encode(digest).decode()}';"
        assert allowed in (page.policy or allowed), name
    assert len({page.sheet for page in pages.values()}) > 10


def test_a_component_left_out_and_one_too_many_would_be_seen():
    page = '<div class="prose"><blockquote class="pull">Words</blockquote></div>'
    assert css_use.needed(page) == {"prose", "pull"}
    assert css_use.needed(page.replace("pull", "quote")) == {"prose"}
    assert css_use.undefined('<p class="dek pul">') == {"pul"}


@pytest.mark.parametrize(
    ("selector", "ways"),
    [
        (".a.b > .c:hover", [({"a", "b", "c"}, set())]),
        (":is(.a, .b h2) a", [({"a"}, {"a"}), ({"b"}, {"h2", "a"})]),
        (".a:not(.b, :target)::after", [({"a"}, set())]),
        (
            ".a:is(:hover, :has(:checked)), mark",
            [({"a"}, set()), ({"a"}, set()), (set(), {"mark"})],
        ),
    ],
)
def test_what_a_selector_asks_for(selector, ways):
    assert [css_use.wanted(one) for one in css_use.alternatives(selector)] == ways


def test_a_component_without_a_file_is_an_error_and_not_a_page_without_styles():
    with pytest.raises(FileNotFoundError):
        stylesheet(["buton"])


def test_the_cascade_is_in_the_same_order_whatever_a_template_names_first():
    assert stylesheet(["prose", "card"]) == stylesheet(["card", "prose"])


def test_a_style_that_is_not_ours_is_not_allowed():
    assert "style-src 'none'" in page_policy(b"<style>* { color: red }</style>")
    assert "style-src 'none'" in page_policy(b"")
