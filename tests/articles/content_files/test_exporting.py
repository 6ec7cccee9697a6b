import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import models

from articles import content_files
from articles.content_files.file_types import FILE_TYPES
from articles.models import (
    Article,
    CrisisWord,
    Helpline,
    MarkdownModel,
    Picture,
    SlugRedirect,
    Source,
    SyncedModel,
    Topic,
)
from tests.factories import (
    make_article,
    make_helpline,
    make_offer,
    make_page,
    make_picture,
    make_response,
    make_source,
    make_topic,
)

pytestmark = pytest.mark.django_db

NOT_TRAVELLING = {
    *("id", "changed_at", "synced_at", "synced_digest"),
    *("html", "contents", "citations", "words", "renderer"),
    *("width", "height", "renditions", "prepare_after", "prepare_attempts"),
    *("preview_key", "problems", "text_hash", "first_published_at", "planned_on"),
    *("nearest", "nearest_due", "used", "last_used_on", "counted_since"),
}
WITH_EVERYTHING = """Lead.[^author-2001]

## One

“Quotes” and "straight" ones, 1 < 2, *stars*.\\
A hard break.

## Two

    code, indented

:::picture path

---

:::offer online-therapy

## Three

The last."""


def read_all(folder):
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def forget_everything():
    for model in (SlugRedirect, *(kind.model for kind in reversed(FILE_TYPES))):
        for row in model.objects.all():
            (models.Model.delete if isinstance(row, MarkdownModel | CrisisWord) else model.delete)(
                row
            )  # which people can’t delete


@pytest.fixture
def odd_rows():
    """Rows that say what is hard to say in a file."""
    topic = make_topic(slug="skills", title='“A”: #1, "b" \\ c', intro="yes", position=7)
    make_topic(slug="other", title="null", position=7)
    make_source(key="author-2001", authors="Müller A", title="2001-01-01", checked=True)
    make_source(key="plain", authors="B", year=None)
    make_offer(not_for="For nobody: nowhere.")
    make_picture(key="path", caption="A caption # with a sign")
    make_picture(key="rule", alt="", decorative=True)
    make_helpline(key="b", position=3, checked_on=date(2026, 5, 1))
    make_helpline(key="a", position=3, country="ie", country_name="Ireland")
    make_helpline(key="c", position=0, country_name="Great Britain", hours="24/7; \x7f")
    make_page(checked_on=date(2026, 2, 3), updated_at=datetime(2026, 1, 2, 3, 4, 5, 678, UTC))
    make_response(position=9, related=["a", "b"])
    make_response(key="fight", title="Fight", body="---\n\nA rule first.")
    make_article(
        slug="full",
        topic=topic,
        affiliate=True,
        sign_up=False,
        body=WITH_EVERYTHING,
        takeaways=["One: two.", "- three", "true", "“Four.”"],
        publish_at=datetime(2027, 1, 1, tzinfo=UTC),
        updated_at=datetime(2027, 1, 1, tzinfo=UTC),
        evidence="contested",
        checked_on=date(2026, 3, 4),
    )
    moved = make_article(
        slug="draft", topic=topic, state="draft", publish_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    )
    make_article(
        slug="no-day",
        topic=topic,
        state="draft",
        publish_at=None,
        body="Words\r\nfrom a browser.\r\n",
    )
    make_article(
        slug="gone", topic=topic, state="withdrawn", withdrawn_note="It was wrong.", response="fawn"
    )
    SlugRedirect.objects.create(slug="once", article=moved)


@pytest.mark.parametrize("rows", ["content", "odd_rows"])
def test_a_second_export_is_the_same_to_the_byte(rows, request, tmp_path):
    request.getfixturevalue(rows)
    content_files.export(tmp_path)
    first = read_all(tmp_path)
    assert content_files.export(tmp_path).written == []
    assert read_all(tmp_path) == first


@pytest.mark.parametrize("rows", ["content", "odd_rows"])
def test_an_empty_site_that_loads_an_export_writes_the_same(rows, request, tmp_path):
    request.getfixturevalue(rows)
    content_files.export(tmp_path / "one")
    before = {
        model: list(model.objects.values_list("pk", flat=True)) for model in (Article, Picture)
    }
    forget_everything()
    content_files.load(tmp_path / "one")
    content_files.export(tmp_path / "two")
    assert all(model.objects.count() == len(rows) for model, rows in before.items())
    assert read_all(tmp_path / "two") == read_all(tmp_path / "one")


def test_what_was_exported_is_loaded_without_a_change(odd_rows, tmp_path):
    content_files.export(tmp_path)
    assert content_files.load(tmp_path, force=True) == {}


def test_the_launch_content_is_as_an_export_writes_it(content, tmp_path):
    shutil.copy(settings.CONTENT_DIR / "helplines.toml", tmp_path)
    content_files.export(tmp_path)
    written = read_all(tmp_path)
    assert {name: (settings.CONTENT_DIR / name).read_bytes() for name in written} == written


def test_every_field_travels_or_is_made_anew():
    assert {kind.model for kind in FILE_TYPES} == {
        model for model in apps.get_models() if issubclass(model, SyncedModel)
    }
    for kind in FILE_TYPES:
        fields = {field.name for field in kind.model._meta.fields}
        assert {kind.key, *kind.fields.values()} == fields - NOT_TRAVELLING, kind.path


def test_files_end_in_one_line_end_and_have_no_other_kind(odd_rows, tmp_path):
    content_files.export(tmp_path)
    for name, data in read_all(tmp_path).items():
        if not name.startswith("pictures/"):
            assert data.endswith(b"\n"), name
            assert not data.endswith(b"\n\n"), name
            assert b"\r" not in data, name


def test_it_writes_names_in_their_order_and_no_default(tmp_path):
    make_article(
        slug="a", topic=make_topic(slug="skills"), publish_at=datetime(2026, 5, 1, tzinfo=UTC)
    )
    Article.objects.update(
        updated_at=datetime(2026, 5, 1, tzinfo=UTC), related=["b", "c"], takeaways=["One.", "Two."]
    )
    content_files.export(tmp_path)
    front = (tmp_path / "articles" / "a.md").read_text().split("---\n")[1]
    assert front == (
        f"title: {Article.objects.get().title}\ndek: A line under the title.\ntopic: skills\nrelated: [b, c]\n"
        "takeaways:\n  - One.\n  - Two.\npublished: 2026-05-01\n"
    )


def test_positions_are_the_order_of_the_file(tmp_path):
    for slug, position in [("b", 0), ("a", 1), ("tied", 1), ("far", 9)]:
        make_topic(slug=slug, title=slug, position=position)
    content_files.export(tmp_path)
    assert (tmp_path / "topics.toml").read_text().split("\n\n")[1:] == [
        '[b]\ntitle = "b"',
        '[a]\ntitle = "a"',
        '[tied]\ntitle = "tied"\nposition = 1',
        '[far]\ntitle = "far"\nposition = 9\n',
    ]


def test_what_only_the_helplines_file_says_is_kept(tmp_path):
    make_helpline(key="one")
    make_helpline(key="two")
    (tmp_path / "helplines.toml").write_text(
        '[countries]\ngb = "UK"\n\n[[emergency]]\ncountry = "UK"\nnumber = "999"\n\n'
        '[[helpline]]\nid = "one"\nname = "Old"\nconfidence = "B"\nin_guide = true\nremark = "Ask again."\n\n'
        '[[helpline]]\nid = "two"\nin_guide = false\n'
    )
    content_files.export(tmp_path, force=True)
    text = (tmp_path / "helplines.toml").read_text()
    assert '[[emergency]]\ncountry = "UK"\nnumber = "999"\n' in text
    assert 'name = "Samaritans"\nphone = "116 123"\nposition' in text
    assert text.count('confidence = "B"\nin_guide = true\nremark = "Ask again."\n') == 1
    assert "in_guide = false" not in text


def test_a_fresh_folder_takes_that_from_the_sites_own_file(content, tmp_path):
    content_files.export(tmp_path)
    written, own = (folder / "helplines.toml" for folder in (tmp_path, settings.CONTENT_DIR))
    assert (
        written.read_text().count("in_guide = true")
        == own.read_text().count("in_guide = true")
        > 10
    )
    assert written.read_text().count("[[emergency]]") == own.read_text().count("[[emergency]]") > 5


def test_a_broken_helplines_file_in_the_folder_is_named(tmp_path):
    (tmp_path / "helplines.toml").write_text("[countries\n")
    with pytest.raises(CommandError, match=r"helplines\.toml.*line 1"):
        call_command("export_content", str(tmp_path))


def test_placeholders_stay_placeholders(tmp_path):
    make_page(body="By {publisher}.")
    content_files.export(tmp_path)
    assert (tmp_path / "pages" / "about.md").read_text().endswith("---\nBy {publisher}.\n")


def test_the_old_file_of_an_article_that_moved_is_deleted(tmp_path, capsys):
    article = make_article(slug="before")
    content_files.export(tmp_path)
    article.slug = "after"
    article.save()
    call_command("export_content", str(tmp_path))
    assert "deleted: articles/before.md" in capsys.readouterr().out
    assert [file.name for file in (tmp_path / "articles").iterdir()] == ["after.md"]
    assert (tmp_path / "old_addresses.toml").read_text().endswith('\n\nbefore = "after"\n')


def test_a_file_of_no_row_is_left_and_named_unless_asked(tmp_path, capsys):
    make_article(slug="here")
    stray = tmp_path / "articles" / "stray.md"
    stray.parent.mkdir()
    stray.write_text("---\ntitle: Not loaded yet\n---\n")
    call_command("export_content", str(tmp_path))
    assert "belongs to no row: articles/stray.md" in capsys.readouterr().out
    assert stray.exists()
    call_command("export_content", str(tmp_path), prune=True)
    assert not stray.exists()
    assert (tmp_path / "articles" / "here.md").exists()


def test_a_picture_travels_with_its_bytes(tmp_path):
    picture = make_picture(key="path")
    content_files.export(tmp_path)
    name = Path(picture.original.name).name
    assert (
        (tmp_path / "pictures.toml")
        .read_text()
        .endswith(f'[path]\nfile = "{name}"\nalt = "A path through a garden."\n')
    )
    with default_storage.open(picture.original.name) as file:
        assert (tmp_path / "pictures" / name).read_bytes() == file.read()


def test_a_picture_whose_file_is_gone_is_named_and_nothing_is_written(tmp_path):
    picture = make_picture(key="path")
    default_storage.delete(picture.original.name)
    with pytest.raises(CommandError, match="picture “path” isn’t in the store"):
        call_command("export_content", str(tmp_path))
    assert read_all(tmp_path) == {}


def test_an_export_changes_no_page(tmp_path):
    from trustsite.models import CacheVersion

    make_source()
    before = list(CacheVersion.objects.values()), Source.objects.get().changed_at
    content_files.export(tmp_path)
    assert (list(CacheVersion.objects.values()), Source.objects.get().changed_at) == before


def test_an_empty_site_has_empty_files(tmp_path):
    content_files.export(tmp_path)
    assert all(
        data.startswith(b"# ") and data.endswith(b"\n") for name, data in read_all(tmp_path).items()
    )
    assert not Topic.objects.exists()
    assert not Helpline.objects.exists()


def test_files_that_were_never_loaded_are_not_written_over(tmp_path):
    """As after a load that failed: the edit would be gone."""
    make_article(slug="a")
    make_article(slug="b")
    content_files.export(tmp_path)
    file = tmp_path / "articles/a.md"
    edited = file.read_text().replace("## ", "## An edit: ", 1)
    assert edited != file.read_text()
    file.write_text(edited)
    with pytest.raises(content_files.ContentError, match=r"articles/a\.md.*never loaded"):
        content_files.export(tmp_path)
    with pytest.raises(CommandError, match="--force"):
        call_command("export_content", tmp_path)
    file.write_text("---\ntitle: [broken\n---\n")
    with pytest.raises(content_files.ContentError, match=r"articles/a\.md"):
        content_files.export(tmp_path)
    call_command("export_content", tmp_path, force=True)
    assert "An edit" not in file.read_text()


def test_a_row_edited_at_the_desk_is_exported_over_the_file_it_came_from(tmp_path):
    article = make_article(slug="a")
    content_files.export(tmp_path)
    article.refresh_from_db()
    article.title = "Edited at the desk"
    article.save()
    content_files.export(tmp_path)
    assert "Edited at the desk" in (tmp_path / "articles/a.md").read_text()
