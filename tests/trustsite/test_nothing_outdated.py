"""Nothing outdated is kept: whatever changes, of whatever kind, every kept page equals one made anew."""

import json
from collections import OrderedDict
from datetime import date, timedelta
from itertools import islice

import pytest
from django.apps import apps
from django.db import models, transaction
from django.utils import timezone

import trustsite.models
from articles.models import (
    Article,
    CrisisWord,
    Helpline,
    Offer,
    Page,
    Picture,
    Redirect,
    Response,
    SlugRedirect,
    Snippet,
    Source,
    Synonym,
    Topic,
)
from quiz.models import Option, Question, Quiz, Rating, Review, Version
from tests.edge import catch_up, get, make_edge
from tests.factories import make_article, make_offer
from trustsite.models import CachedPageModel, CacheVersion
from trustsite.web import drawings, form_guard

DERIVED = {"id", "html", "citations", "words", "changed_at", "synced_at", "synced_digest"}
DERIVED |= {"version", "updated_at", "text_hash", "problems", "preview_key", "checked_text"}
DERIVED |= {"nearest", "nearest_due", "planned_on"}
FIXED = (Question, Option, Rating)  # of a version that readers see they can't change
PATHS = ["/", "/articles/", "/articles/changed/", "/articles/beside/", "/articles/elsewhere/"]
PATHS += ["/topics/responses/", "/responses/", "/responses/fawn/", "/about/", "/get-help/"]
PATHS += ["/search/", "/feed/", "/sitemap-pages.xml", "/quiz/", "/quiz/method/", "/quiz/paper/"]
PATHS += ["/quiz/longer/", "/guide/", "/newsletter/subscribe/", "/articles/changed/card.png"]
BODY = (
    "A lead paragraph.[^{key}]\n\n## First\n\nWords.\n\n## What helps\n\nMore.\n\n## Third\n\nEnd."
)

PARTS = 4  # of all changes, for processes that test beside each other
FEW = 6  # of the launch content’s articles


@pytest.fixture
def rows(content, monkeypatch):
    """One row of each kind, each seen on at least one page."""
    monkeypatch.setattr(form_guard, "_hour", lambda: 500_000)
    # What a card says; its pixels take longer than the other pages together.
    monkeypatch.setattr(drawings, "_card", lambda **said: json.dumps(said).encode())
    source = Source.objects.order_by("key").first()
    topic = Topic.objects.order_by("position").first()
    snippet = Snippet.objects.create(key="said", title="Said", body="Said in many texts.")
    body = Article.objects.exclude(citations={}).first().body + "\n\n:::snippet said\n"
    few = Article.objects.order_by("pk")[:FEW].values_list("pk", flat=True)
    # Short lists are soon made.
    Article.objects.exclude(pk__in=list(few)).update(state=Article.State.DRAFT)
    article = make_article(slug="changed", topic=topic, body=body, affiliate=False, safety=True)
    make_article(slug="beside", topic=topic, related=["changed"])
    make_article(slug="elsewhere", topic=Topic.objects.order_by("position").last())
    source = Source.objects.get(key=next(iter(article.citations)))
    SlugRedirect.objects.create(slug="once", article=article)
    Redirect.objects.get_or_create(path="/once/", defaults={"target": "/guide/"})
    found = {
        model: model.objects.order_by("pk").first()
        for model in (Offer, Helpline, Redirect, SlugRedirect, CrisisWord, Synonym, Quiz)
    }
    found |= {Article: article, Source: source, Topic: topic, Snippet: snippet}
    found |= {Page: Page.objects.get(slug="about"), Response: Response.objects.get(key="fawn")}
    version = Version.objects.live().first()
    found[Review] = Review.objects.create(
        version=version, reviewer="A person, a profession", reviewed_on=date(2026, 1, 2)
    )
    found |= {Offer: found[Offer] or make_offer()}
    return {model: row for model, row in found.items() if row}


def another(row, field):
    """Return another value for a field, or the same when there is none."""
    value = getattr(row, field.attname)
    if field.choices:
        return next((key for key, _ in field.flatchoices if key != value), value)
    if isinstance(field, models.ForeignKey):
        others = field.related_model._base_manager.exclude(pk=value).order_by("pk")
        return others.values_list("pk", flat=True).first() or value
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.DateTimeField):
        return (value or timezone.now()) - timedelta(days=3)
    if isinstance(field, models.DateField):
        return (value or date(2026, 1, 10)) - timedelta(days=1)
    if isinstance(field, models.IntegerField):
        return (value or 0) + 1
    if isinstance(field, models.SlugField):
        return f"{value}-x"[-field.max_length :]
    if isinstance(field, models.URLField):
        return f"{value}x" if value else "https://another.example/x"
    if isinstance(field, models.JSONField):
        return another_list(row, field.name)
    return f"Another {value}"[: field.max_length]


def another_list(row, name):
    if name == "corrections":
        return [{"on": "2026-01-02", "what": "A number was wrong."}]
    if name == "related":
        return ["elsewhere", *getattr(row, name)]
    return ["Another point to take away."]


def changes(rows):
    """Yield each kind of row with each field that somebody may change."""
    for model, row in rows.items():
        for field in model._meta.concrete_fields:
            is_taken = field.unique and field.choices  # each value is another row's
            if field.name not in DERIVED and not is_taken:
                yield model, row.pk, field


def make_warm_edge():
    """Return an edge that keeps all of them."""
    edge = make_edge()
    assert [path for path in PATHS if get(edge, path)["status"] != "200 OK"] == []
    return edge


def outdated_after(edge, change):
    """Return the paths whose kept page differs from one made anew after `change`, before and after the soft refresh."""
    before, number = dict(edge.cache.pages), CacheVersion.current()
    assert set(before) >= set(PATHS)
    with transaction.atomic():
        change()
        catch_up(edge)
        kept = {path: page.answer.body() for path, page in edge.cache.pages.items()}
        fresh = {path: edge.ask(edge.environ_of(path)) for path in kept}
        transaction.set_rollback(True)
    # All is as it was, and so are the pages.
    edge.cache.pages, edge.refresher.versions.number = OrderedDict(before), number
    for page in before.values():
        page.is_stale = False
    return [path for path in kept if (fresh[path].status, fresh[path].body) != (200, kept[path])]


def save(model, key, field):
    row = model._base_manager.get(pk=key)
    setattr(row, field.attname, another(row, field))
    if model is Article and field.name == "state":
        row.state, row.withdrawn_note = Article.State.WITHDRAWN, "It was wrong."
    row.save()


@pytest.mark.django_db
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_changes_no_outdated_page_is_kept(rows, part):
    edge, seen = make_warm_edge(), 0
    for model, key, field in islice(changes(rows), part, None, PARTS):
        outdated = outdated_after(
            edge, lambda model=model, key=key, field=field: save(model, key, field)
        )
        assert not outdated, f"{model.__name__}.{field.name}: {outdated}"
        seen += 1
    assert seen > 60 / PARTS


@pytest.mark.django_db
def test_whatever_goes_no_outdated_page_is_kept(rows):
    edge = make_warm_edge()
    for model in (Helpline, Redirect, SlugRedirect, Source):
        row = rows[model]
        outdated = outdated_after(
            edge, lambda model=model, row=row: model.objects.get(pk=row.pk).delete()
        )
        assert not outdated, f"{model.__name__}: {outdated}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("forgotten", "name"), [("lists", "title"), ("texts", "body"), ("~cards", "title")]
)
def test_with_a_tag_forgotten_an_outdated_page_would_be_kept(rows, monkeypatch, forgotten, name):
    invalidate = trustsite.models.invalidate
    monkeypatch.setattr(
        trustsite.models,
        "invalidate",
        lambda *tags: invalidate(*(tag for tag in tags if tag != forgotten)),
    )
    edge, field = make_warm_edge(), Article._meta.get_field(name)
    key = rows[Article].pk
    assert outdated_after(edge, lambda: save(Article, key, field))


def test_every_kind_of_content_is_tried():
    tried = {
        Article,
        CrisisWord,
        Helpline,
        SlugRedirect,
        Offer,
        Page,
        Redirect,
        Response,
        Snippet,
        Source,
        Synonym,
        Topic,
    }
    tried |= {Quiz, Review, Version, *FIXED}
    cached = {model for model in apps.get_models() if issubclass(model, CachedPageModel)}
    assert cached - tried <= {Picture}
