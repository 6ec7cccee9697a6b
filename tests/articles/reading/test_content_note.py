"""The line that says what an article touches on, and the way past it."""

import pytest

from tests.factories import make_article

pytestmark = pytest.mark.django_db

BODY = "Lead.\n\n## When help hurts\n\na\n\n## How it shows\n\nb\n\n## What helps\n\nc"


@pytest.fixture
def note(client, parse):
    """Return a function that gives an article's note and its whole page."""

    def note(**over):
        make_article(slug="noted", content_note="Mentions loss, without detail.", **over)
        document = parse(client.get("/articles/noted/"))
        return document.find(".//p[@class='content-note']"), document

    return note


def target(line, document):
    [link] = line.iter("a")
    return document.find(f".//*[@id='{link.get('href')[1:]}']")


def test_it_leads_to_the_section_on_what_helps_and_not_to_the_first(note, text_of):
    line, document = note(body=BODY)
    assert text_of(line) == (
        "A note on what’s here: Mentions loss, without detail. You can skip to “What helps”."
    )
    assert text_of(target(line, document)) == "What helps"


def test_without_such_a_section_it_leads_past_the_text_to_the_takeaways(note, text_of):
    line, document = note(takeaways=["One.", "Two.", "Three."])
    assert text_of(line).endswith("You can skip to the points to take away.")
    assert text_of(target(line, document)) == "To take away"


def test_without_either_it_offers_no_way_that_is_not_there(note, text_of):
    line, _ = note()
    assert text_of(line).endswith("without detail.")


@pytest.mark.parametrize(
    "over", [{"body": BODY}, {"takeaways": ["One."]}], ids=["a section", "the takeaways"]
)
def test_what_it_leads_to_can_take_the_focus(note, over):
    assert target(*note(**over)).get("tabindex") == "-1"


def test_every_launch_article_with_a_note_has_a_way_past_it(content, client, parse):
    from articles.models import Article

    noted = Article.objects.published().exclude(content_note="")
    assert noted
    for article in noted:
        document = parse(client.get(article.get_absolute_url()))
        line = document.find(".//p[@class='content-note']")
        assert target(line, document) is not None, article.slug
