"""Who may do what at the desk: every address of the admin, opened as every role."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

from articles.models import Article
from newsletter.models import Delivery, Letter
from tests.factories import (
    make_article,
    make_delivery,
    make_helpline,
    make_letter,
    make_offer,
    make_page,
    make_picture,
    make_response,
    make_source,
    make_subscriber,
)
from trustsite import roles

pytestmark = pytest.mark.django_db
ADDRESS = "ann@example.org"
ROLES = ("Writers", "Editors", "Reviewers", "List managers", "Owners")
# Which roles see a model's list. Models that nobody but an owner sees have only "O".
SEES = {
    "articles.article": "WERO",
    "articles.page": "WERO",
    "articles.response": "WERO",
    "articles.topic": "WERO",
    "articles.source": "WERO",
    "articles.offer": "WERO",
    "articles.helpline": "WERO",
    "articles.crisisword": "WERO",
    "articles.synonym": "WERO",
    "articles.picture": "WERO",
    "articles.snippet": "WERO",
    "articles.redirect": "WERO",
    "articles.reviewer": "O",
    "quiz.quiz": "WERO",
    "quiz.version": "WERO",
    "quiz.question": "WERO",
    "quiz.review": "WERO",
    "newsletter.letter": "WELO",
    "newsletter.emailwords": "EO",
    "newsletter.subscriber": "LO",
    "newsletter.delivery": "LO",
    "auth.user": "O",
    "auth.group": "O",
}
ADDS = {
    "articles.article": "WEO",
    "articles.page": "EO",
    "articles.response": "EO",
    "articles.topic": "EO",
    "articles.source": "WEO",
    "articles.offer": "EO",
    "articles.helpline": "EO",
    "articles.crisisword": "EO",
    "articles.synonym": "EO",
    "articles.picture": "WEO",
    "articles.snippet": "EO",
    "articles.redirect": "EO",
    "articles.reviewer": "O",
    "quiz.quiz": "O",
    "quiz.version": "EO",
    "quiz.question": "EO",
    "quiz.review": "RO",
    "newsletter.letter": "WEO",
    "newsletter.emailwords": "EO",
    "newsletter.subscriber": "",
    "newsletter.delivery": "",
    "auth.user": "O",
    "auth.group": "",
}
# Addresses beyond Django's own five a model, opened by GET: who gets a page. All others answer 403
# or, to GET, 405.
BEYOND = {
    "/admin/newsletter/letter/mails/": "WELO",
    "/admin/newsletter/letter/mails/confirm/": "WELO",
    "/admin/newsletter/letter/mails/confirm/look/": "WELO",
    "/admin/newsletter/letter/1/sending/": "WELO",
    "/admin/newsletter/letter/1/look/": "WELO",
    "/admin/newsletter/subscriber/import/": "LO",
    "/admin/newsletter/subscriber/export/": "LO",
    "/admin/analytics/dailysum/": "O",
    "/admin/analytics/dailysum/?days=365": "O",
    "/admin/analytics/dailysum/numbers.csv": "O",
    "/admin/analytics/dailysum/numbers.json": "O",
}
# What a press of a button does, and who may press it.
PRESSES = {
    "/admin/articles/article/preview/": "WEO",
    "/admin/articles/article/together/": "WEO",
    "/admin/articles/article/1/preview-link/": "WERO",
    "/admin/articles/article/2/preview-link/": "ERO",
    "/admin/articles/article/1/sign-off/": "RO",
    "/admin/articles/page/1/sign-off/": "RO",
    "/admin/articles/article/1/review/note/": "WERO",
    "/admin/articles/article/1/review/send-back/": "ERO",
    "/admin/articles/article/1/history/restore/": "WEO",
    "/admin/articles/article/2/history/restore/": "EO",
    "/admin/newsletter/letter/preview/": "WEO",
    "/admin/newsletter/letter/1/sending/test/": "WEO",
    "/admin/newsletter/letter/1/sending/test_seeds/": "WEO",
    "/admin/newsletter/letter/1/sending/show/": "LO",
    "/admin/newsletter/letter/1/sending/hide/": "LO",
    "/admin/newsletter/letter/1/sending/schedule/": "LO",
    "/admin/newsletter/letter/1/sending/send/": "LO",
    "/admin/newsletter/letter/1/sending/pause/": "LO",
    "/admin/newsletter/letter/1/sending/resume/": "LO",
    "/admin/newsletter/letter/1/sending/withdraw/": "LO",
    "/admin/newsletter/subscriber/find/": "LO",
    "/admin/newsletter/subscriber/import/": "LO",
    "/admin/newsletter/subscriber/export/": "LO",
    "/admin/newsletter/delivery/pause/": "LO",
    "/admin/newsletter/delivery/again/": "LO",
    "/admin/newsletter/emailwords/preview/": "EO",
    "/admin/newsletter/letter/mails/confirm/test/": "WEO",
    "/admin/newsletter/delivery/1/again/": "LO",
    "/admin/newsletter/delivery/resume/": "LO",
}
LETTERS = dict(zip("WERLO", ROLES, strict=True))


def may(table, key, role):
    return role in {LETTERS[letter] for letter in table[key]}


@pytest.fixture(autouse=True)
def _groups(settings):
    settings.REQUIRE_SECOND_FACTOR = False
    call_command("sync_roles")


@pytest.fixture
def somebody(client):
    """Log in as somebody with one role."""

    def somebody(role):
        user = User.objects.create_user(
            role.lower().replace(" ", "-"), email="me@site.example", is_staff=True
        )
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return somebody


@pytest.fixture
def rows():
    """One of everything."""
    person = make_subscriber(pk=1, address=ADDRESS)
    letter = make_letter(pk=1)
    make_delivery(pk=1, subscriber=person)
    make_delivery(
        pk=2,
        subscriber=person,
        kind="letter",
        letter=letter,
        state="failed",
        smtp_reply="550 no such user",
    )
    articles = [make_article(pk=1, state="draft"), make_article(pk=2)]
    made = [
        articles[0],
        make_page(pk=1),
        make_response(),
        make_source(),
        make_offer(),
        make_helpline(),
        make_picture(),
    ]
    return {
        **{f"articles.{row._meta.model_name}": row for row in made},
        "newsletter.letter": letter,
    } | {
        "newsletter.subscriber": person,
        "newsletter.delivery": Delivery.objects.get(pk=1),
    }


def label(model):
    return model._meta.label_lower


def models():
    """The models of the desk that the tables speak of."""
    return {label(model): model for model in admin.site._registry}


def address(model, page, *args):
    from django.urls import reverse

    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


# -- the groups ------------------------------------------------------------------------------------


def test_the_command_can_be_repeated_and_leaves_people_and_other_groups_alone():
    somebody = User.objects.create_user("somebody")
    somebody.groups.add(Group.objects.get(name="Writers"))
    other = Group.objects.create(name="Friends")
    other.permissions.add(Permission.objects.first())
    assert roles.sync() == dict.fromkeys(ROLES, 0)
    assert [group.name for group in somebody.groups.all()] == ["Writers"]
    assert other.permissions.count() == 1


def test_a_permission_that_was_added_or_taken_by_hand_is_put_right():
    group = Group.objects.get(name="Writers")
    group.permissions.add(Permission.objects.get(codename="view_subscriber"))
    assert roles.sync()["Writers"] == 1
    assert not group.permissions.filter(codename="view_subscriber").exists()


def test_a_permission_that_does_not_exist_is_named(monkeypatch):
    monkeypatch.setitem(roles.ROLES, "Writers", {"articles.nothing": "view"})
    with pytest.raises(LookupError, match=r"articles\.view_nothing"):
        roles.sync()


@pytest.mark.parametrize("role", ["Writers", "Editors", "Reviewers"])
def test_who_writes_has_no_permission_on_people_or_their_mails(role):
    kept = ("subscriber", "delivery", "suppression", "bounce", "formmail", "heartbeat", "user")
    assert [name for name in roles.permissions(role) if name.endswith(kept)] == []


def test_only_list_managers_and_owners_may_send_letters():
    assert [role for role in ROLES if "newsletter.send_letter" in roles.permissions(role)] == [
        "List managers",
        "Owners",
    ]


def test_nobody_may_change_a_suppression_or_a_bounce_by_hand():
    for role in ROLES:
        assert not [
            name
            for name in roles.permissions(role)
            if name.endswith(("suppression", "bounce", "formmail"))
        ]


# -- every address ---------------------------------------------------------------------------------


def test_every_model_of_the_desk_is_in_the_tables():
    ours = {
        name for name in models() if name.partition(".")[0] in {"articles", "quiz", "newsletter"}
    }
    assert ours <= set(SEES) == set(ADDS)


@pytest.mark.parametrize("role", ROLES)
def test_lists_and_forms_open_for_who_may_see_them(somebody, rows, role):
    client = somebody(role)
    found = {}
    for name, model in models().items():
        if name not in SEES:
            continue
        found[f"{name} list"] = (
            client.get(address(model, "changelist")).status_code,
            may(SEES, name, role),
        )
        found[f"{name} add"] = (
            client.get(address(model, "add")).status_code,
            may(ADDS, name, role),
        )
        if name in rows:
            for page in ("change", "history"):
                seen = client.get(address(model, page, rows[name].pk)).status_code
                found[f"{name} {page}"] = (seen, may(SEES, name, role))
    wrong = {
        what: status
        for what, (status, expected) in found.items()
        if status != (200 if expected else 403)
    }
    assert wrong == {}


@pytest.mark.parametrize("role", ROLES)
def test_our_own_pages_open_for_who_may_see_them(somebody, rows, role):
    client = somebody(role)
    seen = {path: client.get(path).status_code for path in BEYOND}
    assert seen == {path: 200 if may(BEYOND, path, role) else 403 for path in BEYOND}


@pytest.mark.parametrize("role", ROLES)
def test_buttons_work_for_who_may_press_them(somebody, rows, role):
    client = somebody(role)
    refused = {path for path in PRESSES if client.post(path).status_code == 403}
    assert refused == {path for path in PRESSES if not may(PRESSES, path, role)}


def every_address(patterns=None, before="/admin/"):
    """Walk the admin's addresses: each pattern with its arguments filled in."""
    if patterns is None:
        [desk] = [
            one for one in get_resolver().url_patterns if getattr(one, "namespace", "") == "admin"
        ]
        patterns = desk.url_patterns
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from every_address(pattern.url_patterns, before + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield substitute(before + str(pattern.pattern))


def substitute(path):
    import re

    path = (
        path.replace("<str:kind>", "letter")
        .replace("<str:step>", "send")
        .replace("<path:object_id>", "1")
    )
    return re.sub(r"<[^>]+>", "1", path).replace("^", "").replace("$", "")


def test_every_address_of_the_letters_and_the_list_is_walked():
    walked = set(every_address())
    assert {
        "/admin/newsletter/letter/mails/letter/look/",
        "/admin/newsletter/subscriber/export/",
    } <= walked


@pytest.mark.parametrize("role", ["Writers", "Editors", "Reviewers"])
def test_no_page_that_who_writes_can_open_shows_an_address(somebody, rows, role):
    client = somebody(role)
    opened = 0
    for path in every_address():
        if "(" in path or path.startswith("/admin/logout"):
            continue
        for response in (client.get(path), client.post(path)):
            assert response.status_code < 500, path
            if "Location" in response.headers:
                assert "ann" not in response.headers["Location"]
            if not response.streaming:
                assert ADDRESS.encode() not in response.content, path
                assert b"550 no such user" not in response.content, path
        opened += 1
    assert opened > 60
    assert Delivery.objects.count() == 2


def test_following_links_changes_nothing(somebody, rows):
    client = somebody("Owners")
    for path in every_address():
        if "(" not in path and not path.startswith("/admin/logout"):
            client.get(path)
    assert (Letter.objects.get().state, Delivery.objects.count(), Article.objects.count()) == (
        "draft",
        2,
        2,
    )
    assert set(Delivery.objects.values_list("state", flat=True)) == {"queued", "failed"}


def test_who_has_no_role_sees_nothing_but_the_first_page(client, rows):
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get("/admin/").status_code == 200
    for model in models().values():
        assert client.get(address(model, "changelist")).status_code == 403
