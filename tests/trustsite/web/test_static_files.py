"""Static files: who may use them, and what is not among them."""

import json

import pytest
from django.conf import settings as real_settings
from django.core.management import call_command
from django.test import RequestFactory
from whitenoise.middleware import WhiteNoiseMiddleware


@pytest.fixture
def collected(settings, tmp_path):
    """Collect a stylesheet as production does; return a function that asks for a static file."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.css").write_text("a { color: red }")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "staticfiles.json").write_text("{}")  # as an earlier release left it
    settings.STATIC_MANIFEST = tmp_path / "staticfiles.json"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "trustsite.web.static_storage.StaticFilesStorage"}
    }
    settings.WHITENOISE_AUTOREFRESH = False
    call_command("collectstatic", interactive=False, verbosity=0)

    def ask(path):
        middleware = WhiteNoiseMiddleware(lambda request: None)
        return middleware(RequestFactory().get(path))

    return ask


def test_other_sites_may_not_read_them(collected, settings):
    assert real_settings.WHITENOISE_ALLOW_ALL_ORIGINS is False
    assert not collected("/static/a.css").has_header("Access-Control-Allow-Origin")
    settings.WHITENOISE_ALLOW_ALL_ORIGINS = True
    assert collected("/static/a.css").has_header("Access-Control-Allow-Origin")


def test_the_list_of_all_of_them_is_not_served(collected, settings):
    names = json.loads(settings.STATIC_MANIFEST.read_text())["paths"]
    assert collected(f"/static/{names['a.css']}").status_code == 200
    assert collected("/static/staticfiles.json") is None
