"""`manage.py release`: everything between new code and the site that runs it."""

import pytest


@pytest.fixture
def released(site, tmp_path):
    """A site that was released once, the first time on an empty folder."""
    (site.folder / "site.sqlite3").unlink()
    site.first = site.manage("release")
    return site


def test_a_release_from_nothing_and_once_more(released):
    assert "run: articles.0001_content" in released.first
    assert "made: backup" not in released.first  # there was nothing to lose
    again = released.manage("release")
    assert "migrations: nothing to do" in again
    assert "loaded: nothing" in again
    assert not released.archives()


def test_pending_migrations_wait_for_a_backup_and_an_edit_at_the_desk_is_named_and_kept(released):
    released.script(
        """
        from django.db import connection
        from articles.models import Page
        page = Page.objects.get(slug="contact")
        page.body += "\\n\\nA line of ours."
        page.save()
        Page.objects.filter(pk=page.pk).update(synced_digest="another file")
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app='sessions'")
            cursor.execute("DROP TABLE django_session")
        """
    )
    said = released.manage("release")
    assert "made: backup-" in said
    assert "run: sessions.0001_initial" in said
    assert len(released.archives()) == 1
    assert "left as it is" in said
    kept = released.script(
        "from articles.models import Page; print(Page.objects.get(slug='contact').body)"
    )
    assert "A line of ours." in kept


def test_when_no_backup_can_be_made_nothing_is_migrated(released):
    released.script(
        """
        from django.db import connection
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app='sessions'")
        """
    )
    (released.folder / "backups").write_text("a file in the way")
    said = released.refuses("release")
    assert "Stopped at backup" in said
    missing = released.script(
        "from operations.backups import version; print(len(version.pending_migrations()))"
    )
    assert missing == "1"
