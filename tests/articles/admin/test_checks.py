import pytest

from articles.admin import checks
from articles.models import Article
from tests.articles.desk import ADD, address, log_in, opened
from tests.factories import make_article, make_source, make_topic
from trustsite.models import Autosave

pytestmark = pytest.mark.django_db
FINDINGS = "/admin/articles/article/findings/"


@pytest.fixture
def writer():
    make_topic()
    return log_in("Writers")


def ask(browser, **over):
    return browser.post(
        FINDINGS, {"title": "New", "slug": "new", "body": "Lead.", "part": "1"} | over
    )


def items(response, parse, text_of):
    return [
        text_of(item)
        for item in parse(f"<!DOCTYPE html><title>x</title>{response.content.decode()}").iter("li")
    ]


def test_what_is_typed_is_looked_through_with_its_lines(writer, parse, text_of):
    response = ask(writer, body="Lead.[^nobody-1900]\n\n:::banner\n\n[Away](/nowhere/)")
    page = parse(f"<!DOCTYPE html><title>x</title>{response.content.decode()}")
    blocking = [item for item in page.iter("li") if "findings__item--blocks" in item.get("class")]
    assert [item.get("data-line") for item in blocking] == ["1", "3", "5"]
    assert text_of(blocking[0]).startswith("Line 1. There is no source “nobody-1900”.")


def test_a_mended_text_is_found_mended(writer, parse, text_of):
    assert any(
        "no source" in item for item in items(ask(writer, body="Lead.[^a-1]"), parse, text_of)
    )
    make_source(key="a-1", checked=True)
    assert not any(
        "source" in item for item in items(ask(writer, body="Lead.[^a-1]"), parse, text_of)
    )


def test_an_article_that_is_written_is_not_missing_to_itself(parse, text_of):
    body = "[Again](/articles/slow/) and [away](/articles/fast/)."
    article = make_article(slug="slow", body=body, state="draft", publish_at=None)
    writer = log_in("Writers")
    fields = opened(writer, address(article)) | {"part": "1"}
    told = items(writer.post(FINDINGS, fields), parse, text_of)
    [missing] = [item for item in told if "no page" in item]
    assert "/articles/fast/" in missing


def test_it_says_how_long_the_text_is(writer, parse):
    section = parse(
        f"<!DOCTYPE html><title>x</title>{ask(writer, body='word ' * 500).content.decode()}"
    ).find(".//section")
    assert section.get("data-words") == "500 words, 3 minutes to read"


def test_nothing_is_saved(writer):
    article = make_article(title="As it was", state="draft", publish_at=None)
    writer.post(FINDINGS, opened(writer, address(article)) | {"title": "Other", "body": "Other."})
    assert Article.objects.get().title == "As it was"
    assert not Autosave.objects.exists()
    assert article.history.count() == 1


def test_without_a_script_it_is_a_page_for_the_frame(writer, parse, text_of):
    response = writer.post(FINDINGS, opened(writer, ADD) | {"body": ":::banner"})
    page = parse(response)
    assert text_of(page.find(".//h1")) == "What to look at"
    assert "There is no directive “:::banner”" in text_of(page.find(".//main"))
    assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]
    assert "sandbox allow-same-origin" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_many_findings_are_cut_short_and_counted(writer, parse, text_of):
    response = ask(writer, body=":::banner\n\n" * 150)
    page = parse(f"<!DOCTYPE html><title>x</title>{response.content.decode()}")
    assert len(list(page.iter("li"))) == checks.MOST
    number = int(text_of(page.find(".//h2")).split()[0])
    assert number >= 150
    assert f"And {number - checks.MOST} more" in text_of(page)


def test_a_text_without_end_is_not_looked_through(writer, parse, text_of):
    [told] = items(ask(writer, body="#" * (checks.LONGEST + 1)), parse, text_of)
    assert checks.TOO_LONG in told


@pytest.mark.parametrize(
    "over",
    [
        {
            "body": "<script>alert(1)</script>\n\n## <img onerror=alert(1)>\n\n## <img onerror=alert(1)>"
        },
        {"related": "<b>\n../../x", "slug": "../..", "topic": "999999"},
        {"state": "no such state", "publish_at_0": "yesterday", "updated_at_0": "\0"},
        {"form_token": "not ours", "body": "\0[^\0]"},
    ],
    ids=["markup", "paths", "values", "notes"],
)
def test_nothing_posted_is_too_strange(writer, over):
    response = ask(writer, **over)
    assert response.status_code == 200
    assert b"<script" not in response.content
    assert b"<img" not in response.content


def test_an_empty_form_is_looked_through_too(writer):
    assert writer.post(FINDINGS, {}).status_code == 200


def test_it_is_for_who_may_write(client):
    assert client.post(FINDINGS, {}).status_code == 302
    assert log_in("List managers").post(FINDINGS, {}).status_code == 403
    assert log_in("Writers").get(FINDINGS).status_code == 405
