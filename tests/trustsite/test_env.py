"""Settings from the environment: what is refused, in which words, and what fills the gaps."""

import os
import runpy
import subprocess
import sys
from types import SimpleNamespace
from unittest import mock

import pytest

from trustsite import settings

GOOD = {
    "MODE": "production",
    "SITE_URL": "https://site.test",
    "SECRET_KEY": "s" * 50,
    "SUPPRESSION_KEY": "k" * 50,
    "PUBLISHER": "A Publisher",
    "POSTAL_ADDRESS": "1 Street, Town",
    "CONTACT_EMAIL": "hello@site.test",
    "FROM_EMAIL": "notes@site.test",
}


def environment(tmp_path, **over):
    """Return a good environment, with what is other than that."""
    named = {name: value for name, value in (GOOD | over).items() if value is not None}
    return {"PATH": os.environ["PATH"], "DATA": str(tmp_path), "ENV_FILE": "/dev/null"} | named


def start(tmp_path, **over):
    """Read the settings as a process does that starts; return them, or what it would end with."""
    with mock.patch.dict(os.environ, environment(tmp_path, **over), clear=True):
        try:
            return SimpleNamespace(**runpy.run_path(settings.__file__), refusal="")
        except SystemExit as end:
            return SimpleNamespace(refusal=str(end.code))


def start_process(tmp_path, before="", **over):
    """Start one that reads them."""
    code = f"{before}\nimport trustsite.settings as s; print(s.DEBUG, s.ALLOWED_HOSTS)"
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment(tmp_path, **over),
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_on_safe_settings(tmp_path):
    started = start(tmp_path)
    assert (started.DEBUG, started.ALLOWED_HOSTS) == (False, ["site.test"])
    assert "smtp" in started.EMAIL_BACKEND


def test_a_process_ends_with_what_is_wrong_and_without_a_traceback(tmp_path):
    assert start_process(tmp_path).stdout.strip() == "False ['site.test']"
    started = start_process(tmp_path, WORDS_PER_MINUTE="0")
    assert (started.returncode, started.stdout) == (1, "")
    assert started.stderr.strip() == start(tmp_path, WORDS_PER_MINUTE="0").refusal


NONSENSE = [
    *((name, None) for name in GOOD if name != "MODE"),
    ("MODE", "staging"),
    ("MODE", "Production"),
    ("DEBUG", "perhaps"),
    ("PORT", "0"),
    ("DATA", "/dev/null"),
    ("SITE_URL", "http://site.test"),
    ("SITE_URL", "https://site.test/path"),
    ("SITE_URL", "https://site.test?x"),
    ("SITE_URL", "https://site.test:port"),
    ("SITE_URL", "https://user@site.test"),
    ("SITE_URL", "https://site .test"),
    ("SITE_URL", "https://[site"),
    ("SECRET_KEY", "short"),
    ("SUPPRESSION_KEY", "short"),
    ("SUPPRESSION_KEY", GOOD["SECRET_KEY"]),
    ("SECRET_KEY_FALLBACKS", "short,shorter"),
    ("SECRET_KEY_FALLBACKS", GOOD["SECRET_KEY"]),
    ("PUBLISHER", "Two\nlines"),
    ("CONTACT_EMAIL", "nonsense"),
    ("CONTACT_EMAIL", "Name <hello@site.test>"),
    ("FROM_EMAIL", "nonsense"),
    ("FROM_EMAIL", "a@b"),
    ("FROM_EMAIL", "a@site.test, b@site.test"),
    ("FROM_NAME", "Notes\nBcc: everybody@site.test"),
    ("LEAVE_URL", "javascript:alert(1)"),
    ("EXIT_URL", "http://www.bbc.co.uk/weather"),
    ("EXIT_URL", "https://"),
    ("EXIT_URL", "https://bank.example@evil.example/"),
    ("WORDS_PER_MINUTE", "0"),
    ("WORDS_PER_MINUTE", "-230"),
    ("WORDS_PER_MINUTE", "many"),
    ("WORDS_PER_MINUTE", "2.5"),
    ("MAIL_PER_SECOND", "-1"),
    ("MAIL_PER_SECOND", "nan"),
    ("MAIL_PER_HOUR", "inf"),
    ("MAIL_PER_DOMAIN_PER_MINUTE", "1e99"),
    ("EMAIL_PORT", "smtp"),
    ("EMAIL_PORT", "99999999"),
    ("EMAIL_PORT", "0"),
    ("EMAIL_HOST", "smtp://mail.test"),
    ("EMAIL_HOST", "mail.test:587"),
    ("EMAIL_HOST", "mail test"),
    ("EMAIL_BACKEND", "smtp"),
    ("EMAIL_BACKEND", "no such.Backend"),
    ("EMAIL_HOST_USER", "someone"),
    ("EMAIL_HOST_PASSWORD", "secret"),
    ("EMAIL_USE_TLS", "maybe"),
    ("CACHE_URL", "nonsense"),
    ("CACHE_URL", "http://host:6379/1"),
    ("CACHE_URL", "redis://host:99999999/1"),
    ("CACHE_URL", "redis://host:6379/one"),
    ("DATABASE_URL", "nonsense"),
    ("DATABASE_URL", "mysql://user@host/name"),
    ("DATABASE_URL", "postgres://user@host:port/name"),
    ("DATABASE_URL", "postgres://user@host/"),
    ("TRUSTED_PROXIES", "-1"),
    ("TRUSTED_PROXIES", "on"),
    ("TRUSTED_PROXIES", "11"),
    ("BEHIND_PROXY", "10.0.0.1"),
    ("PROXY_ADDRESS_HEADER", "X_Forwarded_For"),
    ("PROXY_ADDRESS_HEADER", "X-Forwarded-For: a"),
    ("DKIM_SELECTOR", "a b"),
    ("DKIM_SELECTOR", "https://site.test"),
    ("BLOCKED_DOMAINS", "ann@example.org"),
    ("BLOCKED_DOMAINS", "example.org; example.net"),
    ("BLOCKED_DOMAINS", "*.example.org"),
    ("MAIL_SERVICE", "two words"),
    ("GUIDE_ATTACH_MAX", "2MB"),
    ("GUIDE_ATTACH_MAX", "-1"),
    ("GUIDE_ATTACH_MAX", "999999999999"),
    ("SIGNUPS_PER_HOUR", "0"),
    ("SIGNUPS_PER_NETWORK", "none"),
    ("REQUIRE_SECOND_FACTOR", "2"),
]


@pytest.mark.parametrize(("name", "value"), NONSENSE)
def test_production_refuses_nonsense_names_it_and_says_how_to_mend_it(tmp_path, name, value):
    lines = start(tmp_path, **{name: value}).refusal.splitlines()
    assert name in lines[-1]
    assert len(lines) == 2  # this one alone


def test_all_that_is_wrong_is_named_at_once(tmp_path):
    wrong = {"EMAIL_PORT": "smtp", "WORDS_PER_MINUTE": "0", "PUBLISHER": None, "FROM_EMAIL": "x"}
    lines = start(tmp_path, **wrong).refusal.splitlines()
    assert "4 settings are wrong" in lines[0]
    assert {line.split()[1] for line in lines[1:]} == set(wrong)


def test_no_secret_is_shown(tmp_path):
    started = start(tmp_path, SECRET_KEY="canary", CACHE_URL="canary", DATABASE_URL="canary://")
    assert "SECRET_KEY" in started.refusal
    assert "canary" not in started.refusal


def test_tls_and_ssl_together_are_refused(tmp_path):
    started = start(tmp_path, EMAIL_USE_TLS="on", EMAIL_USE_SSL="on")
    assert "EMAIL_USE_TLS and EMAIL_USE_SSL" in started.refusal
    assert start(tmp_path, EMAIL_USE_TLS="on", EMAIL_PORT="465").refusal


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("BEHIND_PROXI", "BEHIND_PROXY"),
        ("SITE_URI", "SITE_URL"),
        ("MAIL_PER_SECONDS", "MAIL_PER_SECOND"),
        ("email_port", "EMAIL_PORT"),
    ],
)
def test_a_slip_in_a_name_is_told(tmp_path, slip, meant):
    assert f"Did you mean {meant}?" in start(tmp_path, **{slip: "1"}).refusal


@pytest.mark.parametrize("name", ["HOME", "LANG", "PYTHONPATH", "HOSTNAME", "TERM", "http_proxy"])
def test_a_name_of_somebody_else_is_left_alone(tmp_path, name):
    assert start(tmp_path, **{name: "/"}).refusal == ""


def test_a_file_of_settings_is_read_and_the_environment_wins(tmp_path):
    file = tmp_path / "settings.env"
    file.write_text("FROM_NAME=From the file\nPUBLISHER=In the file\n")
    started = start(
        tmp_path,
        ENV_FILE=str(file),
        PUBLISHER=None,
        FROM_NAME="From here",
    )
    assert started.PUBLISHER == "In the file"
    assert started.FROM_NAME == "From here"


def test_a_name_in_the_file_that_nothing_reads_is_told(tmp_path):
    (tmp_path / "settings.env").write_text("COLOUR=blue\n")
    started = start(tmp_path, ENV_FILE=str(tmp_path / "settings.env"))
    assert "COLOUR in settings.env" in started.refusal


def test_secrets_may_come_from_files(tmp_path):
    file = tmp_path / "key"
    file.write_text("f" * 50 + "\n")
    started = start(
        tmp_path,
        SECRET_KEY=None,
        SECRET_KEY_FILE=str(file),
    )
    assert (started.SECRET_KEY, started.GENERATED_SECRETS) == ("f" * 50, [])
    assert "both set" in start(tmp_path, SECRET_KEY_FILE=str(file)).refusal
    missing = start(tmp_path, SECRET_KEY=None, SECRET_KEY_FILE=str(tmp_path / "nowhere"))
    assert "SECRET_KEY_FILE must name a readable file" in missing.refusal
    file.write_text("short")
    short = start(tmp_path, SECRET_KEY=None, SECRET_KEY_FILE=str(file))
    assert "at least 50 characters" in short.refusal


def test_what_a_mail_service_wants_to_know_may_come_from_files(tmp_path):
    (tmp_path / "key").write_text("canary\n")
    started = start(
        tmp_path,
        ANYMAIL_MAILGUN_API_KEY_FILE=str(tmp_path / "key"),
        ANYMAIL_WEBHOOK_SECRET="a:b",
    )
    assert started.ANYMAIL == {"MAILGUN_API_KEY": "canary", "WEBHOOK_SECRET": "a:b"}


def test_set_to_nothing_is_not_set(tmp_path):
    assert start(tmp_path, EMAIL_PORT="", CACHE_URL=" ", MAIL_SERVICE="").refusal == ""
    assert "PUBLISHER is missing" in start(tmp_path, PUBLISHER=" ").refusal


def test_names_of_before_still_count(tmp_path):
    started = start(
        tmp_path,
        LEAVE_URL="https://example.org/",
        BEHIND_PROXY="on",
    )
    assert (started.EXIT_URL, started.TRUSTED_PROXIES) == ("https://example.org/", 1)


def test_without_its_validators_nonsense_would_pass(tmp_path):
    careless = "from trustsite.configuration.settings_list import SETTINGS\n"
    careless += "for setting in SETTINGS: object.__setattr__(setting, 'validators', ())"
    assert start_process(tmp_path, before=careless, WORDS_PER_MINUTE="0").returncode == 0


def test_debug_is_never_on_in_production(tmp_path):
    assert start(tmp_path, DEBUG="1").DEBUG is False


def test_development_makes_its_secret_once(tmp_path):
    for _ in range(2):
        unset = {name: None for name in GOOD if name != "MODE"}
        assert start(tmp_path, MODE="development", **unset).refusal == ""
    assert len((tmp_path / "secret-key").read_text()) >= 50
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0
