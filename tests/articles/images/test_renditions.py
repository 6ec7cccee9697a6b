"""What becomes of an uploaded picture, and where it is shown."""

import io
import struct
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import ProtectedError
from PIL import Image, ImageCms

from articles.images import renditions
from articles.models import Page, Picture, Response
from tests.factories import make_article, make_picture, make_response, picture_file

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _an_empty_store():
    renditions.delete(f"pictures/{name}" for name in stored())


def stored():
    return (
        set(default_storage.listdir("pictures")[1]) if default_storage.exists("pictures") else set()
    )


def upload(data, name="photo.jpg"):
    return SimpleUploadedFile(name, data)


def opened(data):
    return Image.open(io.BytesIO(data))


def png_that_claims(width, height):
    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 40))
        + chunk(b"IEND", b"")
    )


def with_exif():
    exif = Image.Exif()
    exif[0x010F] = "CAMERA-MAKER"
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 12.0)
    return exif


# -- what is refused -------------------------------------------------------------------------------------------------
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GIF_SCRIPT = b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)"


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "x.png", "empty"),
        (SVG, "x.svg", "isn’t a picture we can use"),
        (SVG, "x.png", "isn’t a picture we can use"),
        (b"<!doctype html><script>alert(1)</script>", "x.html.png", "isn’t a picture we can use"),
        (GIF_SCRIPT, "x.gif", "isn’t a picture we can use"),
        (GIF_SCRIPT, "x.jpg", "isn’t a picture we can use"),
        (
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
            "x.jpg",
            "isn’t a picture we can use",
        ),
        (b"\x89PNG\r\n\x1a\n", "x.png", "isn’t a picture we can use"),
        (b"not a picture", "x", "isn’t a picture we can use"),
        (png_that_claims(64_000, 64_000), "x.png", "too many pixels"),
        (png_that_claims(7_000, 7_000), "x.png", "too many pixels"),
        (picture_file("PNG"), "x.jpg", "The name ends in .jpg, but the file is a PNG picture"),
        (picture_file("JPEG")[:-400], "x.jpg", "damaged or cut short"),
        (picture_file("PNG")[:-60], "x.png", "damaged or cut short"),
        (picture_file("WEBP")[:-100], "x.webp", ""),
    ],
)
def test_what_is_no_whole_picture_is_refused_with_a_reason(data, name, says):
    with pytest.raises(ValidationError) as refusal:
        renditions.reencode(ContentFile(data, name=name))
    assert says in refusal.value.messages[0]


def test_a_file_over_the_limit_is_refused_with_its_size(monkeypatch):
    monkeypatch.setattr(renditions, "MOST_BYTES", 100)
    with pytest.raises(ValidationError, match="a picture may have 10"):
        renditions.reencode(upload(picture_file()))


def test_moving_pictures_are_refused():
    file = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(ValidationError, match="Moving pictures"):
        renditions.reencode(upload(file.getvalue(), "x.webp"))


# -- what is made of the rest ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "ending"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp"), ("AVIF", "avif")]
)
def test_the_four_formats_are_taken(kind, ending):
    made = renditions.reencode(upload(picture_file(kind), f"x.{ending}"))
    assert opened(made.read()).size == (900, 600)


def test_a_telephones_picture_with_a_second_one_behind_it_is_taken():
    file, first, second = (
        io.BytesIO(),
        Image.new("RGB", (60, 40), "red"),
        Image.new("RGB", (30, 20), "blue"),
    )
    first.save(file, "MPO", save_all=True, append_images=[second])
    made = opened(renditions.reencode(upload(file.getvalue())).read())
    assert (made.format, made.size, getattr(made, "n_frames", 1)) == ("JPEG", (60, 40), 1)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_nothing_stays_of_what_the_camera_noted_or_hid_behind_it(kind):
    options = (
        {"exif": with_exif(), "xmp": b"<x:xmpmeta>SECRET-XMP</x:xmpmeta>"}
        if kind != "PNG"
        else {"exif": with_exif()}
    )
    if kind == "JPEG":
        options["comment"] = b"SECRET-COMMENT"
    data = picture_file(kind, **options)
    assert b"CAMERA-MAKER" in data
    tail = b"<?php evil() ?><script>SECRET-TAIL</script>"
    ending = {"JPEG": "jpg"}.get(kind, kind.lower())
    picture = make_picture(original=upload(data + tail, f"x.{ending}"))
    for name in [picture.original.name, *(one["name"] for one in picture.renditions)]:
        stored = default_storage.open(name).read()
        assert not [
            word for word in (b"SECRET", b"CAMERA", b"<?php", b"<script") if word in stored
        ], name
        assert not opened(stored).getexif(), name
        assert "icc_profile" not in opened(stored).info or b"SECRET" not in stored


def test_a_picture_taken_sideways_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    made = opened(renditions.reencode(upload(picture_file("JPEG", exif=exif))).read())
    assert made.size == (600, 900)


def test_colours_of_another_space_become_those_of_the_web():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = (
        profile.replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ").replace(b"....", b"bXYZ")
    )  # red is blue there
    made = opened(
        renditions.reencode(
            upload(picture_file("JPEG", colour=(200, 60, 30), icc_profile=swapped))
        ).read()
    )
    assert "icc_profile" not in made.info
    assert made.getpixel((5, 5)) == pytest.approx((30, 60, 200), abs=12)


def test_a_broken_colour_profile_is_passed_over():
    made = opened(
        renditions.reencode(upload(picture_file("JPEG", icc_profile=b"nonsense" * 20))).read()
    )
    assert made.size == (900, 600)


def test_print_colours_and_sixteen_bit_greys_look_as_they_did():
    print_colours, grey = io.BytesIO(), io.BytesIO()
    Image.new("CMYK", (30, 20), (0, 255, 255, 0)).save(print_colours, "JPEG")
    Image.new("I;16", (30, 20), 128 * 256).save(grey, "PNG")
    red = opened(renditions.reencode(upload(print_colours.getvalue())).read()).getpixel((5, 5))
    assert red[0] > 200
    assert max(red[1:]) < 60
    assert opened(renditions.reencode(upload(grey.getvalue(), "x.png")).read()).getpixel(
        (5, 5)
    ) == (
        128,
        128,
        128,
    )


def test_a_see_through_picture_stays_so_but_in_the_fallback():
    picture = make_picture(original=upload(picture_file("PNG", colour=(0, 0, 0, 0)), "x.png"))
    by_type = {one["type"]: default_storage.open(one["name"]).read() for one in picture.renditions}
    assert opened(by_type["image/avif"]).getpixel((5, 5))[3] == 0
    assert opened(by_type["image/webp"]).getpixel((5, 5))[3] == 0
    assert all(value > 235 for value in opened(by_type["image/jpeg"]).getpixel((5, 5)))


@pytest.mark.parametrize(
    ("width", "expected"),
    [(300, [300]), (800, [400, 800]), (900, [400, 800, 900]), (2000, [400, 800, 1200, 1600])],
)
def test_renditions_are_never_wider_than_the_picture(width, expected):
    picture = make_picture(original=upload(picture_file(size=(width, 100))))
    for kind in ("image/avif", "image/webp"):
        assert [one["width"] for one in picture.renditions if one["type"] == kind] == expected
    assert picture.fallback["width"] == min(width, 800)
    for one in picture.renditions:
        image = opened(default_storage.open(one["name"]).read())
        assert image.size == (one["width"], one["height"])
        assert one["type"] == f"image/{image.format.lower()}"


def test_a_very_large_picture_is_kept_at_a_sensible_size():
    made = opened(renditions.reencode(upload(picture_file(size=(4000, 1000)))).read())
    assert made.size == (3200, 800)


def test_a_sliver_of_a_picture_keeps_at_least_a_line():
    picture = make_picture(original=upload(picture_file(size=(2000, 2))))
    assert min(one["height"] for one in picture.renditions) == 1


@pytest.mark.parametrize(
    "name",
    ["../../x.jpg", "a/b.jpg", "nul\0.jpg", "x" * 300 + ".jpg", ".htaccess", "", "x.php.jpg"],
)
def test_a_name_comes_from_the_content_and_not_from_the_upload(name):
    file = ContentFile(picture_file())
    file.name = name
    made = renditions.reencode(file)
    assert made.name == renditions.reencode(upload(picture_file(), "other.jpg")).name
    assert len(made.name) == 24
    assert set(made.name.removesuffix(".jpg")) <= set("0123456789abcdef")


def test_another_picture_has_another_name():
    first, second = (
        renditions.reencode(upload(picture_file(colour=colour))).name for colour in ("red", "blue")
    )
    assert first != second


# -- the row ---------------------------------------------------------------------------------------------------------
def test_it_knows_its_size_and_takes_a_raw_upload_through_the_same_hands():
    picture = make_picture(
        original=upload(picture_file("PNG", size=(500, 250)) + b"<script>", "evil.html.png")
    )
    picture.refresh_from_db()
    assert (picture.width, picture.height) == (500, 250)
    assert picture.original.name.startswith("pictures/")
    assert "evil" not in picture.original.name
    assert b"<script>" not in picture.original.read()


@pytest.mark.parametrize(
    ("alt", "decorative", "ok"),
    [("A path.", False, True), ("", True, True), ("", False, False), ("A path.", True, False)],
)
def test_it_has_words_or_is_decorative(alt, decorative, ok):
    picture = Picture(
        key="path",
        alt=alt,
        decorative=decorative,
        original=renditions.reencode(upload(picture_file())),
    )
    if ok:
        picture.full_clean()
    else:
        with pytest.raises(ValidationError) as refusal:
            picture.full_clean()
        assert list(refusal.value.message_dict) == ["alt"]


@pytest.mark.parametrize("key", ["Garden", "garden_path"])
def test_its_key_is_one_that_an_article_can_name(key):
    with pytest.raises(ValidationError, match="Use small letters"):
        Picture(
            key=key, alt="A path.", original=renditions.reencode(upload(picture_file()))
        ).full_clean()


def test_a_refused_file_is_named_at_its_field():
    with pytest.raises(ValidationError) as refusal:
        Picture(key="x", alt="A path.", original=ContentFile(SVG, name="x.svg")).full_clean()
    assert list(refusal.value.message_dict) == ["original"]


def test_deleting_it_deletes_all_of_its_files(django_capture_on_commit_callbacks):
    picture = make_picture()
    assert len(stored()) == 1 + len(picture.renditions)
    with django_capture_on_commit_callbacks(execute=True):
        picture.delete()
    assert stored() == set()


def test_a_deletion_that_is_rolled_back_keeps_the_files(django_capture_on_commit_callbacks):
    picture = make_picture()
    with django_capture_on_commit_callbacks():
        picture.delete()
    assert default_storage.exists(picture.original.name)


def test_a_new_picture_in_its_place_takes_the_old_files_away(django_capture_on_commit_callbacks):
    picture = make_picture()
    old = picture.original.name
    picture.original = upload(picture_file(colour="navy"))
    with django_capture_on_commit_callbacks(execute=True):
        picture.save()
    assert not default_storage.exists(old)
    assert len(stored()) == 1 + len(picture.renditions)


def test_new_words_alone_leave_the_files_as_they_are(django_capture_on_commit_callbacks):
    picture = make_picture()
    before = stored()
    picture = Picture.objects.get(pk=picture.pk)
    picture.alt = "Other words."
    with django_capture_on_commit_callbacks(execute=True):
        picture.save()
    assert stored() == before


def test_two_rows_of_the_same_picture_share_its_files(django_capture_on_commit_callbacks):
    first, second = make_picture(key="one"), make_picture(key="two")
    assert first.original.name == second.original.name
    with django_capture_on_commit_callbacks(execute=True):
        first.delete()
    assert default_storage.exists(second.renditions[0]["name"])


def test_one_that_an_article_shows_cannot_be_deleted():
    picture = make_picture(key="path")
    make_article(title="With a path", state="draft", body="Lead.\n\n:::picture path\n")
    make_article(title="Another", body="Lead.\n\n:::picture path-two\n\nThe picture:path in words.")
    with pytest.raises(
        ProtectedError, match=r"This picture is in “With a path”\. Take it out there first"
    ):
        picture.delete()
    assert Picture.objects.filter(pk=picture.pk).exists()


# -- on the page -----------------------------------------------------------------------------------------------------
def test_an_article_shows_it_in_every_format_with_its_size_and_words(client, parse, text_of):
    words = {"alt": 'A "narrow" path & a gate.', "caption": "The path in May."}
    picture = make_picture(key="path", original=upload(picture_file()), **words)
    make_article(slug="with", body="Lead.\n\n:::picture path\n\n## Part\n\nWords.")
    figure = parse(client.get("/articles/with/")).find(".//figure")
    assert text_of(figure.find("figcaption")) == "The path in May."
    first, second = figure.iter("source")
    assert [first.get("type"), second.get("type")] == ["image/avif", "image/webp"]
    assert [part.split()[1] for part in first.get("srcset").split(", ")] == ["400w", "800w", "900w"]
    assert first.get("sizes")
    image = figure.find(".//img")
    assert image.get("alt") == "A “narrow” path & a gate."
    assert (image.get("width"), image.get("height")) == ("800", "533")
    assert (image.get("loading"), image.get("decoding")) == ("lazy", "async")
    for address in [
        image.get("src"),
        *(part.split()[0] for part in first.get("srcset").split(", ")),
    ]:
        assert client.get(address).status_code == 200
    assert picture.original.name not in str(image.attrib)


def test_a_decorative_one_is_passed_over_by_screen_readers(client, parse):
    make_picture(key="path", alt="", decorative=True)
    make_article(slug="with", body="Lead.\n\n:::picture path")
    document = parse(client.get("/articles/with/"))
    assert document.find(".//figure//img").get("alt") == ""
    assert document.find(".//figcaption") is None


def test_changed_words_are_on_the_page(client, parse):
    picture = make_picture(key="path")
    make_article(slug="with", body="Lead.\n\n:::picture path")
    picture.alt = "Other words."
    picture.save()
    assert parse(client.get("/articles/with/")).find(".//figure//img").get("alt") == "Other words."


def test_any_number_of_them_takes_one_query_and_none_takes_none(client):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for number in range(3):
        make_picture(key=f"path-{number}")
    make_article(slug="none", body="Lead.")
    make_article(
        slug="three",
        body="Lead.\n\n" + "\n\n".join(f":::picture path-{number}" for number in range(3)),
    )

    def queries(path):
        with CaptureQueriesContext(connection) as found:
            client.get(path)
        return [query["sql"] for query in found if "articles_picture" in query["sql"]]

    assert queries("/articles/none/") == []
    assert len(queries("/articles/three/")) == 1


def test_an_article_that_asks_for_an_unknown_one_is_refused_and_never_breaks(client):
    article = make_article(slug="with", body="Lead.\n\n:::picture missing\n\nAfter.")
    with pytest.raises(ValidationError, match="There is no picture “missing”"):
        article.full_clean()
    page = client.get("/articles/with/")
    assert page.status_code == 200
    assert b"<figure" not in page.content


@pytest.mark.parametrize("line", [":::picture", ":::picture Two words", ":::picture ../../etc"])
def test_a_directive_without_a_key_is_named_by_its_line(line):
    with pytest.raises(ValidationError, match="Line 3: “:::picture” needs the key of a picture"):
        make_article(body=f"Lead.\n\n{line}").full_clean()


def test_other_texts_hold_no_pictures():
    # A result page shows responses' texts: a picture fetched for one of them would tell a log which.
    make_picture(key="path")
    for text in (make_response(), Page.objects.create(slug="about", title="About", body="Words.")):
        assert isinstance(text, Page | Response)
        text.body = "Lead.\n\n:::picture path"
        with pytest.raises(ValidationError, match="Pictures stand in articles alone"):
            text.full_clean()


def test_the_feed_shows_it_and_search_leaves_it_out(client):
    make_picture(key="path", alt="Unmistakable")
    make_article(slug="with", body="Lead words.\n\n:::picture path\n\nAfter.")
    feed = client.get("/feed/").content
    assert b"Lead words" in feed
    assert b"data-block" not in feed
    assert b'alt="Unmistakable"' in feed
    assert b"/media/pictures/" in feed
    assert b"/articles/with/" not in client.get("/search/?q=picture").content


# -- the file itself -------------------------------------------------------------------------------------------------
def test_a_picture_is_sent_to_stay_and_to_do_nothing(client):
    picture = make_picture()
    for one in picture.renditions:
        response = client.get(f"/media/{one['name']}")
        assert response.headers["Content-Type"] == one["type"]
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert not response.cookies
    assert client.head(f"/media/{picture.renditions[0]['name']}").content == b""
    assert client.post(f"/media/{picture.renditions[0]['name']}").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "",
        "pictures/",
        "pictures/..",
        "pictures/../site.sqlite3",
        "pictures/%2e%2e/site.sqlite3",
        "pictures/..%2f..%2fsecret-key",
        "pictures/%00.jpg",
        "pictures/page.html",
        "pictures/0123456789abcdef0123.svg",
        "pictures/0123456789abcdef0123.jpg",
        "pictures/0123456789abcdef0123.jpg%0a",
        "pictures/0123456789abcdef0123-800.jpg/x",
        "pictures/" + "a" * 3000 + ".jpg",
        "notes.txt",
    ],
)
def test_nothing_else_can_be_fetched_or_listed(client, path):
    default_storage.save("notes.txt", ContentFile(b"private"))
    default_storage.save("pictures/page.html", ContentFile(b"<script>alert(1)</script>"))
    assert client.get(f"/media/{path}").status_code == 404


# -- the desk --------------------------------------------------------------------------------------------------------
def posted(**over):
    return {
        "key": "path",
        "alt": "A path.",
        "caption": "",
        "original": upload(picture_file()),
    } | over


def test_an_editor_uploads_one_and_sees_it(admin_client, parse):
    data = picture_file("JPEG", exif=with_exif())
    admin_client.post(
        "/admin/articles/picture/add/", posted(original=upload(data, "IMG_2044 home.JPG"))
    )
    picture = Picture.objects.get()
    assert b"CAMERA" not in picture.original.read()
    picture.prepare()  # as the worker does
    picture.refresh_from_db()
    document = parse(admin_client.get(f"/admin/articles/picture/{picture.pk}/change/"))
    assert document.find(".//img").get("src") == f"/media/{picture.renditions[1]['name']}"
    assert document.find(".//input[@name='key']") is None
    assert (
        parse(admin_client.get("/admin/articles/picture/")).find(".//td//img").get("height") == "90"
    )


@pytest.mark.parametrize(
    ("over", "says"),
    [
        (
            {"original": SimpleUploadedFile("x.svg", SVG)},
            "It must be a JPEG, PNG, WebP or AVIF file.",
        ),
        (
            {"original": SimpleUploadedFile("x.html.png", SVG)},
            "It must be a JPEG, PNG, WebP or AVIF file.",
        ),
        (
            {"original": SimpleUploadedFile("photo", picture_file())},
            "It must be a JPEG, PNG, WebP or AVIF file.",
        ),
        (
            {"original": SimpleUploadedFile(".htaccess", picture_file())},
            "It must be a JPEG, PNG, WebP or AVIF file.",
        ),
        ({"original": SimpleUploadedFile("x.png", picture_file())}, "Give it its right ending"),
        ({"original": SimpleUploadedFile("x.png", b"")}, "This file is empty."),
        (
            {"original": SimpleUploadedFile("x.png", png_that_claims(64_000, 64_000))},
            "too many pixels",
        ),
        ({"original": SimpleUploadedFile("x.jpg", picture_file()[:-400])}, "damaged or cut short"),
        ({"alt": ""}, "Say what a person who can’t see it misses, or mark it as decorative."),
    ],
)
def test_an_editor_is_told_what_to_mend(admin_client, parse, text_of, over, says):
    if "original" in over:
        over["original"].seek(0)
    response = admin_client.post("/admin/articles/picture/add/", posted(**over))
    assert response.status_code == 200
    assert says in text_of(parse(response))
    assert not Picture.objects.exists()


def test_its_words_can_be_mended_without_a_new_upload(admin_client):
    picture = make_picture(key="path")
    admin_client.post(
        f"/admin/articles/picture/{picture.pk}/change/", {"alt": "New words.", "caption": ""}
    )
    changed = Picture.objects.get()
    assert (changed.alt, changed.original.name) == ("New words.", picture.original.name)
    assert changed.renditions == picture.renditions


def test_the_desk_names_the_articles_that_show_it_and_will_not_delete_it(
    admin_client, parse, text_of
):
    picture = make_picture(key="path")
    article = make_article(title="With <a> path", body="Lead.\n\n:::picture path")
    document = parse(admin_client.get(f"/admin/articles/picture/{picture.pk}/change/"))
    assert document.find(f".//a[@href='/admin/articles/article/{article.pk}/change/']") is not None
    page = parse(admin_client.get(f"/admin/articles/picture/{picture.pk}/delete/"))
    assert "1 text uses it" in text_of(page)
    assert "With <a> path" in text_of(page)
    admin_client.post(f"/admin/articles/picture/{picture.pk}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": picture.pk, "post": "yes"}
    admin_client.post("/admin/articles/picture/", chosen)
    assert Picture.objects.exists()


def test_deleting_several_at_the_desk_takes_their_files_along(
    admin_client, django_capture_on_commit_callbacks
):
    rows = [
        make_picture(key=f"path-{colour}", original=upload(picture_file(colour=colour)))
        for colour in ("red", "blue")
    ]
    chosen = {
        "action": "delete_selected",
        "_selected_action": [row.pk for row in rows],
        "post": "yes",
    }
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post("/admin/articles/picture/", chosen)
    assert not Picture.objects.exists()
    assert stored() == set()


def test_the_preview_shows_it(admin_client, parse):
    from tests.articles.admin.test_articles import posted as article_form
    from tests.factories import make_topic

    make_picture(key="path")
    form = article_form(make_topic(), body="Lead.\n\n:::picture path")
    assert (
        parse(admin_client.post("/admin/articles/article/preview/", form)).find(".//figure//img")
        is not None
    )
