"""The ways back in: a link by mail, from the owner, or from the server."""

import threading
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core import signing
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.passwords import links as password_links
from accounts.passwords import reset_email as password_reset_email
from tests.accounts.login import PASSWORD, log_in
from trustsite.web.log_redaction import redact

pytestmark = pytest.mark.django_db
NEW = "another way round the lake"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Send mails within the test instead of beside it."""

    class Now(threading.Thread):
        def start(self):
            self.run()

    monkeypatch.setattr(password_reset_email, "Thread", Now)


def path(link):
    return link.partition("8000")[2]


def choose(client, link, password=NEW, again=None):
    return client.post(path(link), {"new_password1": password, "new_password2": again or password})


def later(monkeypatch, **time):
    now = signing.time.time() + timedelta(**time).total_seconds()
    monkeypatch.setattr(signing.time, "time", lambda: now)


def request_link(client, address):
    return client.post("/admin/account/password-reset/", {"email": address})


class TestByMail:
    def test_a_link_comes_and_sets_another_password(self, client, editor, mailoutbox):
        request_link(client, "Editor@desk.example")
        [mail] = mailoutbox
        assert mail.to == ["editor@desk.example"]
        assert "password" in mail.subject
        [link] = [line for line in mail.body.splitlines() if line.startswith("http")]
        assert choose(client, link).headers["Location"] == "/admin/login/"
        assert log_in(client).status_code == 200
        assert log_in(client, password=NEW).status_code == 302

    def test_the_page_is_the_same_for_every_address(self, editor, django_user_model, mailoutbox):
        django_user_model.objects.create_user(
            "gone", "gone@desk.example", PASSWORD, is_staff=True, is_active=False
        )
        django_user_model.objects.create_user("reader", "reader@desk.example", PASSWORD)
        django_user_model.objects.create_user("new", "new@desk.example", is_staff=True)
        addresses = (
            "editor@desk.example",
            "nobody@desk.example",
            "gone@desk.example",
            "reader@desk.example",
            "new@desk.example",
        )
        pages = {request_link(Client(), address).content for address in addresses}
        assert len(pages) == 1
        assert [mail.to for mail in mailoutbox] == [["editor@desk.example"]]

    def test_at_most_three_go_out_in_an_hour(self, client, editor, mailoutbox):
        pages = {request_link(client, "editor@desk.example").content for _ in range(5)}
        assert len(pages) == 1
        assert len(mailoutbox) == 3

    def test_it_does_not_take_the_second_step_away(self, client, editor):
        TOTP.activate(editor, "A" * 32)
        choose(client, password_links.link(editor, password_links.RESET))
        assert log_in(client, password=NEW).headers["Location"] == "/admin/account/second-step/"


@pytest.mark.parametrize("purpose", password_links.MAX_AGE)
class TestEachLink:
    def test_looking_at_it_does_not_use_it_up(self, client, editor, purpose, parse):
        link = password_links.link(editor, purpose)
        for _ in range(2):
            parse(client.get(path(link)))
        assert choose(client, link).status_code == 302

    def test_it_is_in_no_log(self, editor, purpose):
        link = path(password_links.link(editor, purpose))
        assert redact(f"Gone: {link}") == f"Gone: /admin/account/password/{purpose}/…/"

    def test_the_address_it_was_first_sent_under_leads_on(self, client, editor, purpose):
        first_name = password_links.FIRST_NAMES[purpose]
        present = path(password_links.link(editor, purpose))
        sent = present.replace(f"/account/password/{purpose}/", f"/door/password/{first_name}/")
        signer = signing.TimestampSigner(salt=f"door.{first_name}")  # as it was signed then
        assert signer.unsign(sent.split("/")[-2])
        assert client.get(sent).headers["Location"] == present
        assert client.get(sent, follow=True).status_code == 200

    def test_it_works_once(self, client, editor, purpose):
        link = password_links.link(editor, purpose)
        choose(client, link)
        assert choose(client, link, "a third way round the lake").status_code == 410
        assert client.get(path(link)).status_code == 410
        assert log_in(client, password=NEW).status_code == 302

    def test_it_dies_in_time(self, client, editor, purpose, monkeypatch):
        link = password_links.link(editor, purpose)
        later(monkeypatch, seconds=password_links.MAX_AGE[purpose].total_seconds() - 5)
        assert client.get(path(link)).status_code == 200
        later(monkeypatch, seconds=10)
        assert client.get(path(link)).status_code == 410

    @pytest.mark.parametrize(
        "change", [{"email": "other@desk.example"}, {"is_active": False}, {"is_staff": False}]
    )
    def test_it_dies_with_a_change(self, client, editor, purpose, change):
        link = password_links.link(editor, purpose)
        for name, value in change.items():
            setattr(editor, name, value)
        editor.save()
        assert client.get(path(link)).status_code == 410

    def test_it_dies_with_another_password_or_a_login(self, client, editor, purpose):
        link = password_links.link(editor, purpose)
        log_in(Client())
        assert client.get(path(link)).status_code == 410
        editor.refresh_from_db()
        link = password_links.link(editor, purpose)
        editor.set_password(NEW)
        editor.save()
        assert client.get(path(link)).status_code == 410

    def test_it_is_worth_nothing_as_another_sort_or_changed(self, client, editor, purpose):
        link = path(password_links.link(editor, purpose))
        for other in {*password_links.MAX_AGE, "anything"} - {purpose}:
            assert client.get(link.replace(f"/{purpose}/", f"/{other}/")).status_code == 410
        assert client.get(link[:-3] + "xx/").status_code == 410

    def test_a_weak_password_is_refused_and_the_link_lives(self, client, editor, purpose):
        link = password_links.link(editor, purpose)
        assert choose(client, link, "short").status_code == 200
        assert choose(client, link, NEW, "not the same").status_code == 200
        assert choose(client, link).status_code == 302

    def test_it_logs_out_everywhere(self, client, editor, purpose):
        log_in(client)
        editor.refresh_from_db()
        choose(Client(), password_links.link(editor, purpose))
        assert client.get("/admin/").status_code == 302


class TestFromTheServer:
    def test_the_phone_is_lost(self, client, editor, capsys):
        TOTP.activate(editor, "A" * 32)
        call_command("reset_login", "editor")
        choose(client, capsys.readouterr().out.split()[0])
        assert not Authenticator.objects.exists()
        assert log_in(client, password=NEW).headers["Location"] == "/admin/"

    def test_nothing_but_a_number_is_logged(self, editor, capsys, caplog):
        call_command("reset_login", "editor")
        assert [record.getMessage() for record in caplog.records] == [
            f"A way back in was made on the server for user {editor.pk}."
        ]

    def test_who_may_not_use_the_desk_gets_none(self, django_user_model):
        django_user_model.objects.create_user("reader", password=PASSWORD)
        for name in ("reader", "nobody"):
            with pytest.raises(CommandError, match="may use the desk"):
                call_command("reset_login", name)


class TestFromTheOwner:
    @pytest.fixture
    def owner(self, client, django_user_model):
        owner = django_user_model.objects.create_superuser("owner", password=PASSWORD)
        client.force_login(owner)
        return owner

    def make(self, client, *people):
        form = {"action": "make_links", "_selected_action": [person.pk for person in people]}
        return client.post("/admin/auth/user/", form)

    def test_a_new_editor_gets_a_link_and_comes_in(
        self, client, owner, django_user_model, parse, text_of
    ):
        new = django_user_model.objects.create_user("new", is_staff=True)
        [link] = [text_of(shown) for shown in parse(self.make(client, new)).iter("code")]
        theirs = Client()
        assert log_in(theirs, "new", "").status_code == 200
        choose(theirs, link)
        assert log_in(theirs, "new", NEW).headers["Location"] == "/admin/"

    def test_the_history_says_that_it_was_made_and_not_the_link(self, client, owner, editor):
        from django.contrib.admin.models import LogEntry

        self.make(client, editor)
        [entry] = LogEntry.objects.all()
        assert entry.get_change_message() == "Made a link to choose a password."

    def test_there_is_none_for_who_may_not_use_the_desk(
        self, client, owner, django_user_model, parse
    ):
        reader = django_user_model.objects.create_user("reader")
        assert not list(parse(self.make(client, reader)).iter("code"))

    def test_only_an_owner_makes_them(self, client, editor, django_user_model):
        from django.contrib.auth.models import Permission

        editor.user_permissions.set(Permission.objects.filter(content_type__app_label="auth"))
        client.force_login(editor)
        owner = django_user_model.objects.create_superuser("owner", password=PASSWORD)
        response = self.make(client, owner)
        assert "/admin/account/password/" not in response.content.decode()

    @pytest.mark.parametrize("path", ["/admin/mfa/authenticator/", "/admin/account/emailaddress/"])
    def test_second_steps_are_in_no_list(self, client, owner, path):
        assert client.get(path).status_code == 404


class TestPeople:
    """Who has the list of people and isn't a superuser."""

    @pytest.fixture
    def keeper(self, client, django_user_model):
        from django.contrib.auth.models import Permission

        keeper = django_user_model.objects.create_user("keeper", password=PASSWORD, is_staff=True)
        keeper.user_permissions.set(Permission.objects.filter(content_type__model="user"))
        client.force_login(keeper)
        return keeper

    def test_they_switch_a_person_off_and_give_nothing(
        self, client, keeper, editor, django_user_model
    ):
        from django.contrib.auth.models import Group

        group = Group.objects.create(name="Everything")
        form = {
            "username": "editor",
            "email": "mine@desk.example",
            "is_superuser": "on",
            "groups": [group.pk],
            "is_staff": "on",
        }
        times = {
            "last_login_0": "",
            "last_login_1": "",
            "date_joined_0": "2026-01-01",
            "date_joined_1": "00:00:00",
        }
        another = django_user_model.objects.create_user("another", is_staff=True)
        another.user_permissions.set(keeper.user_permissions.all())
        for person in (editor, keeper):
            form["username"] = person.username
            assert (
                client.post(f"/admin/auth/user/{person.pk}/change/", form | times).status_code
                == 302
            )
            email, was_active = person.email, person.is_active
            person.refresh_from_db()
            assert (was_active, person.is_active) == (True, False)
            assert (person.email, person.is_superuser, person.groups.count()) == (email, False, 0)
            person.is_active = True
            person.save()

    def test_they_reach_no_superuser_and_nobody_s_password(
        self, client, keeper, editor, django_user_model
    ):
        owner = django_user_model.objects.create_superuser("owner", password=PASSWORD)
        new = {"password1": NEW, "password2": NEW, "usable_password": "true"}
        assert (
            client.post(f"/admin/auth/user/{owner.pk}/change/", {"username": "owner"}).status_code
            == 403
        )
        assert (
            client.post(f"/admin/auth/user/{owner.pk}/delete/", {"post": "yes"}).status_code == 403
        )
        for person in (owner, editor):
            assert client.post(f"/admin/auth/user/{person.pk}/password/", new).status_code == 403
        both = {"action": "delete_selected", "_selected_action": [owner.pk], "post": "yes"}
        client.post("/admin/auth/user/", both)
        assert django_user_model.objects.filter(username="owner").exists()
