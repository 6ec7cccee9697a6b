"""`manage.py release`: everything between new code and the site that runs it."""

import shutil

import pytest

from tests.web_server import prepared

# With the settings of a public site: its static files too are named by what is in them, and compressed.
BEHIND_A_PROXY = {
    "DJANGO_SETTINGS_MODULE": "trustsite.settings",
    "SITE_URL": "https://example.org",
    "TRUSTED_PROXIES": "1",
}


@pytest.fixture
def released(site_in):
    """A site with all that `release` loads."""
    site = site_in("")
    shutil.copytree(prepared(), site.folder)
    return site


def test_a_release_from_nothing_and_once_more(site_in):
    site = site_in("")
    first = site.manage("release")
    assert "run: articles.0001_content" in first
    assert "made: backup" not in first  # there was nothing to lose
    again = site.manage("release", **BEHIND_A_PROXY)
    assert "migrations: nothing to do" in again
    assert "loaded: nothing" in again
    assert not site.archives()


def test_pending_migrations_wait_for_a_backup_and_an_edit_at_the_desk_is_named_and_kept(released):
    released.script(
        """
        from articles.models import Page
        page = Page.objects.get(slug="contact")
        page.body += "\\n\\nA line of ours."
        page.save()
        Page.objects.filter(pk=page.pk).update(synced_digest="another file")
        """
    )
    released.rows("DELETE FROM django_migrations WHERE app = 'sessions'")
    released.rows("DROP TABLE django_session")
    said = released.manage("release")
    assert "made: backup-" in said
    assert "run: sessions.0001_initial" in said
    assert len(released.archives()) == 1
    assert "left as it is" in said
    [[kept]] = released.rows("SELECT body FROM articles_page WHERE slug = 'contact'")
    assert "A line of ours." in kept


def test_when_no_backup_can_be_made_nothing_is_migrated(released):
    released.rows("DELETE FROM django_migrations WHERE app = 'sessions'")
    (released.folder / "backups").write_text("a file in the way")
    said = released.refuses("release")
    assert "Stopped at backup" in said
    assert not released.rows("SELECT name FROM django_migrations WHERE app = 'sessions'")
