"""Pictures uploaded at the desk: kept at once, their sizes made by the worker."""

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from articles import api
from articles.admin.images import PictureAdmin
from articles.images import renditions
from articles.models import Picture
from newsletter.worker import Worker
from tests.articles.desk import log_in
from tests.factories import make_article, picture_file

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.REQUIRE_SECOND_FACTOR = False
    api._unprepared.clear()


@pytest.fixture
def encoded(monkeypatch):
    """The formats that were written, in their order."""
    written, encode = [], renditions._encoded
    monkeypatch.setattr(
        renditions,
        "_encoded",
        lambda image, options: written.append(options["format"]) or encode(image, options),
    )
    return written


def upload():
    file = SimpleUploadedFile("photo.jpg", picture_file())
    fields = {"key": "path", "alt": "A path.", "original": file}
    response = log_in("Editors").post("/admin/articles/picture/add/", fields, follow=True)
    assert "being made" in response.content.decode()
    return Picture.objects.get()


def test_an_upload_writes_the_picture_anew_and_leaves_its_sizes_to_the_worker(encoded):
    picture = upload()
    assert encoded == ["JPEG"]
    assert not picture.is_prepared
    Worker().round()
    picture.refresh_from_db()
    assert picture.is_prepared
    assert {"AVIF", "WEBP"} <= set(encoded)
    assert all(default_storage.exists(one["name"]) for one in picture.renditions)


def test_with_the_guard_off_the_upload_makes_them_all(encoded, monkeypatch):
    monkeypatch.delattr(PictureAdmin, "save_model")
    file = SimpleUploadedFile("photo.jpg", picture_file())
    fields = {"key": "path", "alt": "A path.", "original": file}
    log_in("Editors").post("/admin/articles/picture/add/", fields)
    assert {"AVIF", "WEBP"} <= set(encoded)


def test_until_then_pages_show_it_as_it_is_kept(client, parse):
    picture = upload()
    make_article(slug="shown", body="Lead.\n\n:::picture path")
    for is_prepared in (False, True):
        image = parse(client.get("/articles/shown/")).find(".//picture/img")
        assert client.get(image.get("src")).status_code == 200
        assert (image.get("width"), image.get("alt")) == (
            str(min(900, 800 if is_prepared else 900)),
            "A path.",
        )
        picture.prepare()


def test_a_crash_is_made_good_by_the_next_worker(monkeypatch):
    picture = upload()
    monkeypatch.setattr(renditions, "_renditions", lambda image: (_ for _ in ()).throw(OSError()))
    assert api.prepare_next_picture()
    assert not api.prepare_next_picture()  # not again and again by the same process
    monkeypatch.undo()
    api._unprepared.clear()  # a new process
    assert api.prepare_next_picture()
    picture.refresh_from_db()
    assert picture.is_prepared


def test_a_picture_deleted_meanwhile_leaves_no_file(django_capture_on_commit_callbacks):
    picture = upload()
    with django_capture_on_commit_callbacks(execute=True):
        Picture.objects.get().delete()
    default_storage.save(str(picture.original.name), SimpleUploadedFile("x", picture_file()))
    assert not picture.prepare()
    assert default_storage.listdir("pictures")[1] == []
