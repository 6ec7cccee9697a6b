"""The retention table: complete, the same as the privacy page, and kept to."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import models
from django.utils import timezone

from newsletter.models import FormMailCount
from operations import retention, retention_table
from operations.backups import store
from operations.doctor import examination
from operations.doctor.findings import OK, Finding
from tests.factories import make_subscriber
from tests.servers import ROOT

PAGE = (ROOT / "content/pages/privacy.md").read_text()
CONTENT = {"articles", "quiz"}  # texts; of people they name editors alone


@pytest.fixture(autouse=True)
def _place(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.BACKUP_DIR, settings.SUPPRESSION_JOURNAL = tmp_path / "backups", tmp_path / "journal"


def uncovered(places=None):
    places = retention.places() if places is None else places
    found = []
    for model in apps.get_models(include_auto_created=True):
        name, app = model._meta.label, model._meta.app_label
        is_join = model._meta.auto_created
        if not (
            is_join or name in places or name in retention_table.NOBODYS or app in CONTENT & places
        ):
            found.append(name)
    return found


def test_every_model_is_in_the_table_or_holds_nothing_of_anybody():
    assert uncovered() == []


def test_a_model_that_isnt_in_the_table_is_found():
    """The twin."""
    assert uncovered(retention.places() - {"newsletter.FormMailCount"}) == [
        "newsletter.FormMailCount"
    ]


def test_what_the_table_names_is_there():
    labels = {model._meta.label for model in apps.get_models()}
    named = {place for place in retention.places() if place[0].islower() and place.count(".") == 1}
    models_named = {place for place in named if place.rpartition(".")[2][0].isupper()}
    assert models_named <= labels
    assert set(retention_table.NOBODYS) <= labels


# Fields of texts that may hold something of a person: which editor it was, and nobody else.
PERSONAL = (models.EmailField, models.GenericIPAddressField)


def test_texts_hold_no_address_and_name_nobody_but_editors():
    user = get_user_model()
    for app in CONTENT:
        for model in apps.get_app_config(app).get_models():
            for field in model._meta.get_fields():
                assert not isinstance(field, PERSONAL), f"{model.__name__}.{field.name}"
                if isinstance(field, models.ForeignKey) and field.related_model is not user:
                    assert field.related_model._meta.app_label in CONTENT, f"{field}"


PAGES = ("privacy", "health-data-privacy")


@pytest.mark.parametrize("slug", PAGES)
def test_the_privacy_pages_show_the_table(client, content, parse, text_of, slug):
    cells = [text_of(cell) for cell in parse(client.get(f"/{slug}/")).iter("td")]
    for kept in retention_table.TABLE:
        assert kept.page is None or kept.page[0] in cells, kept.what
    assert "14 days" not in cells  # nobody has looked at the log here
    assert any(cell.startswith("Set to 14 days") for cell in cells)


def test_what_doctor_has_seen_is_said_plainly(client, content, parse, text_of):
    examination.keep([Finding("access log", OK, "words")])
    assert "14 days" in [text_of(cell) for cell in parse(client.get("/privacy/")).iter("td")]


def test_the_pages_name_the_companies_once_the_owner_has(client, content, settings):
    assert "run by a hosting company (ask us" in client.get("/privacy/").content.decode()
    settings.HOSTING_COMPANY = "Example & Sons, Germany"
    assert "run by Example &amp; Sons, Germany." in client.get("/privacy/").content.decode()


WORDS = {"72 hours": 72, "7 days": 168, "30 days": 720, "90 days": 2160, "14 days": 336}


def test_words_and_limits_agree():
    for kept in retention_table.TABLE:
        for words, hours in WORDS.items():
            if kept.how_long.startswith(words):
                assert kept.limit == timedelta(hours=hours), kept.what
    assert "backups within {backup_days} days" in PAGE
    assert "for two hours at most" in PAGE
    assert "within 3 days" in PAGE


@pytest.mark.django_db
def test_the_command_erases_what_is_past_its_time_and_nothing_else(capsys):
    now = timezone.now()
    for expires in (now - timedelta(days=1), now + timedelta(hours=1)):
        Session.objects.create(session_key=str(expires)[:40], session_data="", expire_date=expires)
    user = get_user_model().objects.create_user("editor")
    kind = ContentType.objects.first()
    for age in (10, 400):
        entry = LogEntry.objects.create(user=user, content_type=kind, action_flag=1)
        LogEntry.objects.filter(pk=entry.pk).update(action_time=now - timedelta(days=age))
    for age in (1, 40):
        FormMailCount.objects.create(hash="a" * 64, at=now - timedelta(days=age))
    make_subscriber(state="pending", asked_at=now - timedelta(hours=80))
    make_subscriber(wants_letters=True, asked_at=now - timedelta(days=900))
    forms = "mails that forms caused, counted by a keyed hash"
    assert set(retention.overdue()) == {"what editors did at the desk", forms}
    call_command("retention")
    out = capsys.readouterr().out
    for line in (
        "1 erased: sessions",
        "1 erased: desk log",
        "1 erased: pending",
        "1 erased: form mails",
    ):
        assert line in out
    assert retention.overdue() == []
    assert (Session.objects.count(), LogEntry.objects.count(), FormMailCount.objects.count()) == (
        1,
        1,
        1,
    )
    call_command("retention")
    assert "1 erased" not in capsys.readouterr().out


@pytest.mark.django_db
def test_old_backups_are_overdue_until_they_are_gone(settings):
    settings.BACKUP_DIR.mkdir()
    for age in (0, 1, 60):
        name = store.new_name("backup", timezone.now() - timedelta(days=age))
        (settings.BACKUP_DIR / f"{name}.tar.gz").write_bytes(b"x")
    assert retention.overdue() == ["backups of all of this"]
    retention.enforce()
    assert retention.overdue() == []


@pytest.mark.django_db
def test_the_report_erases_nothing(capsys):
    FormMailCount.objects.create(hash="a" * 64, at=timezone.now() - timedelta(days=40))
    with pytest.raises(SystemExit):
        call_command("retention", "--report")
    printed = capsys.readouterr()
    assert "overdue: mails that forms caused" in printed.err
    assert all(kept.what in printed.out for kept in retention_table.TABLE)
    assert FormMailCount.objects.exists()
