"""Moving in: another site's export becomes drafts, after a person has seen what becomes of each."""

import io
import zipfile
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from articles.importing import archive, jobs
from articles.importing.items import UnreadableExportError
from articles.models import Article, ImportJob, Picture, Redirect, Topic
from tests.articles.desk import log_in
from tests.articles.importing.exports import HEAD, entry, ghost, wordpress
from tests.factories import make_article, picture_file

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.DATA_DIR = tmp_path / "data"
    return settings.DATA_DIR


def pictures(*names, data=None):
    """Return a ZIP file with a picture under each name."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, data or picture_file())
    return file.getvalue()


def look(export, zipped=None):
    """Have an export looked through; return the job."""
    return jobs.run(jobs.receive("export", [export], [zipped] if zipped else None, None))


def bring_in(export, zipped=None):
    """Look an export through and say yes; return what became of each by its title."""
    job = look(export, zipped)
    assert job.state == "looked", job.problem
    assert jobs.say_yes(job)
    job.refresh_from_db()
    jobs.run(job)
    assert job.state == "done", job.problem
    return {one["title"]: one for one in job.outcomes}


FULL = wordpress(
    entry(
        "First post",
        '<p>See <a href="https://old.example/2020/05/second-post/">b</a>.</p>',
        excerpt="In short.",
    ),
    entry("Second post", "Classic.\n\nTwo.", categories=["Uncategorized", "Work & life"]),
    entry("A page", post_type="page", link="https://old.example/a-page/", categories=[]),
    entry("Draft post", status="draft", link="https://old.example/?p=9"),
    entry("Later post", status="future", post_date_gmt="2031-01-01 00:00:00"),
    entry("Secret", post_password="x"),
    entry("Private", status="private"),
    entry("Thrown", status="trash"),
    entry("Menu", post_type="nav_menu_item"),
    entry("Photo", post_type="attachment", status="inherit"),
    entry("Product", post_type="product"),
    entry("Empty", "  <p> </p> "),
)


def test_everything_arrives_as_drafts_and_says_what_it_was(client):
    became = bring_in(FULL)
    assert set(Article.objects.values_list("state", flat=True)) == {"draft"}
    assert {title: one["becomes"] for title, one in became.items()} == {
        **dict.fromkeys(
            (
                "First post",
                "Second post",
                "A page",
                "Draft post",
                "Later post",
                "Secret",
                "Private",
            ),
            "draft",
        ),
        **dict.fromkeys(("Thrown", "Menu", "Photo", "Product", "Empty"), "left out"),
    }
    assert "2031-01-01" in " ".join(became["Later post"]["remarks"])
    assert "password" in " ".join(became["Secret"]["remarks"])
    assert all(one["remarks"] for one in became.values() if one["becomes"] == "left out")
    first = Article.objects.get(slug="first-post")
    assert (first.standfirst, first.body.strip()) == (
        "In short.",
        "See [b](/articles/second-post/).",
    )
    assert Article.objects.get(slug="second-post").topic.title == "Work & life"
    assert Topic.objects.filter(title="Uncategorized").count() == 0
    assert first.history.count() == 1


def test_old_addresses_lead_on_once_it_is_published(client):
    bring_in(FULL)
    assert Redirect.objects.get(path="/a-page/").target == "/articles/a-page/"
    assert not Redirect.objects.filter(path__contains="?").exists()
    assert client.get("/a-page/").status_code == 404
    article = Article.objects.get(slug="a-page")
    article.state = "published"
    article.save()
    assert client.get("/a-page/").headers["Location"] == "/articles/a-page/"


def test_looking_saves_nothing_and_a_second_run_brings_in_nothing_twice():
    job = look(FULL)
    assert (job.state, job.counts) == ("looked", {"draft": 7, "left out": 5})
    assert not Article.objects.exists()
    assert not Redirect.objects.exists()
    bring_in(FULL)
    again = look(FULL)
    assert again.counts == {"stays": 7, "left out": 5}


def test_what_stands_here_is_left_as_it_is():
    mine = make_article(slug="first-post", body="Mine.")
    became = bring_in(FULL)
    assert became["First post"]["becomes"] == "stays"
    mine.refresh_from_db()
    assert mine.body == "Mine."


def test_pictures_come_from_the_archive_alone():
    text = (
        '<p>x</p><img src="https://old.example/wp-content/uploads/2020/05/cat-300x200.jpg" alt="A cat">'
        '<img src="https://old.example/wp-content/uploads/2021/01/cat.jpg" alt="">'
        '<img src="https://elsewhere.example/dog.jpg" alt="A dog">'
    )
    zipped = pictures("uploads/2020/05/cat.jpg", "uploads/2021/01/cat.jpg", "uploads/notes.txt")
    became = bring_in(wordpress(entry("Cats", text)), zipped)
    body = Article.objects.get().body
    assert ":::picture uploads-2020-05-cat" in body
    assert ":::picture uploads-2021-01-cat" in body
    assert Picture.objects.get(key="uploads-2020-05-cat").alt == "A cat"
    assert Picture.objects.count() == 2
    said = " ".join(became["Cats"]["remarks"])
    assert "dog.jpg" in said
    assert "Pictures without words" in said


def test_ghost_brings_posts_pages_tags_and_its_pictures():
    became = bring_in(
        ghost(
            {
                "title": "One",
                "slug": "one",
                "custom_excerpt": "Short.",
                "feature_image": "__GHOST_URL__/content/images/2022/01/a.png",
                "html": '<p>To <a href="__GHOST_URL__/two/">two</a>.</p>',
            },
            {"title": "Two", "slug": "two", "type": "page", "status": "draft"},
            {
                "title": "Old",
                "slug": "old",
                "html": None,
                "mobiledoc": '{"cards":[["html",{"html":"<p>Card.</p>"}]]}',
            },
            {"title": "Members", "slug": "members", "visibility": "members", "status": "scheduled"},
            {"title": "Nothing", "slug": "nothing", "html": "", "plaintext": ""},
            tags=("Sleep", "Work"),
        ),
        pictures("content/images/2022/01/a.png", data=picture_file("PNG")),
    )
    one = Article.objects.get(slug="one")
    assert one.body.startswith(":::picture 2022-01-a\n\nTo [two](/articles/two/)")
    assert (one.topic.title, one.standfirst) == ("Sleep", "Short.")
    assert Article.objects.get(slug="old").body.strip() == "Card."
    assert "members" in " ".join(became["Members"]["remarks"]).lower()
    assert became["Nothing"]["becomes"] == "left out"
    assert Redirect.objects.get(path="/one/").target == "/articles/one/"


BOMB = HEAD.replace("<rss", '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><rss', 1)
LATIN = wordpress(entry("Caf\u00e9")).decode().replace("UTF-8", "ISO-8859-1").encode("latin-1")


@pytest.mark.parametrize(
    ("export", "says"),
    [
        (BOMB.encode() + b"</channel></rss>", "document type"),
        (
            HEAD.replace("<rss", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><rss', 1).encode(),
            "document type",
        ),
        (wordpress(entry("One"))[:-40], "cut short"),
        (b"<?xml version='1.0'?><feed></feed>", "no export of WordPress"),
        (b"<rss>" + b"<a>" * 500, "deeper"),
        (wordpress(), "no entries"),
        (b"{}", "no export of Ghost"),
        (b'{"db": [', "no export of Ghost"),
        (b"[" * 100_000, "neither"),
        (b"GIF89a", "neither"),
        (b"", "neither"),
    ],
)
def test_a_file_that_is_no_export_says_what_is_wrong(export, says, folder):
    job = look(export)
    assert job.state == "failed"
    assert says in job.problem
    assert not list(folder.rglob("*.jsonl"))


def test_odd_encodings_and_signs_are_read():
    assert set(bring_in(LATIN)) == {"Café"}
    strange = wordpress(entry("Odd", "<p>a\x0bb \x1f c</p>"))
    bring_in(strange)
    assert Article.objects.get(slug="odd").body.split() == ["a", "b", "c"]
    utf16 = wordpress(entry("Wide")).decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert look(utf16).state in {"looked", "failed"}


def test_a_bomb_of_a_zip_and_tricks_with_paths_are_refused(tmp_path):
    file = tmp_path / "x.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("bomb.jpg", b"\0" * 5_000_000)
        made.writestr("../../escape.jpg", b"x")
        made.writestr("/root.jpg", b"x")
        made.writestr("a\\..\\b.jpg", b"x")
        made.writestr("fine.jpg", picture_file())
        link = zipfile.ZipInfo("link.jpg")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
    opened = archive.PictureArchive(file)
    assert len(opened) == 1
    assert len(opened.refused) >= 4
    for name in ("bomb.jpg", "escape.jpg", "root.jpg", "link.jpg"):
        assert opened.find(name) == ""
    assert opened.read(opened.find("fine.jpg"))


def test_a_size_that_lies_is_found_while_reading(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_PICTURE", 100)
    file = tmp_path / "x.zip"
    file.write_bytes(pictures("a.jpg", data=b"x" * 90))
    opened = archive.PictureArchive(file)
    monkeypatch.setattr(archive, "MOST_PICTURE", 50)
    with pytest.raises(ValueError, match="larger"):
        opened.read("a.jpg")


def test_without_the_bound_the_bomb_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "_problem", lambda entry, path: "")
    file = tmp_path / "x.zip"
    file.write_bytes(pictures("bomb.jpg", data=b"\0" * 5_000_000))
    assert archive.PictureArchive(file).find("bomb.jpg")


def test_no_archive_is_no_archive():
    job = look(wordpress(entry("One")), b"no zip")
    assert (job.state, "no ZIP" in job.problem) == ("failed", True)


def test_it_goes_on_where_it_was_stopped(monkeypatch):
    monkeypatch.setattr(jobs, "TURN", 0)
    job = jobs.receive("export", [FULL], None, None)
    jobs.work()
    jobs.work()
    job.refresh_from_db()
    assert (job.cursor, job.total) == (1, 12)
    assert jobs.run(job).counts == {"draft": 7, "left out": 5}


def test_what_nobody_answers_is_thrown_away(folder):
    job = look(FULL)
    assert list(folder.rglob("export"))
    ImportJob.objects.update(changed_at="2020-01-01T00:00Z")
    jobs.forget_old()
    job.refresh_from_db()
    assert job.state == "dropped"
    assert not list(folder.rglob("export"))


def test_the_command_looks_and_brings_in(tmp_path):
    file = tmp_path / "site.xml"
    file.write_bytes(FULL)
    said = StringIO()
    call_command("import_site", str(file), check=True, stdout=said)
    assert "draft    First post /articles/first-post/" in said.getvalue()
    assert not Article.objects.exists()
    call_command("import_site", str(file), stdout=StringIO())
    assert Article.objects.count() == 7
    file.write_bytes(b"nonsense")
    with pytest.raises(CommandError, match="neither"):
        call_command("import_site", str(file))


def test_at_the_desk_the_worker_looks_and_an_editor_says_yes(parse, text_of):
    editor = log_in("Editors")
    answer = editor.post(
        "/admin/articles/article/import/", {"export": SimpleUploadedFile("site.xml", FULL)}
    )
    page = answer.headers["Location"]
    assert "Being looked through" in text_of(parse(editor.get(page)))
    jobs.run(ImportJob.objects.get())
    shown = text_of(parse(editor.get(page)))
    assert "First post" in shown
    assert "/a-page/ leads there" in shown
    assert not Article.objects.exists()
    editor.post(page)
    jobs.run(ImportJob.objects.get())
    assert "Done" in text_of(parse(editor.get(page)))
    assert Article.objects.count() == 7
    editor.post(page)
    assert Article.objects.count() == 7


def test_it_can_be_thrown_away(folder):
    editor = log_in("Editors")
    job = look(FULL)
    editor.post(f"/admin/articles/article/import/{job.pk}/", {"drop": "yes"})
    job.refresh_from_db()
    assert job.state == "dropped"
    assert not list(folder.rglob("export"))


def test_it_is_for_who_may_publish():
    for role in ("Writers", "Reviewers"):
        browser = log_in(role)
        assert browser.get("/admin/articles/article/import/").status_code == 403
        assert browser.post("/admin/articles/article/import/", {}).status_code == 403


def test_a_file_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(jobs, "MOST_BYTES", 100)
    with pytest.raises(UnreadableExportError, match="larger"):
        jobs.receive("export", [FULL], None, None)
    assert not ImportJob.objects.filter(state="looking").exists()
