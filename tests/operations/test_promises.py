"""Promises: all of them, printed only while what they stand on is there."""

import re
import subprocess
import sys
from datetime import timedelta

import brotli
import pytest
from django.core.cache import cache
from django.test import RequestFactory
from django.utils import timezone

from operations import verdicts
from operations.doctor import examination
from operations.doctor.findings import FAIL, OK, Finding
from operations.promises import named_tests, standing
from operations.promises.catalogue import catalogue
from operations.setup_checklist import steps
from tests.servers import ROOT

pytestmark = pytest.mark.django_db
CODE = {each.id for each in catalogue() if not (each.doctor or each.day)}
LOOKS = {*examination.CHECKS, "drill"}  # the look at backups says of the drill as well
OF_PEOPLE = {each.id for each in catalogue() if each.day}
OF_THE_SERVER = {each.id for each in catalogue() if each.doctor}


@pytest.fixture(autouse=True)
def _place(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    cache.clear()


def printed():
    return {each.id for each in standing.standing()}


def doctor_finds(status=OK, *, without=""):
    looks = sorted(LOOKS - {without})
    examination.keep([Finding(look, status, "words", "mend") for look in looks])


def test_there_are_thirty_each_with_something_to_stand_on():
    assert {each.id for each in catalogue()} == {f"P-{number:02}" for number in range(1, 31)}
    assert len(catalogue()) == 30
    assert all(each.tests for each in catalogue())
    assert all(bool(each.day) == bool(each.asks and each.how) for each in catalogue())


def test_looks_that_promises_name_are_doctors():
    assert {look for each in catalogue() for look in each.doctor} <= LOOKS


def test_what_the_code_promises_is_printed_and_the_rest_waits(settings):
    assert printed() == CODE
    doctor_finds()
    assert printed() == CODE | OF_THE_SERVER
    settings.ACCESS_TRIED_ON = settings.LIBRARIES_CHECKED_ON = timezone.now().date().isoformat()
    assert len(printed()) == 30


def test_a_promise_whose_test_is_missing_or_left_out_is_not_printed(settings, tmp_path):
    """The twin: the same file with its tests renamed, or marked to be left out."""
    name = "tests/quiz/test_no_trace.py"
    source = (ROOT / name).read_text()
    test = f"{name}::test_no_answer_reaches_the_log"
    marked = [
        source,
        source.replace("def test_no_answer_reaches_the_log", "def tried_by_hand"),
        source.replace(
            "def test_no_answer_reaches", "@pytest.mark.skip\ndef test_no_answer_reaches"
        ),
        source + "\npytestmark = pytest.mark.skipif(True, reason='x')\n",
        source.replace("def test_no_answer_reaches_the_log", "def test_no_answer_reaches_the_log_"),
    ]
    found = []
    for number, text in enumerate(marked):
        file = tmp_path / str(number) / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
        found.append(named_tests.is_there(test, tmp_path / str(number)))
    assert found == [True, False, False, False, False]
    settings.BASE_DIR = tmp_path / "1"
    assert "P-14" not in printed()


def test_make_check_names_what_is_missing_and_takes_what_is_there(tmp_path):
    file = "tests/operations/test_promises.py"
    promise = "[[group.promise]]\nid = '{}'\nsays = 'x'\ntests = ['{}::{}']\n"
    there = promise.format("P-01", file, "test_there_are_thirty_each_with_something_to_stand_on")
    gone = promise.format("P-02", file, "test_gone")
    (tmp_path / "promises.toml").write_text(f"[[group]]\ntitle = 'x'\n{there}{gone}")
    command = [sys.executable, "-m", "tests.check_promises", tmp_path / "promises.toml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"P-02: there is no test {file}::test_gone."]
    assert "-m tests.check_promises" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("status", [FAIL, "warn", None])
def test_what_doctor_didnt_find_good_is_not_promised(status):
    doctor_finds(status or OK, without="" if status else "access log")
    assert "P-15" not in printed()


def test_a_finding_that_fails_beside_one_that_is_good_is_not_promised():
    examination.keep([Finding("access log", OK, "words"), Finding("access log", FAIL, "words")])
    assert "P-15" not in printed()


def test_after_two_days_without_doctor_nothing_of_the_server_is_promised():
    doctor_finds()
    now = timezone.now()
    for hours, expected in ((47, OF_THE_SERVER), (49, set())):
        shown = {each.id for each in standing.standing(now + timedelta(hours=hours))}
        assert shown & OF_THE_SERVER == expected
    left = standing.next_change() - now
    assert timedelta(hours=47, minutes=59) < left < timedelta(hours=48, minutes=1)


def test_a_verdict_of_nonsense_or_of_the_future_promises_nothing():
    for verdict in ({"at": "soon", "findings": []}, {"findings": 3}, {"at": 5, "findings": [3]}):
        verdicts.keep("doctor", verdict)
        assert printed() == CODE
    doctor_finds()
    later = {**verdicts.latest("doctor"), "at": (timezone.now() + timedelta(days=3)).isoformat()}
    verdicts.keep("doctor", later)
    assert printed() == CODE


def test_a_day_gets_too_old(settings):
    for days, is_printed in ((1, True), (99, True), (101, False)):
        settings.LIBRARIES_CHECKED_ON = (timezone.now() - timedelta(days=days)).date().isoformat()
        assert ("P-30" in printed()) is is_printed


def test_the_page_is_the_same_for_everyone_small_and_renewed_by_doctor(client, parse, text_of):
    from trustsite.models import CacheVersion

    before = CacheVersion.current()
    page = client.get("/promises/")
    doctor_finds()
    assert CacheVersion.current() > before
    fuller = client.get("/promises/")
    assert not page.cookies
    assert "max-age=60" in page.headers["Cache-Control"]
    assert len(brotli.compress(fuller.content)) <= 14 * 1024
    text = text_of(parse(fuller))
    assert f"{30 - len(CODE)} more promises can’t be shown to hold" in text_of(parse(page))
    assert "deleted after 14 days" in text
    assert "35 days" in text
    assert "deleted after 14 days" not in text_of(parse(page))
    assert "—" not in text_of(parse(fuller).find(".//main"))
    assert "{" not in text_of(parse(fuller).find(".//main"))


def test_the_page_asks_the_database_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/promises/")


def test_every_page_leads_there(client):
    assert 'href="/promises/"' in client.get("/404/").content.decode()


def test_the_checklist_asks_for_what_people_promise(settings):
    request = RequestFactory().get("/admin/")
    asked = {each.asks for each in catalogue() if each.asks}
    open_steps = {step.title for step in steps(request) if not step.is_done}
    assert asked < open_steps
    assert len(asked) == len(OF_PEOPLE)
    settings.ACCESS_TRIED_ON = settings.LIBRARIES_CHECKED_ON = timezone.now().date().isoformat()
    settings.HOSTING_COMPANY = settings.MAIL_COMPANY = "A company, Ireland"
    doctor_finds()
    assert all(step.is_done for step in steps(request))


def test_every_library_is_pinned_by_its_hash():
    for name in ("requirements.txt", "requirements-dev.txt"):
        entries = re.split(r"(?m)^(?=[A-Za-z0-9])", (ROOT / name).read_text())[1:]
        assert entries
        unpinned = [
            entry.splitlines()[0]
            for entry in entries
            if "==" not in entry or "--hash=sha256:" not in entry
        ]
        assert unpinned == []
