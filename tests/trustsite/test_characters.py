"""Characters that no text may hold: they leave at the door, and whatever a row holds, what machines
read stays valid.
"""

import json
import re
from email import message_from_bytes
from xml.etree import ElementTree

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

from articles import content_files
from articles.models import Article
from newsletter.emails import messages
from tests.articles.desk import errors, log_in, save
from tests.factories import (
    make_article,
    make_delivery,
    make_helpline,
    make_letter,
    make_offer,
    make_page,
    make_picture,
    make_response,
    make_source,
    make_subscriber,
    make_topic,
)
from tests.site_map import mapped
from trustsite import characters
from trustsite.characters import Texts, without_control

pytestmark = pytest.mark.django_db
BAD = "\x01\x0b\x0c\x1b\x7f\x85\x9f\u2028\u202e\u200b\ufeff\ufffe\uffff"
PUBLIC_APPS = ("articles", "quiz", "newsletter")
NO_WORDS = (models.SlugField, models.URLField, models.EmailField, models.FileField)
FEED, MAP, ARTICLE = "/feed/", "/sitemap-pages.xml", "/articles/first/"


def public_models():
    return [model for model in apps.get_models() if issubclass(model, Texts)]


def text_fields(model):
    """The fields of a model that hold words, and those that are made of them."""
    return [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not isinstance(field, NO_WORDS)
        if not field.choices and not field.unique
    ]


@pytest.fixture
def site(settings):
    settings.DEVELOPMENT = True
    topic = make_topic(slug="skills")
    make_source(key="author-2001")
    make_picture(key="path")
    make_offer()
    make_helpline()
    make_page()
    make_page(slug="get-help")
    make_response()
    make_article(
        slug="first",
        topic=topic,
        affiliate=True,
        body="Lead.[^author-2001]\n\n:::picture path\n\n## A\n\n## B",
    )
    make_article(slug="second", topic=topic)
    letter = make_letter()
    make_delivery(kind="letter", letter=letter, subscriber=make_subscriber())


@pytest.fixture
def spoilt(site):
    """The site with every text of every row spoilt behind the back of the models."""
    for model in public_models():
        for row in model._base_manager.all():
            spoilt = {
                name: f"{(getattr(row, name) or 'A')[:30]}{BAD}b"[:60]
                for name in text_fields(model)
            }
            too_long = {
                f.name: f.max_length
                for f in model._meta.concrete_fields
                if getattr(f, "max_length", None)
            }
            spoilt = {name: text[-too_long.get(name, 99) :] for name, text in spoilt.items()}
            model._base_manager.filter(pk=row.pk).update(**spoilt)
    Article.objects.update(
        takeaways=[f"One{BAD}."], corrections=[{"on": "2026-01-01", "what": BAD}]
    )


def is_valid_xml(text):
    ElementTree.fromstring(text)
    return not characters.CONTROL.search(text.decode())


def json_of(page):
    return re.search(
        r'<script type="application/ld\+json"[^>]*>(.*?)</script>', page.content.decode(), re.S
    )[1]


def test_machines_read_a_spoilt_site_as_any_other(spoilt, client):
    feed = client.get(FEED)
    assert is_valid_xml(feed.content)
    assert feed.content.count(b"<entry>") == 2
    assert is_valid_xml(client.get(MAP).content)
    said = json_of(client.get(ARTICLE))
    assert json.loads(said)["@graph"][0]["headline"].startswith("Article")
    assert not characters.CONTROL.search(said)


def test_every_mail_of_a_spoilt_site_is_a_mail(spoilt):
    from newsletter.models import Delivery

    person = make_subscriber()
    type(person).objects.filter(pk=person.pk).update(basis=f"A fair{BAD}")
    deliveries = [
        *Delivery.objects.all(),
        *(make_delivery(kind=kind, subscriber=person) for kind in ("guide", "listed")),
    ]
    for delivery in deliveries:
        delivery.refresh_from_db()
        whole = message_from_bytes(messages.render(delivery).message().as_bytes())
        texts = [
            part.get_payload(decode=True).decode()
            for part in whole.walk()
            if part.get_content_type()[:5] == "text/"
        ]
        assert len(texts) >= 2
        assert not [text for text in texts if characters.CONTROL.search(text)]


def test_what_a_spoilt_site_exports_can_be_loaded(spoilt, tmp_path):
    Article.objects.update(title="A title", standfirst=f"Dek\x0b{BAD[:4]}", body="Lead\x1b.")
    content_files.export(tmp_path)
    for file in [*tmp_path.glob("*.toml"), *tmp_path.glob("*/*.md")]:
        assert not characters.CONTROL.search(file.read_text()), file
    assert "Lead." in (tmp_path / "articles" / "first.md").read_text()


def test_without_the_scrubbing_at_the_seam_the_feed_is_gone(spoilt, client, monkeypatch):
    monkeypatch.setattr("articles.reading.feeds.cleaned", lambda value: value)
    with pytest.raises(ValueError, match="Control characters"):
        client.get(FEED)


def test_a_row_that_no_address_can_be_made_of_takes_no_list_away(site, client):
    Article.objects.filter(slug="second").update(slug=f"sec{BAD}ond")
    assert client.get(FEED).content.count(b"<entry>") == 1
    assert any(place.endswith("/articles/first/") for place in mapped(client))


# -- at the door -----------------------------------------------------------------------------------


def test_every_model_whose_words_are_public_is_guarded():
    unguarded = {
        model.__name__
        for app in PUBLIC_APPS
        for model in apps.get_app_config(app).get_models()
        if not issubclass(model, Texts)
        and text_fields(model)
        and not model.__name__.startswith("Historical")
    }
    # No words of people's: keyed hashes, states, codes of machines, and forms as they were typed;
    # and what is made anew of texts that were guarded.
    no_words = {"Bounce", "Delivery", "Draft", "FormMailCount", "Heartbeat", "Suppression"}
    assert unguarded <= no_words | {
        "SearchDocument",
        "ListJob",
        "ArticleStem",
        "TextUse",
        "ImportJob",
    }


@pytest.mark.parametrize(
    "model", [model for model in public_models() if text_fields(model)], ids=lambda m: m.__name__
)
def test_control_characters_leave_at_the_door_of_every_field(model):
    row = model()
    for name in text_fields(model):
        setattr(row, name, "One\x00\x1b\ufffftwo")
    row.take_out_control()
    assert {getattr(row, name) for name in text_fields(model)} == {"Onetwo"}


def test_what_slides_put_between_lines_is_a_line_break_or_a_space():
    assert without_control("One\x0btwo\u2028three") == "One\ntwo\nthree"
    assert without_control("One\x0btwo", is_line=True) == "One two"
    assert without_control("Tab\tand\r\nlines") == "Tab\tand\r\nlines"


def test_the_desk_takes_a_pasted_control_character_and_keeps_the_words(client):
    article = make_article(slug="pasted", state="draft")
    editor = log_in("Editors")
    response = save(
        editor, article, title="Title\x0bfrom slides", body="One\x0btwo\x1b.", standfirst="A\x07dek"
    )
    assert response.status_code == 302
    article.refresh_from_db()
    assert (article.title, article.body, article.standfirst) == (
        "Title from slides",
        "One\ntwo.",
        "Adek",
    )


@pytest.mark.parametrize("character", ["\u202e", "\u200b", "\u2066", "\u200d", "\ufeff"])
@pytest.mark.parametrize("field", ["title", "standfirst", "takeaways"])
def test_an_invisible_character_in_a_line_is_refused_and_its_place_named(field, character):
    article = make_article(state="draft")
    found = errors(save(log_in("Editors"), article, **{field: f"Fight or{character} flight"}))
    assert "after “Fight or”" in found[field][0]
    assert f"U+{ord(character):04X}" in found[field][0]


def test_a_text_keeps_the_joiners_that_scripts_need_and_no_override_of_direction():
    article = make_article(state="draft")
    assert (
        save(
            log_in("Editors"),
            article,
            body="\u0645\u06cc\u200c\u062e and \U0001f469\u200d\U0001f52c.",
        ).status_code
        == 302
    )
    found = errors(save(log_in("Editors"), article, body="Lead.\n\nOver\u202eride."))
    assert found["body"][0].startswith(
        "Line 3: an invisible character stands after “Over” (U+202E, right-to-left override)"
    )


def test_without_the_guard_the_override_stays(monkeypatch):
    monkeypatch.setattr(characters, "invisible", lambda text, is_line: [])
    assert (
        save(log_in("Editors"), make_article(state="draft"), title="Fight\u202e").status_code == 302
    )
    assert Article.objects.get().title == "Fight\u202e"


def test_a_file_is_read_without_control_characters_and_refused_for_invisible_ones(tmp_path):
    make_article(slug="first", topic=make_topic(slug="skills"))
    content_files.export(tmp_path)
    file = tmp_path / "articles" / "first.md"
    whole = file.read_text()
    file.write_text(whole.replace("A lead", "A\x1b lead").replace("Article", "An article"))
    content_files.load(tmp_path)
    assert Article.objects.get().body.startswith("A lead")
    file.write_text(whole.replace("title: ", "title: \u202e"))
    with pytest.raises(content_files.ContentError, match="line 2: title: An invisible character"):
        content_files.load(tmp_path)
    with pytest.raises(ValidationError):
        Article(title="\u200b").clean_fields()
