"""Long texts: what rendering one costs grows with its length and no faster, and there is an end to the length."""

import pytest

from articles.models import Article
from prose import renderer
from prose.rules import keys
from prose.rules.source_files import stored_text
from tests.articles.desk import errors, log_in, save
from tests.factories import make_article, make_page
from tests.processor_time import processor_time

SIZE = 600
KINDS = {
    "the same heading": lambda number: "# a\n\n" * number,
    "headings with numbers": lambda number: "".join(
        f"# a\n\n# a {place}\n\n" for place in range(number)
    ),
    "links in one line": lambda number: "[a](/b/) " * number,
    "numbers to call": lambda number: "[116 123](tel:116123) " * number,
    "sources": lambda number: "".join(f"a[^s-{place}] " for place in range(number)),
    "pictures": lambda number: "".join(f":::picture p-{place}\n\n" for place in range(number)),
}


def growth(work, kind):
    """Return how much longer four times the text takes: four times when it is linear, sixteen when it is square."""
    long, short = KINDS[kind](4 * SIZE), KINDS[kind](SIZE)
    return processor_time(lambda: work(long)) / processor_time(lambda: work(short))


@pytest.mark.parametrize("kind", KINDS)
def test_rendering_takes_as_much_longer_as_the_text_is(kind):
    assert growth(renderer.render.__wrapped__, kind) < 8


@pytest.mark.parametrize("pattern", ["sources", "pictures"])
def test_places_are_found_in_one_walk(pattern):
    regex = {"sources": renderer.CITATION, "pictures": keys.PICTURE}[pattern]

    def first_lines(body):
        return stored_text("articles", "a", {}, body).first_lines(regex)

    assert growth(first_lines, pattern) < 8
    assert first_lines("a\n\nb[^s-1]\n:::picture x")


def test_counting_from_two_each_time_is_square():
    def from_two(wanted, used):
        found, number = wanted, 2
        while found in used:
            found, number = f"{wanted}-{number}", number + 1
        used[found] = 1
        return found

    assert (
        growth(
            lambda text: [from_two("a", used) for used in [{}] for _ in text[::5]],
            "the same heading",
        )
        > 10
    )


def test_ids_are_fresh_whatever_they_are_called():
    made = renderer.render("## A\n\n## A\n\n## A 2\n\n## A\n\n## A 2")
    ids = [heading.id for heading in made.contents]
    assert ids[:2] == ["a", "a-2"]
    assert len(set(ids)) == 5


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["draft", "published"])
def test_a_text_that_is_too_long_is_refused_kindly_and_kept_in_the_form(state):
    article = make_article(state=state)
    typed = "Word. " * 40_000
    response = save(log_in("Editors"), article, body=typed)
    [message] = errors(response)["body"]
    assert message.startswith("This text has 239,999 characters, and 200,000 are the most")
    assert typed.strip() in response.content.decode()
    assert Article.objects.get().body == article.body


@pytest.mark.django_db
def test_the_preview_of_a_text_that_is_too_long_says_so():
    make_article()
    response = log_in("Editors").post(
        "/admin/articles/article/preview/", {"body": "# a\n" * 60_000}
    )
    assert "200,000 are the most" in response.content.decode()


@pytest.mark.django_db
def test_a_page_has_the_same_end_and_just_below_it_there_is_none(admin_client):
    page = make_page()
    fields = {
        "title": "About",
        "slug": "about",
        "updated_at_0": "2026-01-01",
        "updated_at_1": "10:00:00",
    }
    path = f"/admin/articles/page/{page.pk}/change/"
    response = admin_client.post(path, fields | {"body": "a" * (renderer.LONGEST + 1)})
    assert len(response.context["adminform"].form.errors["body"]) == 1
    assert admin_client.post(path, fields | {"body": "a" * renderer.LONGEST}).status_code == 302


def test_without_the_limit_a_long_text_is_rendered(monkeypatch):
    monkeypatch.setattr(renderer, "LONGEST", 10**9)
    assert renderer.render.__wrapped__("a" * 200_001).problems == []
