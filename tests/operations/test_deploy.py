"""The shipped units and proxy files, really run: what they log, what readers see, what can't be forged."""

import json
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys

import pytest

from analytics import access_log
from operations.doctor import host_checks
from tests.operations.conftest import READY
from tests.operations.proxied import DEPLOY, Proxied, commands, program, settings_of
from tests.servers import ROOT
from tests.waiting import wait_until
from tests.web_server import Site

TOKEN = "a-Token-that-opens-somebodys-data:1sXy2:" + "Zk9" * 10
BY_CADDY = {"PROXY_ADDRESS_HEADER": "Clientaddress"}
UNITS = sorted(path.name for path in (DEPLOY / "systemd").iterdir())
AS_ROOT = "trustsite-proxy-reload.service"  # it reloads nginx, and reads nothing of the site's
SERVICES = [name for name in UNITS if name.endswith(".service") and name != AS_ROOT]


@pytest.fixture(scope="module")
def error_pages(environment, tmp_path_factory):
    """The folder of what a proxy shows while the site is away."""
    folder = tmp_path_factory.mktemp("errors")
    command = [sys.executable, "manage.py", "collect_error_pages", folder]
    subprocess.run(command, env=environment, check=True, cwd=ROOT, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def proxied(environment, error_pages, tmp_path_factory):
    """nginx with the shipped files, in front of what the web unit starts."""
    proxied = Proxied(tmp_path_factory.mktemp("proxied"), environment)
    program("nginx")
    shutil.copytree(error_pages, proxied.folder / "errors")
    with proxied.nginx(), proxied.web_server() as process:
        proxied.process = process
        yield proxied


def test_nginx_takes_the_shipped_files(environment, tmp_path):
    main = Proxied(tmp_path, environment).configure()
    done = subprocess.run([program("nginx"), "-t", "-c", main], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_caddy_takes_the_shipped_file():
    command = [
        program("caddy"),
        "validate",
        "--adapter",
        "caddyfile",
        "--config",
        DEPLOY / "Caddyfile",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_logrotate_takes_the_shipped_file(tmp_path):
    state, copy = tmp_path / "state", tmp_path / "logrotate"
    copy.write_text((DEPLOY / "logrotate").read_text().replace("www-data adm", "root root"))
    copy.chmod(0o644)
    command = [program("logrotate"), "--debug", "--state", state, copy]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr


def test_a_reader_is_served_over_http2_and_led_to_the_sites_name(proxied):
    answer, body = proxied.ask("/")
    assert answer.status == 200
    assert b"</html>" in body
    answer, _ = proxied.ask("/quiz/?a=b", host="www.example.org")
    assert (answer.status, answer.headers["Location"]) == (301, "https://example.org/quiz/?a=b")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", proxied.https)) as plain,
        context.wrap_socket(plain, server_hostname="example.org") as connection,
    ):
        assert connection.selected_alpn_protocol() == "h2"


def test_the_log_holds_no_address_no_query_and_no_link_that_opens_anything(proxied):
    asked = [
        "/articles/the-first-weeks-after-something-terrible/",
        "/search/?q=CANARY+husband",
        f"/newsletter/unsubscribe/{TOKEN}/",
        f"/newsletter/settings/{TOKEN}/copy/?x=CANARY",
        f"/preview/{TOKEN}/",
        f"/admin/door/password/new/{TOKEN}/",
        "/newsletter/confirm/CANARY@example.org/",
        "/CANARY@example.org",
        "/CANARY%40example.org",
        "/CANARY%0a127.0.0.1",
    ]
    for path in asked:
        proxied.ask(path, Referer="https://CANARY.example/", User_Agent="CANARY", Cookie="CANARY=1")
    proxied.ask(
        "/newsletter/subscribe/",
        method="POST",
        body="address=CANARY@example.org",
        Content_Type="application/x-www-form-urlencoded",
        X_Forwarded_For="198.51.100.7",
    )
    wait_until(lambda: proxied.log.read_text().count("\n") >= len(asked) + 1)
    text = proxied.log.read_text()
    for told in ("CANARY", "127.0.0.1", "198.51.100", TOKEN[:12], "Zk9Zk9", "@", "?"):
        assert told not in text
    assert "/articles/the-first-weeks-after-something-terrible/" in text
    assert "GET /newsletter/unsubscribe/... " in text
    assert all(
        re.fullmatch(r"\S+ [A-Z]+ /\S* \d{3} [\d.]+ [rbo]", line) for line in text.splitlines()
    )
    errors = (proxied.folder / "log/error.log").read_text()
    assert "CANARY" not in errors


BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
CLASSES = {
    "/about/": {"User_Agent": BROWSER},
    "/contact/": {
        "User_Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    },
    "/privacy/": {"User_Agent": BROWSER, "Sec_GPC": "1"},
    "/accessibility/": {"User_Agent": BROWSER, "DNT": "1"},
    "/editorial-policy/": {"User_Agent": ""},
    "/affiliate-disclosure/": {"User_Agent": BROWSER, "DNT": "0"},
}
READERS = {"/about/", "/affiliate-disclosure/"}


def readers_in(log):
    """Return the pages of CLASSES that the log's letters give to readers, as `count_log` reads them."""
    lines = [access_log.parse(line) for line in log.read_bytes().splitlines()]
    return {line.path for line in lines if line and line.path in CLASSES}


def test_the_log_says_in_one_letter_whose_visit_it_was(proxied):
    for path, headers in CLASSES.items():
        proxied.ask(path, **headers)
    wait_until(lambda: all(path in proxied.log.read_text() for path in CLASSES))
    assert readers_in(proxied.log) == READERS
    assert "Googlebot" not in proxied.log.read_text()


def arrives(proxied, forged="192.0.2.66"):
    bearer = {"Authorization": f"Bearer {READY}", "X_Forwarded_For": forged}
    return json.loads(proxied.ask("/readyz", **bearer)[1])["arrives"]


def test_a_forged_address_doesnt_win(proxied):
    assert arrives(proxied) == {"https": True, "address": True, "forged": False}


def test_with_a_proxy_that_passes_on_what_it_is_told_a_forged_address_wins(proxied, tmp_path):
    """The twin: the same proxy without that one line."""
    twin = Proxied(tmp_path, proxied.environment)
    twin.site = proxied.site
    line = "proxy_set_header X-Forwarded-For $remote_addr;"
    passed_on = "proxy_set_header X-Forwarded-For $http_x_forwarded_for;"
    with twin.nginx(lambda text: text.replace(line, passed_on)):
        assert arrives(twin)["forged"] is True


def test_from_outside_readyz_isnt_there(proxied):
    assert proxied.ask("/readyz")[0].status == 404


def test_a_large_body_is_refused_by_the_proxy(proxied):
    answer, _ = proxied.ask("/newsletter/subscribe/", method="POST", body=b"x" * 12_700_000)
    assert answer.status == 413


def test_while_the_site_is_away_readers_see_help_and_pictures_stay(
    environment, error_pages, tmp_path
):
    proxied = Proxied(tmp_path, environment)
    shutil.copytree(error_pages, tmp_path / "errors")
    with proxied.nginx():
        with proxied.web_server():
            page = proxied.ask("/")[1].decode()
            static = re.search(r'"(/static/[^"]+)"', page)[1]
            assert proxied.ask(static)[0].status == 200
        answer, body = proxied.ask("/quiz/")
        assert answer.status == 502
        for told in ("isn’t answering", "tel:116123", "findahelpline.com"):
            assert told in body.decode()
        assert "nginx" not in body.decode()
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        answer, _ = proxied.ask(static)
        assert answer.status == 200
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def found(look, **options):
    return [(finding.check, finding.status) for finding in look(options)]


def test_doctor_sees_how_requests_arrive(environment, tmp_path, settings):
    proxied = Proxied(tmp_path, environment | BY_CADDY)
    settings.READY_TOKEN = READY
    with proxied.caddy(), proxied.web_server():
        settings.SITE_URL = f"http://127.0.0.1:{proxied.http}"
        assert found(host_checks.site_address) == [("site", "ok")]
        assert ("proxy", "ok") in found(host_checks.proxy)
        wait_until(lambda: proxied.log.exists() and proxied.log.read_text())
        assert found(host_checks.access_log, access_log=proxied.log) == [("access log", "ok")]
        settings.SITE_URL = f"http://127.0.0.1:{proxied.site}"  # no proxy in between
        assert ("proxy", "fail") in found(host_checks.proxy)
        settings.READY_TOKEN = "another"
        assert ("proxy", "fail") in found(host_checks.proxy)


def test_doctor_sees_a_certificate_that_nobody_trusts(proxied, settings):
    settings.SITE_URL = f"https://127.0.0.1:{proxied.https}"
    [finding] = host_checks.site_address({})
    assert (finding.status, finding.words[:9]) == ("fail", "TLS fails")


def test_caddy_logs_as_little_passes_on_no_forged_address_and_shows_help(
    environment, error_pages, tmp_path
):
    proxied = Proxied(tmp_path, environment | BY_CADDY)
    bearer = {"Authorization": f"Bearer {READY}", "X_Forwarded_For": "192.0.2.66"}
    shutil.copytree(error_pages, tmp_path / "errors")
    with proxied.caddy():
        with proxied.web_server():
            told = json.loads(proxied.ask_plainly("/readyz", **bearer)[1])["arrives"]
            for path in (
                "/articles/freeze-response/?q=CANARY",
                f"/newsletter/unsubscribe/{TOKEN}/?a=CANARY",
                f"/preview/{TOKEN}/",
            ):
                proxied.ask_plainly(path, Referer="https://CANARY.example/", User_Agent="CANARY")
            for path, headers in CLASSES.items():
                proxied.ask_plainly(path, **headers)
            expected = 4 + len(CLASSES)
            wait_until(
                lambda: proxied.log.exists() and proxied.log.read_text().count("\n") >= expected
            )
        answer, body = proxied.ask_plainly("/quiz/")
    assert (told["address"], told["forged"]) == (True, False)
    assert readers_in(proxied.log) == READERS
    text = proxied.log.read_text()
    for kept_out in ("CANARY", "127.0.0.1", "192.0.2", TOKEN[:12], "Zk9Zk9", READY):
        assert kept_out not in text
    assert "/articles/freeze-response/" in text
    assert answer.status == 502
    assert "tel:116123" in body.decode()


def test_the_units_are_well_formed(tmp_path):
    for name in UNITS:
        text = (DEPLOY / "systemd" / name).read_text()
        text = text.replace("/srv/trustsite/site", str(ROOT)).replace("=trustsite\n", "=root\n")
        (tmp_path / name).write_text(text)
    paths = [tmp_path / name for name in UNITS]
    command = [program("systemd-analyze"), "verify", "--man=no", "--recursive-errors=no", *paths]
    done = subprocess.run(command, capture_output=True, text=True)
    told = [
        line for line in done.stderr.splitlines() if str(tmp_path) in line or "trustsite" in line
    ]
    assert told == []


@pytest.mark.parametrize("unit", SERVICES)
def test_every_service_is_closed_in_and_closes_its_files(unit):
    assert settings_of(unit, "UMask") == ["0077"]
    assert settings_of(unit, "User") == ["trustsite"]
    assert settings_of(unit, "MemoryMax")
    for name in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome"):
        assert settings_of(unit, name) == ["yes"]
    assert settings_of(unit, "ProtectSystem") == ["strict"]


def test_web_server_and_worker_are_started_again_whatever_ended_them():
    for unit in ("trustsite-web.service", "trustsite-worker.service", "trustsite-files.service"):
        assert settings_of(unit, "Restart") == ["always"]
        assert settings_of(unit, "StartLimitIntervalSec") == ["0"]


@pytest.mark.parametrize(
    "unit", [name for name in SERVICES if "Type=oneshot" in (DEPLOY / "systemd" / name).read_text()]
)
def test_what_the_timers_start_runs(unit, environment):
    for command in commands(unit):
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
        good = {0, *map(int, settings_of(unit, "SuccessExitStatus"))}
        assert done.returncode in good, done.stderr[-1000:]


def test_every_timer_has_its_service():
    timers = [name for name in UNITS if name.endswith(".timer")]
    assert timers
    for name in timers:
        assert name.replace(".timer", ".service") in SERVICES


def workers(proxied):
    """Return the processes that serve."""
    return set(Site(proxied.process, proxied.site).workers())


def test_a_web_server_that_is_reloaded_answers_all_the_time(proxied):
    before = workers(proxied)
    assert len(before) == 2
    proxied.process.send_signal(signal.SIGHUP)
    answers = []

    def has_new_workers():
        answers.append(proxied.ask("/healthz")[0].status)
        now = workers(proxied)
        return len(now) == 2 and not now & before

    wait_until(has_new_workers)
    answers += [proxied.ask("/healthz")[0].status for _ in range(10)]
    assert set(answers) == {200}


def dockerfile():
    """Return the Dockerfile's instructions, in order."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    pairs = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in pairs]


def test_what_the_image_is_built_with_runs_here(environment, tmp_path):
    """Its own steps after the sources are in, on this machine's environment."""
    steps = dockerfile()
    begin = steps.index(("COPY", ". ."))
    ours = [rest for name, rest in steps[begin:] if name == "RUN" and "manage.py" in rest]
    assert len(ours) == 2
    for step in ours:
        step = step.replace("/tmp/build", str(tmp_path / "build"))
        subprocess.run(["sh", "-c", step], cwd=ROOT, check=True, capture_output=True)


def test_what_the_image_starts_answers_its_own_health_check(environment, tmp_path):
    steps = dict(dockerfile())
    proxied = Proxied(tmp_path, environment)
    command = [part.replace("8000", str(proxied.site)) for part in json.loads(steps["CMD"])]
    command[0] = str(ROOT / ".venv/bin" / command[0])
    [unit] = commands("trustsite-web.service", proxied.site)
    place = command.index("0.0.0.0")
    assert command[:place] + command[place + 1 :] == [part for part in unit if part != "127.0.0.1"]
    check = json.loads(steps["HEALTHCHECK"].partition(" CMD ")[2])
    check = [part.replace("8000", str(proxied.site)) for part in check]
    assert subprocess.run(check, capture_output=True).returncode != 0
    with proxied.web_server():
        assert subprocess.run(check, capture_output=True).returncode == 0


def test_the_image_runs_as_nobody_special_and_holds_no_secret():
    steps = dict(dockerfile())
    assert steps["USER"] == "trustsite"
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".env", "var", ".git"} <= set(ignored)
    text = (ROOT / "Dockerfile").read_text()
    assert "SECRET_KEY" not in text
    assert "SUPPRESSION_KEY" not in text
