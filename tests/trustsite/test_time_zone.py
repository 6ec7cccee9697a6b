"""The site's time zone: what people choose and read is in it, and the database keeps UTC."""

from datetime import UTC, date, datetime, time

import pytest
from django.utils import timezone

from articles.editing.article_form import ArticleForm
from newsletter.admin.issue_actions import ScheduleForm
from operations.owner_mail import _digest_is_due
from trustsite.configuration import settings_validators as valid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _london(settings):
    settings.TIME_ZONE = "Europe/London"


@pytest.mark.parametrize(("day", "hour"), [(date(2027, 7, 1), 8), (date(2027, 1, 1), 9)])
def test_a_letter_goes_at_the_sites_time_in_summer_and_winter(day, hour):
    form = ScheduleForm({"day": day, "time": "09:00"})
    assert form.is_valid()
    assert form.moment().astimezone(UTC) == datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31)])
def test_a_time_that_is_no_single_moment_is_asked_for_again(day):
    form = ScheduleForm({"day": day, "time": "01:30"})
    assert not form.is_valid()
    assert "The clocks change then" in form.errors["time"][0]


def test_an_article_is_scheduled_in_the_sites_time():
    field = ArticleForm.base_fields["publish_at"]
    moment = field.clean(["2027-07-01", "09:00"])
    assert moment.astimezone(UTC).time() == time(8)


def test_the_digest_comes_in_the_owners_morning():
    before, after = datetime(2027, 7, 1, 4, 30, tzinfo=UTC), datetime(2027, 7, 1, 5, 30, tzinfo=UTC)
    assert [_digest_is_due(None, moment) for moment in (before, after)] == [False, True]


def test_what_is_read_is_in_it():
    assert timezone.localtime(datetime(2027, 7, 1, tzinfo=UTC)).tzname() == "BST"


@pytest.mark.parametrize("name", ["Europe/Nowhere", "BST+1", "../../etc/passwd", "europe/london"])
def test_a_zone_that_is_none_is_refused(name):
    with pytest.raises(valid.ValidationError):
        valid.time_zone(name)
