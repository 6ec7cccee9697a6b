"""All content travels: what readers see goes into files and comes back as it was, byte by byte."""

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from articles.models import CrisisWord, Redirect, SlugRedirect, Synonym, Topic
from newsletter.issues import email_words
from newsletter.models import EmailWords
from quiz import content_files as quiz_files
from quiz.models import Version
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

WORDS = {
    "kind": "welcome-1",
    "subject": "A quiet note",
    "body": "Hello,\n\nTake [a look](/quiz/).",
    "day": 2,
}


@pytest.fixture
def everything(db):
    """One of each kind that readers see, none as it ships."""
    second, first = make_topic(slug="second", position=1), make_topic(slug="first", position=0)
    make_source(key="known-2001", checked=True)
    make_offer()
    make_picture(key="path", caption="A path.")
    make_helpline(key="line")
    make_page(slug="about")
    make_response(key="freeze")
    kept = make_article(slug="kept", topic=second, body="A lead.[^known-2001]\n\n:::picture path")
    make_article(
        slug="gone",
        topic=first,
        state="withdrawn",
        withdrawn_note="It was wrong.",
        leads_to="/articles/kept/",
    )
    SlugRedirect.objects.create(slug="former", article=kept)
    Redirect.objects.create(path="/printed/", target="/articles/kept/", note="On a poster.")
    Synonym.objects.create(phrase="zoning out", means="dissociation")
    CrisisWord.objects.create(phrase="no way out", kind="suicide")
    email_words.save(EmailWords(**WORDS))
    quiz_files.load(settings.CONTENT_DIR)


def files_of(folder):
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def empty():
    for model in (Redirect, SlugRedirect, Synonym, EmailWords):
        model.objects.all().delete()
    CrisisWord.objects.filter(phrase="no way out").delete()
    Version.objects.update(state="draft")
    Version.objects.all().delete()
    from articles.models import Article, Helpline, Offer, Page, Picture, Response, Source

    Article.objects.update(state="draft", first_published_at=None, publish_at=None)
    for model in (Article, Helpline, Offer, Page, Picture, Response, Source, Topic):
        for row in model.objects.all():
            row.delete()
    Redirect.objects.all().delete()


def export(folder, **options):
    said = StringIO()
    call_command("export_content", str(folder), stdout=said, **options)
    return said.getvalue()


def load(folder, **options):
    said = StringIO()
    call_command("load_content", str(folder), stdout=said, **options)
    return said.getvalue()


def test_everything_comes_back_byte_by_byte(everything, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    export(first)
    wrote = files_of(first)
    folders = {name.split("/")[0] for name in wrote}
    assert folders >= {
        *("articles", "pages", "responses", "pictures", "quiz", "emails"),
        *("topics.toml", "sources.toml", "offers.toml", "helplines.toml", "pictures.toml"),
        *("redirects.toml", "old_addresses.toml", "synonyms.toml", "crisis_words.toml"),
    }
    assert "nothing differed" in export(first)
    empty()
    load(first)
    assert list(Topic.objects.values_list("slug", flat=True)) == ["first", "second"]
    assert Version.objects.live().count() == 2
    export(second)
    assert files_of(second) == wrote
    assert "loaded: nothing" in load(second)


def test_the_quiz_is_written_as_it_ships(everything, tmp_path):
    export(tmp_path)
    for name in ("short-v2.toml", "full-v2.toml"):
        shipped = (settings.CONTENT_DIR / "quiz" / name).read_bytes()
        assert (tmp_path / "quiz" / name).read_bytes() == shipped


@pytest.mark.parametrize("name", ["emails/welcome-1.md", "quiz/short-v2.toml"])
def test_an_export_never_writes_over_what_was_not_loaded(everything, tmp_path, name):
    export(tmp_path)
    file = tmp_path / name
    file.write_text(file.read_text() + "\n# By hand.\n")
    with pytest.raises(CommandError, match="changed here and never loaded"):
        export(tmp_path)
    export(tmp_path, force=True)
    assert "By hand" not in file.read_text()


@pytest.mark.parametrize("name", ["emails/welcome-2.md", "quiz/other.toml"])
def test_a_file_of_no_row_is_named_and_pruned_when_asked(everything, tmp_path, name):
    export(tmp_path)
    (tmp_path / name).write_text("Stray.")
    assert f"belongs to no row: {name}" in export(tmp_path)
    assert (tmp_path / name).exists()
    assert f"deleted: {name}" in export(tmp_path, prune=True)
    assert not (tmp_path / name).exists()


def edited(folder):
    """Words changed at the desk after they were exported, and otherwise in their file."""
    export(folder)
    own = EmailWords.objects.get()
    own.subject = "Changed at the desk"
    email_words.save(own)
    file = folder / "emails/welcome-1.md"
    file.write_text(file.read_text().replace("A quiet note", "Changed in the file"))
    return own


def test_words_of_mails_are_guarded_as_the_rest(everything, tmp_path):
    own = edited(tmp_path)
    with pytest.raises(CommandError, match="changed at the desk"):
        load(tmp_path)
    with pytest.raises(CommandError, match="would be refused"):
        load(tmp_path, check=True)
    load(tmp_path, keep=True)
    own.refresh_from_db()
    assert own.subject == "Changed at the desk"
    load(tmp_path, force=True)
    own.refresh_from_db()
    assert own.subject == "Changed in the file"


def test_without_the_memory_of_the_file_the_desks_words_are_lost(everything, tmp_path, monkeypatch):
    own = edited(tmp_path)
    monkeypatch.setattr("newsletter.issues.content_files.digest", lambda text: own.synced_digest)
    load(tmp_path)
    own.refresh_from_db()
    assert own.subject == "Changed in the file"


def test_looking_writes_nothing(everything, tmp_path):
    export(tmp_path)
    file = tmp_path / "emails/welcome-1.md"
    file.write_text(file.read_text().replace("A quiet note", "Another note"))
    assert "changed" in load(tmp_path, check=True)
    assert EmailWords.objects.get().subject == "A quiet note"
