"""The desk's first page: what waits for whom, and that each line leads to just what it counts."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.utils import timezone

from articles.models import Article, Helpline, Offer
from newsletter.models import Heartbeat
from quiz.models import Quiz, Version
from tests.factories import (
    make_article,
    make_delivery,
    make_helpline,
    make_letter,
    make_offer,
    make_source,
    make_topic,
)
from trustsite.models import Autosave

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
IN_A_WEEK = timezone.now() + timedelta(days=7)


@pytest.fixture(autouse=True)
def _worker_runs():
    Heartbeat.beat()


@pytest.fixture
def desk(client, parse, text_of):
    """Return a function that opens the first page in a role and returns its lines, each with its address."""
    call_command("sync_roles", verbosity=0)

    def desk(role):
        user, is_new = User.objects.get_or_create(
            username=role.lower(), defaults={"is_staff": True}
        )
        if is_new:
            user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        page = parse(client.get("/admin/"))
        links = page.findall(".//section[@class='dashboard']//a")
        return {text_of(link): link.get("href") for link in links}

    return desk


@pytest.fixture
def everything():
    """Something of each kind that waits."""
    make_topic()
    make_article(state="in review")
    make_article(title="Coming", publish_at=IN_A_WEEK)
    make_article(checked_on=TODAY - timedelta(days=400))
    changed = make_article(checked_on=TODAY)
    changed.body += "\n\nAnother claim."
    changed.save()
    make_article(state="withdrawn", withdrawn_note="It was wrong.")
    make_offer(key="old", valid_until=TODAY - timedelta(days=1))
    make_offer(key="soon", valid_until=TODAY + timedelta(days=10))
    make_offer(key="fine", valid_until=TODAY + timedelta(days=100))
    make_helpline(checked_on=TODAY, url="https://line.example/")
    make_helpline()
    make_source(checked=True)
    make_source()
    make_source()
    make_delivery(state="failed")
    make_delivery(state="failed", changed_at=timezone.now() - timedelta(days=30))
    make_delivery(state="unknown")
    make_letter()
    make_letter(send_at=timezone.now() - timedelta(days=1))
    make_letter(state="paused")
    make_letter(state="scheduled", send_at=IN_A_WEEK)
    Version.objects.create(quiz=Quiz.objects.create(slug="everyday", title="The quiz"), number=1)


def test_nothing_waits_when_there_is_nothing(client, desk, parse, text_of):
    assert desk("Editors") == {}
    assert "Nothing waits for you." in text_of(parse(client.get("/admin/")))


def test_an_editor_sees_what_an_editor_can_do(desk, everything):
    assert list(desk("Editors")) == [
        "“The quiz” has no live version, so nobody can take it.",
        "1 article waits in review",
        "1 article is due to be checked",
        "1 article has changed since it was checked",
        "4 articles have something to look at",
        f"1 scheduled; next “Coming”, {IN_A_WEEK:%-d %B %Y, %H:%M} UTC",
        "1 offer that readers don’t see",
        "1 offer runs out within 30 days",
        "1 helpline to look up on its own page",
        "2 sources that nobody has opened yet",
        "2 letters are being written",
        "1 quiz draft isn’t released",
    ]


def test_a_writer_sees_less(desk, everything):
    assert list(desk("Writers")) == [
        "4 articles have something to look at",
        "2 sources that nobody has opened yet",
        "2 letters are being written",
    ]


def test_a_reviewer_sees_what_waits_for_a_check(desk, everything):
    found = " ".join(desk("Reviewers"))
    assert "due to be checked" in found
    assert "in review" in found
    assert "letter" not in found


def test_a_list_manager_sees_mail_and_no_texts(desk, everything):
    assert list(desk("List managers")) == [
        "1 letter missed its time",
        "1 mail has failed this week",
        "1 mail may or may not have arrived",
        "1 letter is paused",
        "1 letter is scheduled",
        "2 letters are being written",
    ]


@pytest.mark.parametrize("role", ["Writers", "Editors", "Reviewers", "List managers", "Owners"])
def test_each_line_leads_to_a_list_of_as_many(client, desk, everything, role):
    for words, address in desk(role).items():
        response = client.get(address)
        assert response.status_code == 200, words
        number = words.partition(" ")[0]
        if number.isdecimal():
            assert response.context["cl"].result_count == int(number), words


def test_words_that_were_not_saved_are_offered_to_who_typed_them(client, desk):
    desk("Writers")
    article = make_article(state="draft")
    for one, other in (
        (article, User.objects.get()),
        (None, User.objects.get()),
        (article, User.objects.create_user("x")),
    ):
        Autosave.objects.create(
            key=f"{one}-{other}"[:22],
            model="articles.article",
            row=str(one.pk) if one else "",
            author=other,
            fields={"title": ["Other words"]},
            saved_at=timezone.now(),
        )
    lines = desk("Writers")
    assert lines["1 new article you began and haven’t saved"] == "/admin/articles/article/add/"
    [found] = client.get(lines["1 article holds words you haven’t saved"]).context["cl"].result_list
    assert found == article


def test_a_worker_that_stands_still_comes_first(desk, everything):
    Heartbeat.objects.update(at=timezone.now() - timedelta(hours=1), paused_at=timezone.now())
    assert list(desk("List managers"))[:2] == [
        "All sending is paused. Mails wait until it goes on.",
        "The worker isn’t running, so no mail goes out.",
    ]
    Heartbeat.beat("The mail server can't be reached: 421 busy")
    assert "The mail server can't be reached: 421 busy" in desk("List managers")
    assert not [line for line in desk("Editors") if "mail" in line or "orker" in line]


@pytest.mark.parametrize("number", [1, 1000])
def test_it_asks_the_database_as_little_for_a_thousand_articles(
    client, desk, everything, django_assert_max_num_queries, number
):
    desk("Owners")
    topic = make_topic()
    rows = [
        Article(slug=f"many-{n}", title="Many", topic=topic, state="in review", problems=1)
        for n in range(number)
    ]
    Article.objects.bulk_create(rows)
    with django_assert_max_num_queries(45):
        page = client.get("/admin/").content
    assert len(page) < 40_000


def test_the_database_and_the_rows_agree_on_what_is_hidden_or_in_doubt():
    for days in (-1, 0, 29, 30, 400):
        make_offer(key=f"until-{days}", valid_until=TODAY + timedelta(days=days))
    for days in (0, 149, 150, 151, 180, 181):
        make_offer(
            key=f"checked-{days}",
            valid_until=TODAY + timedelta(days=400),
            checked_on=TODAY - timedelta(days=days),
        )
        make_helpline(checked_on=TODAY - timedelta(days=days), url="https://line.example/")
    make_helpline(checked_on=TODAY)
    assert {offer.key for offer in Offer.objects.hidden()} == {
        o.key for o in Offer.objects.all() if o.why_hidden
    }
    expiring = {"until-0", "until-29", "checked-151", "checked-180"}
    assert {offer.key for offer in Offer.objects.expiring()} == expiring
    assert set(Helpline.objects.doubtful()) == {
        line for line in Helpline.objects.all() if line.doubt
    }
