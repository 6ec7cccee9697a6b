"""Fragments: what pages are put together of. They change no byte, outlive no change, and hold nothing of a person."""

import io
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.shortcuts import render
from django.test import RequestFactory
from django.utils.safestring import mark_safe

from articles.models import Article, Response
from newsletter.models import FormRequest
from tests.edge import get, make_edge
from trustsite.web.form_guard import form_token
from trustsite.web.serving import fragments
from trustsite.web.serving.fragments import (
    FRAGMENTS,
    MAX_BYTES,
    MISSING,
    Fragments,
    plain,
    recall,
    recall_each,
    remembered,
    used,
)

pytestmark = pytest.mark.django_db

ARTICLE = "/articles/grounding-techniques/"
PAGES = {  # the most statements that each costs when everything was forgotten
    ARTICLE: 5,
    "/articles/": 2,
    "/responses/fawn/": 3,
    "/search/?q=stress": 4,
    "/quiz/": 3,
    "/guide/": 1,
}
WITH_FRAGMENTS = {ARTICLE: 4}  # when they are there, and 2 elsewhere
if connection.vendor == "postgresql":  # a look for words is up to three statements there
    PAGES["/search/?q=stress"] += 2
    WITH_FRAGMENTS["/search/?q=stress"] = 4


@pytest.fixture
def edge(content):
    return make_edge()


def ask(edge, path, fields=None):
    """Return Django's answer, as if nothing were kept but fragments."""
    return edge.respond(environ(edge, path, fields))


def environ(edge, path, fields=None):
    path, _, query = path.partition("?")
    made = edge.environ_of(path) | {"QUERY_STRING": query}
    if fields is None:
        return made
    body = urlencode(fields).encode()
    kind = "application/x-www-form-urlencoded"
    return made | {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }


def sheet(letters="abcd"):
    """Return a quiz's answers; whose the letters are decides what comes out."""
    answers = {f"q{number:02}": letters[number % len(letters)] for number in range(1, 13)}
    return answers | {"version": "2"}


def statements(edge, path):
    sent = []

    def note(execute, sql, *args):
        sent.append(sql)
        return execute(sql, *args)

    with connection.execute_wrapper(note):
        assert ask(edge, path).status == 200
    return sent


def test_a_page_is_the_same_with_fragments_and_without(edge):
    asked = [(path, None) for path in PAGES] + [("/quiz/", sheet()), ("/quiz/", sheet("a"))]
    asked += [("/no/such/page/", None), ("/newsletter/subscribe/", {"address": "a"})]
    for path, fields in asked:
        without = edge.ask(environ(edge, path, fields))
        made, again = ask(edge, path, fields), ask(edge, path, fields)
        assert (
            (without.status, without.body) == (made.status, made.body) == (again.status, again.body)
        )
    assert FRAGMENTS.kept


@pytest.mark.parametrize("path", PAGES)
def test_a_page_costs_few_statements(edge, path):
    statements(edge, path)  # what a process reads once
    FRAGMENTS.forget()
    assert len(statements(edge, path)) <= PAGES[path]
    assert len(statements(edge, path)) <= WITH_FRAGMENTS.get(path, 2)


def test_a_result_costs_no_statement(edge):
    ask(edge, "/quiz/", sheet())
    with connection.execute_wrapper(lambda *args: pytest.fail("asked the database")):
        assert ask(edge, "/quiz/", sheet()).status == 200


def change_responses(words):
    for response in Response.objects.all():
        response.body = f"## {words}\n\nAnd more of them."
        response.save()


def test_an_edit_is_in_the_next_page_that_isnt_kept(edge):
    assert b"Wholly other words" not in ask(edge, "/quiz/", sheet("a")).body
    change_responses("Wholly other words")
    assert b"Wholly other words" in ask(edge, "/quiz/", sheet("a")).body


def test_without_forgetting_the_edit_would_be_in_none(edge, monkeypatch):
    ask(edge, "/quiz/", sheet("a"))
    monkeypatch.setattr(FRAGMENTS, "forget", lambda: None)
    change_responses("Wholly other words")
    assert b"Wholly other words" not in ask(edge, "/quiz/", sheet("a")).body


def test_an_edit_elsewhere_is_heard_of_with_the_version(edge, monkeypatch):
    """Another process saves: this one hears of it by the version alone."""
    ask(edge, "/quiz/", sheet("a"))
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(FRAGMENTS, "forget", lambda: None)
        change_responses("Wholly other words")
    get(edge, "/quiz/")  # looks at the version first
    assert b"Wholly other words" in ask(edge, "/quiz/", sheet("a")).body


def test_a_card_under_an_article_changes_with_its_title(edge):
    slug = Article.objects.get(slug="grounding-techniques").related[0]
    ask(edge, ARTICLE)
    other = Article.objects.get(slug=slug)
    other.title = "A title that nobody had"
    other.save()
    assert b"A title that nobody had" in ask(edge, ARTICLE).body


def said_by_fragments():
    return "\n".join(
        f"{key} {getattr(value, '__dict__', value)}" for key, value in FRAGMENTS.kept.items()
    )


def test_nothing_of_a_person_is_in_a_fragment(edge):
    address = "somebody@site.example"
    signed = {"address": address, "stamp": form_token()}
    ask(edge, "/quiz/", sheet())
    ask(edge, "/newsletter/subscribe/", signed)
    ask(edge, "/newsletter/subscribe/", signed | {"address": "no-address-of-anybody"})
    ask(edge, "/search/?q=unmistakable+words")
    kept = len(FRAGMENTS.kept)
    ask(edge, "/quiz/", dict(reversed(sheet().items())))  # the same outcome, in another order
    assert len(FRAGMENTS.kept) == kept
    said = said_by_fragments()
    assert FormRequest.objects.count() == 1
    for personal in (
        address,
        "no-address-of-anybody",
        "unmistakable",
        'name="q01"',
        'class="result__firm"',
    ):
        assert personal not in said


def test_one_with_answers_in_it_would_be_found(edge):
    with used():
        recall(("answers",), lambda: '<input name="q01" value="a">')
    assert 'name="q01"' in said_by_fragments()


def page(values, slots, name="quiz/result.html"):
    """Return a page with slots, made as for a request."""
    with used():
        return fragments.page_with_slots(RequestFactory().get("/quiz/"), name, values, slots)


LAYOUT = {"address": "/quiz/", "number": 2, "is_complete": True, "has_figures": True, "longer": ""}
SLOTS = dict.fromkeys(
    ("heading", "bars", "basis", "tonight", "facets", "onward", "share", "hidden"), ""
)


@pytest.mark.parametrize("over", [{}, {"is_complete": False}, {"longer": "/quiz/longer/"}])
def test_a_page_with_slots_is_as_an_ordinary_rendering_makes_it(over):
    values = LAYOUT | over
    for name in "ab":  # the second time it is filled alone
        slots = {slot: mark_safe(f"<b>{slot} {name}</b>") for slot in SLOTS}
        request = RequestFactory().get("/quiz/")
        ordinary = render(request, "quiz/result.html", {**values, **slots}).content.decode()
        assert page(values, slots) == ordinary
        assert all(f"<b>{slot} {name}</b>" in ordinary for slot in SLOTS)
    assert sum(key[0] == "quiz/result.html" for key in FRAGMENTS.kept) == 1


def test_a_slot_is_escaped_unless_it_is_markup_and_what_it_says_is_never_taken_for_another():
    made = page(LAYOUT, SLOTS | {"heading": "<i>\0hidden\0", "hidden": mark_safe("<i>own")})
    assert ["&lt;i&gt;\0hidden\0" in made, made.count("<i>own")] == [True, 1]


def test_what_a_page_is_made_of_once_is_plain_and_its_slots_are_in_no_fragment():
    page(LAYOUT, SLOTS | {"heading": "somebody’s own"})
    assert "somebody’s own" not in said_by_fragments()
    assert "We don’t keep this page" in said_by_fragments()
    with pytest.raises(TypeError):
        page(LAYOUT | {"answers": {}}, SLOTS)


def test_what_isnt_plain_is_refused():
    for value in ([], {}, Article(), object(), ({},)):
        with pytest.raises(TypeError):
            plain(value)
    assert plain(1) != plain(True)
    assert len({plain(value) for value in ("a", 1, None, ("a", 1))}) == 4


def test_elsewhere_than_in_a_request_nothing_is_kept():
    assert [recall(("a",), lambda: "made"), FRAGMENTS.find(("a",))] == ["made", MISSING]
    with used():
        recall(("a",), lambda: "made")
    assert FRAGMENTS.find(("a",)) == "made"


def test_what_was_begun_before_a_change_isnt_kept_after_it():
    with used():
        FRAGMENTS.forget()
        recall(("a",), lambda: "old")
    assert FRAGMENTS.find(("a",)) is MISSING


def test_fragments_are_bounded_and_the_least_used_goes(monkeypatch):
    kept = Fragments()
    monkeypatch.setattr(fragments, "MAX_BYTES", 2_000)
    for key in "abc":
        kept.keep((key,), "x" * 400, 0)
        kept.find(("a",))
    assert [kept.find((key,)) is MISSING for key in "abc"] == [False, True, False]
    assert kept.size <= 2_000 < MAX_BYTES


def test_a_failure_isnt_remembered():
    answers = iter([OSError, "there"])

    @remembered
    def read(key):
        if (answer := next(answers)) is OSError:
            raise OSError
        return answer

    with used():
        with pytest.raises(OSError):
            read("a")
        assert [read("a"), read("a")] == ["there", "there"]


def test_of_many_rows_those_that_arent_remembered_are_read_at_once():
    asked = []

    def read(keys):
        asked.append(keys)
        return {key: key.upper() for key in keys if key != "gone"}

    with used():
        assert recall_each("row", ["a", "gone"], read) == {"a": "A"}
        assert recall_each("row", ["b", "a", "gone"], read) == {"b": "B", "a": "A"}
    assert asked == [["a", "gone"], ["b"]]
