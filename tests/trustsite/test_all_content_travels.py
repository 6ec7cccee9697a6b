"""All content travels: what readers see goes into files and comes back as it was, byte by byte."""

from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from articles.models import CrisisWord, Redirect, SlugRedirect, Synonym, Topic
from newsletter.issues import email_words
from newsletter.issues.content_files import ContentError
from newsletter.issues.content_files import letters as letter_files
from newsletter.models import Delivery, EmailWords, Letter
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
    former = quiz_files.read("short", (settings.CONTENT_DIR / "quiz/short.toml").read_text(), 1)
    days = {"released_at": timezone.now() - timedelta(days=9), "retired_at": timezone.now()}
    Version.objects.filter(pk=former.pk).update(state="retired", **days)
    make_archived_letter()


def make_archived_letter(**over):
    values = {
        "subject": "A quiet week",
        "sent_subject": "A quiet week",
        "body": "Hello,\r\n\nTake [a look](/quiz/).\n",
        "state": Letter.State.SENT,
        "in_archive": True,
        "finished_at": timezone.now() - timedelta(days=3),
    }
    return Letter.objects.create(**values | over)


def files_of(folder):
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def empty():
    for model in (Redirect, SlugRedirect, Synonym, EmailWords, Letter):
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
        *("articles", "pages", "responses", "pictures", "quiz", "emails", "letters"),
        *("topics.toml", "sources.toml", "offers.toml", "helplines.toml", "pictures.toml"),
        *("redirects.toml", "old_addresses.toml", "synonyms.toml", "crisis_words.toml"),
    }
    assert "nothing differed" in export(first)
    empty()
    load(first)
    assert list(Topic.objects.values_list("slug", flat=True)) == ["first", "second"]
    assert Version.objects.live().count() == 2
    assert Version.objects.filter(state="retired", number=1).exists()
    assert not Delivery.objects.exists()  # a letter that travels is a page, and no mail
    export(second)
    assert files_of(second) == wrote
    assert "loaded: nothing" in load(second)


def test_the_quiz_is_written_as_it_ships(everything, tmp_path):
    export(tmp_path)
    for name in ("short-v2.toml", "full-v2.toml"):
        shipped = (settings.CONTENT_DIR / "quiz" / name).read_bytes()
        assert (tmp_path / "quiz" / name).read_bytes() == shipped


@pytest.mark.parametrize("name", ["emails/welcome-1.md", "letters/{}.md", "quiz/short-v2.toml"])
def test_an_export_never_writes_over_what_was_not_loaded(everything, tmp_path, name):
    export(tmp_path)
    file = tmp_path / name.format(Letter.objects.get().pk)
    file.write_text(file.read_text() + "\n# By hand.\n")
    with pytest.raises(CommandError, match="changed here and never loaded"):
        export(tmp_path)
    export(tmp_path, force=True)
    assert "By hand" not in file.read_text()


@pytest.mark.parametrize("name", ["emails/welcome-2.md", "letters/900.md", "quiz/other.toml"])
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
    monkeypatch.setattr(
        "newsletter.issues.content_files.emails.digest", lambda text: own.synced_digest
    )
    load(tmp_path)
    own.refresh_from_db()
    assert own.subject == "Changed in the file"


def test_looking_writes_nothing(everything, tmp_path):
    export(tmp_path)
    file = tmp_path / "emails/welcome-1.md"
    file.write_text(file.read_text().replace("A quiet note", "Another note"))
    assert "changed" in load(tmp_path, check=True)
    assert EmailWords.objects.get().subject == "A quiet note"


# -- letters of the archive and former versions of the quiz


def archived(folder):
    """A letter whose file is there, and its address."""
    letter = make_archived_letter()
    letter_files.export(folder)
    return letter, f"/newsletter/issues/{letter.pk}/"


def test_a_letter_comes_back_at_its_address_and_the_next_one_gets_another(db, tmp_path, client):
    letter, address = archived(tmp_path)
    pk = letter.pk
    letter.delete()
    assert client.get(address).status_code == 404
    letter_files.sync(tmp_path)
    assert "Take" in client.get(address).content.decode()
    assert Letter.objects.create(subject="Next", body="Words.").pk > pk


@pytest.mark.parametrize(
    "change", [{"in_archive": False}, {"body": "Other words."}, {"state": "draft"}]
)
def test_a_file_changes_no_letter_and_brings_none_back_that_was_taken_out(db, tmp_path, change):
    letter, _ = archived(tmp_path)
    Letter.objects.filter(pk=letter.pk).update(**change)
    before = Letter.objects.values().get()
    with pytest.raises(ContentError, match="What was sent doesn’t change"):
        letter_files.sync(tmp_path)
    assert [one.result for one in letter_files.sync(tmp_path, keep=True)] == ["refused"]
    assert Letter.objects.values().get() == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("letter.md", "subject: S\nsent: 2026-01-01T00:00:00+00:00\n---\n\nWords.\n"),
        ("0.md", "subject: S\nsent: 2026-01-01T00:00:00+00:00\n---\n\nWords.\n"),
        ("1.md", "Words.\n"),
        ("1.md", "subject: S\nsent: soon\n---\n\nWords.\n"),
        ("1.md", "subject: S\nsent: 2026-01-01T00:00:00\n---\n\nWords.\n"),
        ("1.md", "subject: S\nsent: 9026-01-01T00:00:00+00:00\n---\n\nWords.\n"),
        ("1.md", f"subject: {'S' * 151}\nsent: 2026-01-01T00:00:00+00:00\n---\n\nWords.\n"),
        ("1.md", "subject: S\nsent: 2026-01-01T00:00:00+00:00\n---\n\n"),
    ],
)
def test_a_letters_file_that_cant_be_read_is_named_and_nothing_is_loaded(db, tmp_path, name, text):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / name).write_text(text)
    with pytest.raises(ContentError, match=name):
        letter_files.sync(tmp_path)
    assert not Letter.objects.exists()


def retired_file(folder, days):
    """The longer quiz's first file with these lines in its head."""
    text = (settings.CONTENT_DIR / "quiz" / "full.toml").read_text()
    (folder / "quiz").mkdir()
    dated = text.replace("\n\n[[question]]", f"\n{days}\n\n[[question]]", 1)
    (folder / "quiz" / "full.toml").write_text(dated)


def test_a_quiz_that_was_retired_is_not_shown_again(db, tmp_path):
    retired_file(
        tmp_path, "released = 2026-01-01T08:00:00+00:00\nretired = 2026-02-01T08:00:00+00:00"
    )
    quiz_files.load(tmp_path)
    version = Version.objects.get()
    assert (version.state, f"{version.retired_at:%-d %B}") == ("retired", "1 February")
    assert quiz_files.newer_files(tmp_path) == []


@pytest.mark.parametrize(
    "days",
    [
        "retired = 2026-02-01T08:00:00Z",
        "released = 2026-01-01\nretired = 2026-02-01",
        "released = 2026-03-01T08:00:00Z\nretired = 2026-02-01T08:00:00Z",
        "released = 2026-03-01T08:00:00Z\nretired = 9026-02-01T08:00:00Z",
        "released = 2026-03-01T08:00:00\nretired = 2026-02-01T08:00:00Z",
    ],
)
def test_days_that_cant_have_been_are_refused(db, tmp_path, days):
    retired_file(tmp_path, days)
    with pytest.raises(quiz_files.ContentError, match=r"full\.toml"):
        quiz_files.load(tmp_path)
    assert not Version.objects.exists()
