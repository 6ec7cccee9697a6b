"""The calendar: what goes out, what is planned and what falls due, each on its day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles.editing.review import DUE_AFTER
from articles.models import Article
from articles.models.synced import STALE_AFTER
from tests.articles.desk import log_in, save
from tests.factories import make_article, make_helpline, make_letter, make_offer

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
NOON = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
IN_3 = timedelta(days=3)
A_DAY = timedelta(days=1)


def on_days(browser, parse, text_of, path="/admin/calendar/", month=None):
    page = parse(browser.get(path, {"month": f"{month:%Y-%m}"} if month else {}))
    days = page.findall(".//ol/li")
    return {
        day.find("time").get("datetime"): text_of(day)
        for day in days
        if day.find("time") is not None
    }


@pytest.fixture
def owner():
    return log_in("Owners")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: make_article(title="Coming", publish_at=NOON + IN_3),
            "Cominggoes public at 12:00",
        ),
        (lambda: make_article(title="Idea", state="draft", planned_on=TODAY + IN_3), "Ideaplanned"),
        (
            lambda: make_article(
                title="Old",
                publish_at=NOON - DUE_AFTER * 2,
                checked_on=TODAY + IN_3 - A_DAY - DUE_AFTER,
            ),
            "Oldcheck due",
        ),
        (lambda: make_offer(partner="Partner", valid_until=TODAY + IN_3), "Partnerruns out"),
        (
            lambda: make_helpline(checked_on=TODAY + IN_3 - A_DAY - STALE_AFTER),
            "Helplines1 to look up",
        ),
        (
            lambda: make_letter(subject="A letter", state="scheduled", send_at=NOON + IN_3),
            "A lettergoes out at 12:00",
        ),
    ],
    ids=["scheduled", "planned", "check", "offer", "helpline", "letter"],
)
def test_each_stands_on_its_day(owner, parse, text_of, make, words):
    make()
    day = TODAY + IN_3
    found = on_days(owner, parse, text_of, month=day)
    assert words in found[f"{day}"].replace(" ", " ")
    assert [one for one in found.values() if words in one] == [found[f"{day}"]]


def test_the_first_page_shows_this_week_and_the_next(owner, parse, text_of):
    make_article(title="Coming", publish_at=NOON + timedelta(days=1))
    found = on_days(owner, parse, text_of, "/admin/")
    assert len(found) == 14
    assert "Coming" in found[f"{TODAY + timedelta(days=1)}"]
    assert found[f"{TODAY}"].startswith("Today")


def test_a_plan_publishes_nothing_and_changes_no_words(owner):
    article = make_article(state="draft")
    save(owner, article, planned_on="2020-01-01")
    article.refresh_from_db()
    assert f"{article.planned_on}" == "2020-01-01"
    assert not Article.objects.published().exists()


def test_a_day_with_much_on_it_says_how_much_more(owner, parse, text_of):
    for _ in range(5):
        make_article(publish_at=NOON)
    assert "and 2 more" in on_days(owner, parse, text_of, "/admin/")[f"{TODAY}"]


@pytest.mark.parametrize("month", ["2026-13", "x", "0001-01", "9999-12", "2026-1-1"])
def test_what_is_no_month_is_refused_kindly(owner, month):
    assert owner.get("/admin/calendar/", {"month": month}).status_code == 400


def test_who_sees_no_texts_sees_letters_alone(parse, text_of):
    make_article(title="Coming", publish_at=NOON)
    make_letter(subject="A letter", state="scheduled", send_at=NOON)
    found = on_days(log_in("List managers"), parse, text_of, "/admin/")[f"{TODAY}"]
    assert "A letter" in found
    assert "Coming" not in found


def test_it_asks_for_a_login(client):
    assert client.get("/admin/calendar/").status_code == 302


def test_what_one_saved_stands_first_on_the_first_page(parse, text_of):
    writer = log_in("Writers")
    for title in ("Older", "Newer"):
        save(writer, make_article(state="draft", title=title), standfirst="Another line.")
    save(log_in("Editors"), make_article(title="Somebody else’s"), standfirst="Another line.")
    own = parse(writer.get("/admin/")).find(".//section[@class='own']")
    titles = [text_of(one) for one in own.iter("span") if one.get("class") == "own__title"]
    assert titles == ["Newer", "Older"]
    assert "Draft" in text_of(own)


def test_of_too_many_what_still_comes_is_shown(owner, parse, text_of, monkeypatch):
    monkeypatch.setattr("articles.calendar.MOST", 1)
    make_article(title="Zebra, gone out", publish_at=NOON - A_DAY)
    make_article(title="Coming", publish_at=NOON + IN_3)
    shown = "".join(on_days(owner, parse, text_of, "/admin/").values())
    assert "Coming" in shown
    assert "Zebra" not in shown


@pytest.mark.parametrize(("hour", "minute"), [(0, 0), (23, 59)])
def test_a_day_is_whole_in_the_sites_own_zone(owner, parse, text_of, hour, minute):
    make_article(title="At the edge", publish_at=NOON.replace(hour=hour, minute=minute))
    assert "At the edge" in on_days(owner, parse, text_of, "/admin/")[f"{TODAY}"]
