"""A file on its way to the list: looked through, confirmed, brought in by the worker in batches."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsletter import hashing, suppression
from newsletter.admin.subscriber_export import SubscriberExport
from newsletter.list_files import importing, intake, jobs, storage
from newsletter.models import Delivery, ListJob, Subscriber, Suppression
from tests.factories import make_delivery, make_letter, make_subscriber

pytestmark = pytest.mark.django_db
HEAD = "email,status,tier,created_at\n"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.LIST_FILES = tmp_path / "list-files"


def look(text, **options):
    data = text if isinstance(text, bytes) else text.encode()
    job = intake.receive([data], {"basis": "elsewhere"} | options, None)
    jobs.run_all()
    job.refresh_from_db()
    return job


def bring_in(job):
    assert jobs.say_yes(job)
    jobs.run_all()
    job.refresh_from_db()
    return job


def reasons():
    return dict(Suppression.objects.values_list("fingerprint", "reason"))


def test_who_is_active_comes_in_and_who_left_is_never_written_to():
    rows = "a@example.org,active,free,2023-05-04\nb@example.org,inactive,free,\nc@example.org,pending,free,\n"
    job = look(HEAD + rows)
    assert (job.state, job.counts) == ("looked", {"new": 1, "suppressed": 1, "pending": 1})
    assert not Subscriber.objects.exists()
    assert not Suppression.objects.exists()
    done = bring_in(job)
    assert (done.state, done.counts) == ("done", job.counts)
    [person] = Subscriber.objects.all()
    assert (person.address, person.state, person.basis) == (
        "a@example.org",
        "confirmed",
        "elsewhere",
    )
    assert f"{person.asked_at:%Y-%m-%d}" == "2023-05-04"
    assert reasons() == {hashing.fingerprint("b@example.org"): "unsubscribed"}
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("basis", "status", "stays"),
    [("a file", "inactive", False), ("", "inactive", True), ("", "complained", False)],
)
def test_who_left_elsewhere_leaves_here_unless_they_asked_us_themselves(basis, status, stays):
    make_subscriber(address="a@example.org", basis=basis, wants_letters=True)
    bring_in(look(f"{HEAD}a@example.org,{status},free,\n"))
    assert Subscriber.objects.exists() is stays
    assert bool(reasons()) is not stays


def test_a_list_of_who_left_is_hashed_and_nothing_else_is_kept():
    job = bring_in(look("email,name\na@example.org,Ann\nb@example.org,Bob\n", reason="bounced"))
    assert job.counts == {"suppressed": 2}
    assert set(reasons().values()) == {"bounced"}
    assert not Subscriber.objects.exists()


def test_bad_rows_are_listed_with_their_lines_and_hold_nobody_up():
    rows = "nobody,active,free,\na@example.org,snoozed,free,\nb@example.org,active,free,soon\n"
    job = look(HEAD + rows + "c@example.org,active,free,\n")
    assert job.counts == {"unreadable": 3, "new": 1}
    listed = b"".join(storage.read(job.pk, storage.PROBLEMS)).decode().splitlines()
    assert [line.split(",")[0] for line in listed] == ["2", "3", "4"]
    assert "@example.org" not in "".join(listed).replace("name@example.org", "")


def test_days_in_one_order_alone_are_read_in_that_and_in_either_are_asked_about():
    assert look(HEAD + "a@example.org,active,free,04/05/2023\n").state == "failed"
    other = look(
        HEAD + "a@example.org,active,free,04/05/2023\nb@example.org,active,free,25/05/2023\n"
    )
    assert (other.state, other.options["day_first"]) == ("looked", True)
    american = look(HEAD + "a@example.org,active,free,04/25/2023\n")
    assert american.options["day_first"] is False
    assert look(HEAD + "a@example.org,active,free,04/05/2023\n", day_first=False).state == "looked"


def test_our_own_export_comes_back_without_loss():
    now = timezone.now()
    make_subscriber(
        address="a@example.org", wants_letters=True, paused_until=now + timedelta(days=3)
    )
    make_subscriber(address="b@example.org", state="pending", basis="-5 of them")
    make_subscriber(address="c@example.org", state="returned", returned_at=now, guide_sent_at=now)
    for form in ("as_csv", "as_json"):
        fields = [
            field.name for field in Subscriber._meta.fields if field.name not in {"id", "public_id"}
        ]
        before = list(Subscriber.objects.order_by("address").values(*fields))
        text = "".join(getattr(SubscriberExport(Subscriber.objects.all()), form)())
        Subscriber.objects.all().delete()
        bring_in(look(text))
        assert list(Subscriber.objects.order_by("address").values(*fields)) == before


@pytest.mark.parametrize("batch", [1, 2, 500])
def test_a_kill_at_any_batch_loses_nobody_and_brings_in_nobody_twice(batch, monkeypatch, clock):
    monkeypatch.setattr(jobs, "BATCH", batch)
    rows = "".join(f"r{number}@example.org,active,free,\n" for number in range(5))
    job = look(HEAD + rows + "gone@example.org,inactive,free,\n")
    assert jobs.say_yes(job)
    real = importing.bring_in
    for dies in range(3):
        monkeypatch.setattr(importing, "bring_in", _dying(real, dies % 2 if batch < 5 else 0))
        with pytest.raises(SystemExit):
            jobs.run_all()
        clock(minutes=2)
    monkeypatch.setattr(importing, "bring_in", real)
    jobs.run_all()
    job.refresh_from_db()
    assert (job.state, job.counts) == ("done", {"new": 5, "suppressed": 1})
    assert Subscriber.objects.count() == 5
    assert Suppression.objects.count() == 1


def _dying(real, after):
    done = []

    def bring_in(found):
        real(found)
        if len(done) == after:
            raise SystemExit
        done.append(1)

    return bring_in


def test_the_file_waits_encrypted_and_nothing_of_it_is_left(settings):
    job = look(HEAD + "a@example.org,active,free,\nnobody,active,free,\n")
    kept = b"".join(path.read_bytes() for path in settings.LIST_FILES.iterdir())
    assert b"example" not in kept
    assert {path.stat().st_mode & 0o777 for path in settings.LIST_FILES.iterdir()} == {0o600}
    bring_in(job)
    assert not storage.exists(job.pk, storage.SOURCE)
    assert "@" not in repr(ListJob.objects.values())


@pytest.mark.parametrize(("days", "state"), [(0, "looked"), (2, "dropped")])
def test_a_file_that_nobody_says_a_word_about_goes(days, state, clock, settings):
    job = look(HEAD + "a@example.org,active,free,\n")
    clock(days=days)
    jobs.run_all()
    job.refresh_from_db()
    assert (job.state, any(settings.LIST_FILES.iterdir())) == (state, state == "looked")


def test_a_batch_costs_the_same_whatever_the_length_of_the_file(monkeypatch):
    monkeypatch.setattr(jobs, "BATCH", 5)
    costs = []
    for people in (10, 40):
        rows = "".join(f"p{people}r{one}@example.org,active,free,\n" for one in range(people))
        job = look(HEAD + rows)
        jobs.say_yes(job)
        steps = jobs.batches()
        next(steps)
        with CaptureQueriesContext(connection) as queries:
            next(steps)
        costs.append(len(queries))
        list(steps)
    assert costs[0] == costs[1]


def test_mails_are_sent_again_in_batches_that_a_kill_cannot_double(monkeypatch):
    monkeypatch.setattr(jobs, "BATCH", 3)
    letter = make_letter(state="sent")
    rows = [
        make_delivery(kind="letter", letter=letter, state="failed", subscriber=make_subscriber())
        for _ in range(7)
    ]
    sent = make_delivery(kind="letter", letter=letter, state="sent", subscriber=make_subscriber())
    ids = {row.message_id for row in rows}
    filters = {"letter": letter.pk, "state": "failed"}
    ListJob.objects.create(
        kind="resend", state="working", options={"filters": filters}, cursor=sent.pk + 1
    )
    steps = jobs.batches()
    next(steps)
    assert Delivery.objects.filter(state="queued").count() == 3
    ListJob.objects.update(lease_until=timezone.now())
    jobs.run_all()
    assert Delivery.objects.filter(state="queued").count() == 7
    assert not ids & set(
        Delivery.objects.filter(state="queued").values_list("message_id", flat=True)
    )
    assert ListJob.objects.get().counts == {"again": 7}


def test_who_left_between_the_look_and_the_word_stays_out():
    job = look(HEAD + "a@example.org,active,free,\n")
    suppression.suppress(hashing.fingerprint("a@example.org"), Suppression.Reason.ERASED)
    assert bring_in(job).counts == {"refused": 1}
    assert not Subscriber.objects.exists()
