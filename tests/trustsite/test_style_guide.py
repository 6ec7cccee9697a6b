"""Components: each renders from its examples with no input missing; /dev/style/ shows them all."""

import importlib
import tomllib
from copy import deepcopy

import pytest
from django.conf import settings
from django.template import engines
from django.test import RequestFactory
from django.urls import clear_url_caches

from trustsite import style_guide, urls

MISSING = "!missing %s!"
NAMES = [file.stem for file in style_guide.component_files()]


@pytest.fixture
def request_():
    return RequestFactory().get("/dev/style/")


@pytest.fixture
def strict(settings):
    """Make a missing input show itself."""
    templates = deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["string_if_invalid"] = MISSING
    settings.TEMPLATES = templates
    engines._engines = {}
    engines.__dict__.pop("templates", None)
    yield
    engines.__dict__.pop("templates", None)


@pytest.mark.parametrize("name", NAMES)
def test_a_component_renders_from_its_examples_with_no_input_missing(name, strict, request_, db):
    file = settings.BASE_DIR / f"templates/components/{name}.html"
    for values in style_guide.examples_of(name, request_):
        html = style_guide.render_to_string(f"components/{file.name}", values)
        assert "!missing" not in html


def test_a_missing_input_would_be_seen(strict):
    html = style_guide.render_to_string("components/trace.html", {})
    html += style_guide.render_to_string("components/content_note.html", {"skip_to": ""})
    assert "!missing note!" in html


def test_every_component_has_a_header_comment_and_those_with_inputs_have_examples(request_, db):
    examples = tomllib.loads((style_guide.FOLDER / "examples.toml").read_text())
    assert set(examples) <= set(NAMES)
    for file in style_guide.component_files():
        comment = style_guide.component(file, request_).comment
        assert "Inputs:" in comment or "No inputs" in comment, file.name
        assert "No inputs" in comment or file.stem in examples, file.name


def test_the_page_shows_each_in_both_schemes(client, parse, db):
    response = client.get("/dev/style/")
    page = parse(response)
    assert [heading.get("id") for heading in page.iter("h2") if heading.get("id") in NAMES]
    schemes = [part.get("class") for part in page.iter("div")]
    light, dark = schemes.count("scheme scheme--light"), schemes.count("scheme scheme--dark")
    assert light == dark > len(NAMES) - len(style_guide.HEAD_ALONE)
    assert response.headers["X-Robots-Tag"] == "noindex"


def test_there_is_no_such_page_on_a_live_site(settings):
    settings.DEVELOPMENT = False
    try:
        patterns = importlib.reload(urls).urlpatterns
        assert all("dev/" not in str(pattern.pattern) for pattern in patterns)
    finally:
        settings.DEVELOPMENT = True
        importlib.reload(urls)
        clear_url_caches()
