"""The desk's own search: every article, drafts too, by whole words or their beginnings."""

import pytest

from articles.api import index_pages
from articles.models import Article
from articles.searching import desk_index
from articles.searching.query import search
from articles.searching.vocabulary import VOCABULARY
from tests.factories import make_article

pytestmark = pytest.mark.django_db


@pytest.fixture
def library():
    """Return the numbers of two articles, by name."""
    fawn = make_article(slug="fawn-and-please", title="Fawn", body="Keeping others **happy**.")
    draft = make_article(title="A café by night", standfirst="It helps.", state="draft")
    return {fawn.pk: "fawn", draft.pk: "draft"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("fawn", ["fawn"]),
        ("FAWN", ["fawn"]),
        ("fawning", ["fawn"]),
        ("faw", ["fawn"]),
        ("please", ["fawn"]),
        ("and-please", ["fawn"]),
        ("happy others", ["fawn"]),
        ("happy night", []),
        ("cafe", ["draft"]),
        ("café", ["draft"]),
        ("helps", ["draft"]),
        ("nowhere", []),
        ("", []),
        ("☃", []),
        ('a"b* OR fawn)', []),
        ("x" * 5000, []),
    ],
)
def test_it_finds_articles_that_have_every_word(library, query, found):
    assert [library[pk] for pk in desk_index.find(query)] == found


def test_it_follows_what_is_saved_and_deleted(library):
    draft = Article.objects.get(state="draft")
    draft.title, draft.standfirst = "A heron", ""
    draft.save()
    assert desk_index.find("cafe") == []
    assert desk_index.find("heron") == [draft.pk]
    draft.delete()
    assert desk_index.find("heron") == []


def test_of_many_the_newest_are_found(monkeypatch):
    monkeypatch.setattr(desk_index, "MOST", 2)
    made = [make_article(title=f"Heron {number}").pk for number in range(4)]
    assert desk_index.find("heron") == [made[3], made[2]]


def test_articles_from_before_it_was_there_are_put_in(library):
    for article in Article.objects.all():
        desk_index.remove(article)
    assert desk_index.find("fawn") == []
    index_pages()
    assert len(desk_index.find("fawn")) == 1
    assert desk_index.put_missing() == 0


def test_a_draft_is_never_found_by_a_reader(library):
    assert desk_index.find("cafe")
    assert search("cafe", VOCABULARY.get(), may_guess=False).hits == []
