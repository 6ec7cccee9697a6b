import re
from datetime import UTC, datetime

import pytest
from django.core.files.storage import default_storage

from articles import content_files
from articles.models import Article, Page, Picture, SlugRedirect, Source, Topic
from tests.articles.content_folder import edit, refusal, rewrite, state_of_everything
from tests.factories import make_article, make_page, picture_file

pytestmark = pytest.mark.django_db


# -- what becomes of a row -------------------------------------------------------------------------------------------


def test_files_equal_to_the_rows_change_nothing(run):
    before = state_of_everything()
    assert run() == "loaded: nothing\n"
    assert state_of_everything() == before


def test_how_a_file_is_written_makes_no_difference(folder, run):
    file = folder / "articles" / "first.md"
    text = (
        file.read_text()
        .replace("title: First", "affiliate: false\ntitle:   'First'")
        .replace("\n", "\r\n")
    )
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    (folder / "topics.toml").write_text(
        "[skills]\n# a remark\ntitle = 'Skills'\nposition = 1\nintro = ''\n"
    )
    Topic.objects.update(position=1)
    content_files.export(folder.parent / "elsewhere")
    assert run() == "loaded: nothing\n"


def test_a_new_file_becomes_a_row(folder, run):
    (folder / "articles" / "second.md").write_text(
        "---\ntitle: It's new\ntopic: skills\n---\nWords.\n"
    )
    assert run().startswith("loaded: 1 articles\n")
    article = Article.objects.get(slug="second")
    assert (article.title, article.state, article.body) == ("It’s new", "draft", "Words.")
    assert run() == "loaded: nothing\n"


def test_who_writes_an_article_without_a_day_is_told_that_it_is_a_draft(folder, run):
    file = folder / "articles" / "second.md"
    file.write_text("---\ntitle: New\ntopic: skills\n---\nWords.\n")
    told = "second is a draft, shown in the admin alone: it has no “published:” yet\n"
    assert run() == f"loaded: 1 articles\n{told}"
    rewrite(folder, "articles/second.md", "---\nWords", "published: 2026-01-02\n---\nWords")
    assert run() == "loaded: 1 articles\n"
    assert Article.objects.published().filter(slug="second").exists()


def test_an_export_leaves_a_draft_written_by_hand_as_it_is(folder, run):
    file = folder / "articles" / "second.md"
    file.write_text("---\ntitle: New\ntopic: skills\n---\nWords.\n")
    run()
    before = file.read_bytes()
    content_files.export(folder)
    assert file.read_bytes() == before


def test_a_changed_file_changes_its_row(folder, run):
    rewrite(folder, "articles/first.md", "title: First", "title: Better")
    rewrite(folder, "sources.toml", "A work", "Another work")
    assert run() == "loaded: 1 sources, 1 articles\n"
    assert (Article.objects.get().title, Source.objects.get().title) == ("Better", "Another work")
    assert run() == "loaded: nothing\n"


def test_a_line_taken_out_of_a_file_takes_its_value_back(folder, run):
    rewrite(folder, "articles/first.md", "dek: A line under the title.\n", "")
    run()
    assert Article.objects.get().standfirst == ""


def test_a_row_that_no_file_names_is_left(folder, run):
    make_page(slug="contact")
    run()
    assert Page.objects.filter(slug="contact").exists()


def test_a_file_that_says_no_day_of_change_keeps_the_rows(folder, run):
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    edit(Page, updated_at=moment)
    content_files.export(folder)
    file = folder / "pages" / "about.md"
    file.write_text(
        re.sub("updated: .*\n", "", file.read_text()).replace("A site about", "A place about")
    )
    assert run() == "loaded: 1 pages\n"
    assert Page.objects.get().updated_at == moment


def test_a_day_is_its_first_moment(folder, run):
    rewrite(folder, "articles/first.md", "published: ", "published: 2026-05-01 # ")
    run()
    article = Article.objects.get()
    assert article.publish_at == datetime(2026, 5, 1, tzinfo=UTC)
    assert article.state == "published"


# -- edits made in the admin -----------------------------------------------------------------------------------------


def test_a_row_edited_since_is_refused_by_file_row_and_both_dates(folder, run):
    edit(Source, title="Edited")
    Source.objects.update(
        changed_at=datetime(2026, 5, 3, 10, 15, tzinfo=UTC),
        synced_at=datetime(2026, 5, 1, 9, tzinfo=UTC),
    )
    said = refusal(run)
    assert (
        f"{folder}/sources.toml, line 4: author-2001: the row was edited in the admin on 3 May 2026, 10:15"
        in said
    )
    assert "last loaded or exported on 1 May 2026, 09:00" in said
    assert "--force" in said
    assert Source.objects.get().title == "Edited"


def test_a_refusal_lets_nothing_else_in(folder, run):
    edit(Article, title="Edited")
    rewrite(folder, "pages/about.md", "A site about", "A place about")
    rewrite(folder, "topics.toml", "Skills", "Other")
    before = state_of_everything()
    assert "articles/first.md: the row was edited" in refusal(run)
    assert state_of_everything() == before


def test_every_refused_row_is_named_at_once(folder, run):
    edit(Article, title="Edited")
    edit(Page, title="Edited")
    said = refusal(run)
    assert "articles/first.md" in said
    assert "pages/about.md" in said


def test_a_row_edited_past_the_models_is_refused_too(run):
    Article.objects.update(title="Edited")
    assert "articles/first.md" in refusal(run)


def test_a_row_that_was_never_loaded_or_exported_is_refused(folder, run):
    make_page(slug="contact", title="Made in the admin")
    (folder / "pages" / "contact.md").write_text("---\ntitle: Made in a file\n---\nWords.\n")
    assert "never loaded or exported" in refusal(run)


def test_saving_a_row_without_a_change_is_no_edit(folder, run):
    edit(Article)
    rewrite(folder, "articles/first.md", "title: First", "title: Better")
    assert run() == "loaded: 1 articles\n"


def test_an_edit_made_in_both_places_is_none(folder, run):
    edit(Article, title="Better")
    rewrite(folder, "articles/first.md", "title: First", "title: Better")
    assert run() == "loaded: nothing\n"
    rewrite(folder, "articles/first.md", "title: Better", "title: Best")
    assert run() == "loaded: 1 articles\n"


def test_an_edit_can_be_exported_and_then_changed_in_the_file(folder, run):
    edit(Article, title="Edited")
    content_files.export(folder)
    rewrite(folder, "articles/first.md", "title: Edited", "title: Better")
    assert run() == "loaded: 1 articles\n"


def test_line_ends_of_a_browser_are_no_edit(folder, run):
    edit(Article, body=Article.objects.get().body.replace("\n", "\r\n"))
    assert run() == "loaded: nothing\n"


def test_force_writes_the_file_over_the_edit(run):
    edit(Article, title="Edited")
    assert run(force=True) == "loaded: 1 articles\n"
    assert Article.objects.get().title == "First"
    assert run() == "loaded: nothing\n"


def test_keep_leaves_the_edit_and_loads_the_rest(folder, run):
    edit(Article, title="Edited")
    rewrite(folder, "pages/about.md", "A site about", "A place about")
    said = run(keep=True)
    assert said.startswith("loaded: 1 pages\nleft as it is: ")
    assert "articles/first.md" in said
    assert (Article.objects.get().title, Page.objects.get().body) == (
        "Edited",
        "A place about stress.",
    )


# -- check -----------------------------------------------------------------------------------------------------------


def test_check_says_what_would_happen_and_writes_nothing(folder, run):
    rewrite(folder, "sources.toml", "A work", "Another work")
    (folder / "articles" / "second.md").write_text("---\ntitle: New\ntopic: new\n---\nWords.\n")
    rewrite(folder, "topics.toml", "[skills]", "[new]\ntitle = 'New'\nposition = 40\n\n[skills]")
    (folder / "pictures" / "new.jpg").write_bytes(picture_file(colour="red"))
    with (folder / "pictures.toml").open("a") as file:
        file.write("\n[new]\nfile = 'new.jpg'\ndecorative = true\n")
    before = state_of_everything()
    lines = run(check=True).splitlines()
    assert lines[:4] == [
        "new      topics.toml new",
        "changed  sources.toml author-2001",
        "new      pictures.toml new",
        "new      articles/second.md",
    ]
    assert lines[-1] == "would be loaded: 1 topics, 1 sources, 1 pictures, 1 articles"
    assert state_of_everything() == before
    run()
    assert Article.objects.filter(slug="second").exists()


def test_check_fails_when_something_would_be_refused(run, capsys):
    edit(Article, title="Edited")
    before = state_of_everything()
    assert "articles/first.md: the row was edited" in refusal(run, check=True)
    assert "refused  articles/first.md" in capsys.readouterr().out
    assert state_of_everything() == before


def test_check_fails_when_a_file_is_broken(folder, run):
    (folder / "pages" / "about.md").write_text("Words.")
    assert "about.md, line 1" in refusal(run, check=True)


def test_check_with_force_says_what_force_would_do(run):
    edit(Article, title="Edited")
    assert "changed  articles/first.md" in run(check=True, force=True)
    assert Article.objects.get().title == "Edited"


# -- pictures and old addresses --------------------------------------------------------------------------------------


def test_a_picture_put_there_by_hand_is_written_anew_once(folder, run):
    exif = picture_file(exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0")
    (folder / "pictures" / "photo.jpg").write_bytes(exif)
    with (folder / "pictures.toml").open("a") as file:
        file.write("\n[photo]\nfile = 'photo.jpg'\nalt = 'A photo.'\n")
    assert run() == "loaded: 1 pictures\n"
    picture = Picture.objects.get(key="photo")
    assert b"Exif" not in picture.original.read()
    assert picture.renditions
    assert run() == "loaded: nothing\n"


def test_new_words_for_a_picture_leave_its_files(folder, run):
    before = default_storage.get_modified_time(Picture.objects.get().original.name)
    rewrite(folder, "pictures.toml", "A path", "A way")
    assert run() == "loaded: 1 pictures\n"
    picture = Picture.objects.get()
    assert picture.alt == "A way through a garden."
    assert default_storage.get_modified_time(picture.original.name) == before


def test_a_change_in_how_pictures_are_made_leaves_those_that_are_kept(run, monkeypatch):
    monkeypatch.setattr("articles.images.renditions.WIDTHS", (300,))
    assert run() == "loaded: nothing\n"


def test_a_file_that_is_no_picture_is_refused(folder, run):
    (folder / "pictures" / "photo.jpg").write_bytes(b"<svg/>")
    (folder / "pictures.toml").write_text("[photo]\nfile = 'photo.jpg'\nalt = 'A photo.'\n")
    assert "line 2: photo: file: This isn’t a picture we can use" in refusal(run)


def test_pictures_of_a_load_that_failed_leave_no_files(folder, run):
    (folder / "pictures" / "photo.jpg").write_bytes(picture_file(colour="blue"))
    rewrite(
        folder,
        "pictures.toml",
        "[path]",
        "[photo]\nfile = 'photo.jpg'\ndecorative = true\n\n[path]",
    )
    (folder / "pages" / "about.md").write_text("Words.")
    before = state_of_everything()
    refusal(run)
    assert state_of_everything() == before


def test_an_old_address_is_loaded_and_leads_to_its_article(folder, run, client):
    (folder / "old_addresses.toml").write_text('once = "first"\n')
    assert run() == "loaded: 1 old addresses\n"
    assert client.get("/articles/once/").headers["Location"] == "/articles/first/"
    assert run() == "loaded: nothing\n"


def test_an_old_address_that_leads_elsewhere_is_refused_unless_forced(folder, run):
    SlugRedirect.objects.create(slug="once", article=make_article(slug="other"))
    (folder / "old_addresses.toml").write_text('once = "first"\n')
    assert "line 1: once: in the database it leads to “other”" in refusal(run)
    assert run(force=True) == "loaded: 1 old addresses\n"
    assert SlugRedirect.objects.get().article.slug == "first"


def test_the_file_of_an_article_that_moved_does_not_bring_it_back(run):
    edit(Article, slug="moved")
    said = refusal(run)
    assert "articles/first.md: the article moved to “moved”: it was edited in the admin on" in said
    assert "last loaded or exported on" in said
    assert not Article.objects.filter(slug="first").exists()
