"""Pictures uploaded at the desk: kept at once, their sizes made by the worker."""

from pathlib import PurePath

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from articles import api
from articles.admin.images import PictureAdmin
from articles.editing import picture_sizes
from articles.images import renditions
from articles.models import Picture
from newsletter.worker import Worker
from tests.articles.desk import log_in
from tests.factories import make_article, picture_file

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    settings.REQUIRE_SECOND_FACTOR = False


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


def later():
    """As if the wait for the next try were over."""
    Picture.objects.update(prepare_after=timezone.now())


@pytest.fixture
def failing():
    """No picture can be made ready; yields what makes them possible again."""
    patch = pytest.MonkeyPatch()
    patch.setattr(renditions, "_renditions", lambda image: (_ for _ in ()).throw(OSError()))
    yield patch.undo
    patch.undo()


def test_a_failure_is_made_good_by_a_later_try(failing):
    picture = upload()
    assert api.prepare_next_picture()
    assert not api.prepare_next_picture()  # not at once
    failing()
    later()
    assert api.prepare_next_picture()
    picture.refresh_from_db()
    assert picture.is_prepared


def die(self):
    raise SystemExit  # stands for the end of the process: nothing after it runs


def test_a_picture_that_ends_the_worker_is_let_alone_after_a_few_lives(monkeypatch):
    picture = upload()
    monkeypatch.setattr(Picture, "prepare", die)
    for _ in range(picture_sizes.MAX_ATTEMPTS):
        with pytest.raises(SystemExit):
            Worker().round()
        later()
    Worker().round()
    assert picture_sizes.given_up().get() == picture
    assert "could not be made" in log_in("Editors").get("/admin/").content.decode()
    listed = log_in("Editors").get("/admin/articles/picture/").content.decode()
    assert "Upload it anew" in listed
    assert "Being made ready" not in listed


def test_with_the_count_off_it_ends_every_worker(monkeypatch):
    upload()
    monkeypatch.setattr(Picture, "prepare", die)
    monkeypatch.setattr(picture_sizes, "MAX_ATTEMPTS", 10**6)
    for _ in range(8):
        Picture.objects.update(prepare_after=None)
        with pytest.raises(SystemExit):
            Worker().round()


def test_tries_come_further_and_further_apart(failing):
    upload()
    waits = []
    for _ in range(picture_sizes.MAX_ATTEMPTS):
        later()
        before = timezone.now()
        assert api.prepare_next_picture()
        waits.append((Picture.objects.get().prepare_after - before).total_seconds() // 60)
    assert waits == [1, 4, 16, 64]


def test_a_new_upload_is_tried_anew(failing):
    upload()
    Picture.objects.update(prepare_attempts=picture_sizes.MAX_ATTEMPTS)
    assert not api.prepare_next_picture()
    failing()
    picture = Picture.objects.get()
    picture.prepares_later = True
    picture.original = SimpleUploadedFile("other.png", picture_file("PNG"))
    picture.save()
    assert api.prepare_next_picture()
    picture.refresh_from_db()
    assert picture.is_prepared


def test_a_picture_deleted_meanwhile_leaves_no_file(django_capture_on_commit_callbacks):
    picture = upload()
    with django_capture_on_commit_callbacks(execute=True):
        Picture.objects.get().delete()
    default_storage.save(str(picture.original.name), SimpleUploadedFile("x", picture_file()))
    assert not picture.prepare()
    stem = PurePath(picture.original.name).stem
    assert not [name for name in default_storage.listdir("pictures")[1] if stem in name]
