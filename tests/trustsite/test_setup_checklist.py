"""What the desk's first page asks an owner to do before readers come."""

from smtplib import SMTPServerDisconnected

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.utils import timezone

from articles.models import Helpline, Offer, Reviewer, Source
from operations.doctor import examination
from operations.doctor.findings import OK, Finding
from tests.articles.desk import log_in
from tests.factories import make_helpline, make_offer, make_source

pytestmark = pytest.mark.django_db
TEST = "/admin/newsletter/delivery/test/"


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.REQUIRE_SECOND_FACTOR = False
    settings.PUBLISHER = "[the publisher's legal name]"
    settings.GENERATED_SECRETS = ["SECRET_KEY", "SUPPRESSION_KEY"]
    make_helpline()
    make_source()
    make_offer()


@pytest.fixture
def owner():
    browser = log_in("Owners")
    User.objects.filter(pk=browser.user.pk).update(email="owner@desk.example")
    return browser


@pytest.fixture
def left(parse, text_of):
    """Return a function that gives the steps that are left, each with its address."""

    def left(browser):
        section = parse(browser.get("/admin/")).find(".//section[@class='setup-checklist']")
        if section is None:
            return None
        steps = section.iter("strong")
        return {
            text_of(step): (step.find("a").get("href") if step.find("a") is not None else "")
            for step in steps
        }

    return left


def test_an_owner_is_told_all_that_is_left_and_where_to_do_it(owner, left):
    found = left(owner)
    assert list(found) == [
        "Say who publishes this, and where",
        "Set the keys that protect people",
        "Add a second factor to your login",
        "Look up every helpline",
        "Open every source",
        "Choose partners, or delete the offers",
        "Name who checks the texts",
        "Send yourself a test mail",
        "Say who runs the server and carries the mail",
        "Try the site by keyboard and with a screen reader",
        "Look the libraries up among known holes",
        "Have the server looked at each day",
    ]
    for address in filter(None, found.values()):
        assert owner.get(address).status_code == 200, address


def test_mails_that_are_kept_as_files_reach_nobody(owner, left, settings):
    assert "Set a mail server" not in left(owner)
    settings.EMAIL_BACKEND = "newsletter.emails.dev_mailbox.FolderBackend"
    assert "Set a mail server" in left(owner)


@pytest.mark.parametrize("role", ["Writers", "Editors", "Reviewers", "List managers"])
def test_nobody_else_is_bothered(left, role):
    assert left(log_in(role)) is None


def test_it_goes_when_all_is_done_and_comes_back_when_something_is_undone(
    owner, left, settings, tmp_path
):
    settings.DATA_DIR = tmp_path
    examination.keep([Finding(look, OK, "words") for look in (*examination.CHECKS, "drill")])
    settings.HOSTING_COMPANY = settings.MAIL_COMPANY = "A company, Ireland"
    settings.ACCESS_TRIED_ON = settings.LIBRARIES_CHECKED_ON = timezone.localdate().isoformat()
    settings.PUBLISHER, settings.POSTAL_ADDRESS = "A Publisher Ltd", "1 Street, Town"
    settings.CONTACT_EMAIL, settings.FROM_EMAIL = "hello@publisher.test", "notes@publisher.test"
    assert "Say who publishes this, and where" not in left(owner)
    settings.GENERATED_SECRETS = ["SUPPRESSION_KEY"]
    assert "Set the keys that protect people" in left(owner)
    settings.GENERATED_SECRETS = []
    Authenticator.objects.create(user=owner.user, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert "Add a second factor to your login" in left(owner)
    Authenticator.objects.create(
        user=owner.user, type=Authenticator.Type.TOTP, data={"secret": "x"}
    )
    Helpline.objects.all().delete()
    assert "Look up every helpline" in left(owner)
    make_helpline(checked_on=timezone.localdate(), url="https://line.example/")
    Source.objects.update(checked=True)
    Offer.objects.update(allowed_host="www.a-partner.com")
    Reviewer.objects.create(user=owner.user, name="Ann Other", profession="psychologist")
    assert list(left(owner)) == ["Send yourself a test mail"]
    owner.post(TEST)
    assert left(owner) is None
    settings.EMAIL_HOST = "mail.elsewhere.test"
    assert list(left(owner)) == ["Send yourself a test mail"]
    Source.objects.update(checked=False)
    assert "Open every source" in left(owner)


def test_the_test_goes_to_who_asked_and_nobody_s_address_is_kept(owner, mailoutbox):
    response = owner.post(TEST, follow=True)
    [mail] = mailoutbox
    assert (mail.to, mail.cc, mail.bcc) == (["owner@desk.example"], [], [])
    assert "See that it arrives." in response.content.decode()
    assert "owner@desk.example" not in str(LogEntry.objects.values())


def test_a_test_that_fails_is_said_and_does_not_count(owner, left, monkeypatch):
    def fail(*args, **kwargs):
        raise SMTPServerDisconnected("Connection unexpectedly closed")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    assert "The test didn’t go out:" in owner.post(TEST, follow=True).content.decode()
    assert "Send yourself a test mail" in left(owner)


def test_without_an_address_of_one_s_own_nothing_is_sent(owner, mailoutbox):
    User.objects.update(email="")
    assert "Your account has no e-mail address" in owner.post(TEST, follow=True).content.decode()
    assert mailoutbox == []


def test_only_an_owner_presses_it_and_no_link_does(owner, mailoutbox):
    assert owner.get(TEST).status_code == 405
    for role in ("Writers", "Editors", "Reviewers", "List managers"):
        assert log_in(role).post(TEST).status_code == 403
    assert mailoutbox == []


def test_placeholder_offers_are_found_by_the_same_endings_as_one_by_one():
    for number, host in enumerate(
        ("partner.example", "www.example.com", "a-partner.com", "x.test", "example.co")
    ):
        make_offer(key=f"offer-{number}", allowed_host=host)
    assert set(Offer.objects.placeholders()) == {
        offer for offer in Offer.objects.all() if offer.is_placeholder
    }
