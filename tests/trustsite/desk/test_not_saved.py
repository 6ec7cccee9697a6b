"""The desk when nothing can be written: it says so, and shows what was typed."""

from contextlib import contextmanager

import pytest
from django.conf import settings as configured
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from articles.models import Article
from tests.articles.desk import address, log_in, opened
from tests.factories import make_article, picture_file
from trustsite.desk.not_saved import NotSavedMiddleware

pytestmark = pytest.mark.django_db
MIDDLEWARE = f"{NotSavedMiddleware.__module__}.{NotSavedMiddleware.__qualname__}"


@contextmanager
def read_only():
    """Let the database be read and not written, as in a folder that is read-only."""
    if connection.vendor != "sqlite":
        pytest.skip("A folder that can't be written is SQLite's trouble.")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
        try:
            yield
        finally:
            cursor.execute("PRAGMA query_only = OFF")


@pytest.fixture
def editor(settings):
    settings.REQUIRE_SECOND_FACTOR = False
    browser = log_in("Editors")
    browser.raise_request_exception = False
    browser.get("/admin/")  # notes in the session that it began
    return browser


def test_a_save_that_cannot_be_written_shows_what_was_typed(editor, parse, text_of):
    article = make_article(title="Before")
    fields = opened(editor, address(article)) | {"title": "After", "body": "Words <b>typed</b>."}
    with read_only():
        response = editor.post(address(article), fields)
    assert (response.status_code, response.headers["Cache-Control"]) == (503, "no-store")
    document = parse(response)
    typed = {text_of(area) for area in document.findall(".//textarea")}
    assert {"After", "Words <b>typed</b>."} <= typed
    assert "Nothing has changed" in response.content.decode()
    assert fields["form_token"] not in response.content.decode()
    assert Article.objects.get().title == "Before"


def test_without_the_guard_what_was_typed_is_gone(editor, settings):
    settings.MIDDLEWARE = [name for name in configured.MIDDLEWARE if name != MIDDLEWARE]
    editor.handler.load_middleware()
    article = make_article(title="Before")
    fields = opened(editor, address(article)) | {"title": "After"}
    with read_only():
        response = editor.post(address(article), fields)
    assert response.status_code == 500
    assert "After" not in response.content.decode()


def test_a_picture_that_finds_no_room_is_said_to_be_chosen_again(editor, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(default_storage, "save", full)
    file = SimpleUploadedFile("photo.jpg", picture_file())
    fields = {"key": "path", "alt": "A path.", "original": file}
    response = editor.post("/admin/articles/picture/add/", fields)
    assert response.status_code == 503
    assert "A file that you chose must be chosen again" in response.content.decode()
    assert "A path." in response.content.decode()


def test_the_desk_is_read_while_nothing_can_be_written(editor):
    session = editor.session
    session["used"] = 0  # due to be noted again
    session.save()
    article = make_article()
    with read_only():
        assert editor.get(address(article)).status_code == 200
        assert editor.get("/admin/").status_code == 200
