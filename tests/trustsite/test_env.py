import os
import subprocess
import sys

import pytest

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


def start(tmp_path, **over):
    environment = {name: value for name, value in (GOOD | over).items() if value is not None}
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import trustsite.settings as s; print(s.DEBUG, s.ALLOWED_HOSTS, s.EMAIL_BACKEND)",
        ],
        env={"PATH": os.environ["PATH"], "DATA": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_on_safe_settings(tmp_path):
    started = start(tmp_path)
    assert started.stdout.split()[:2] == ["False", "['site.test']"]
    assert "smtp" in started.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, None) for name in GOOD if name != "MODE"),
        ("SECRET_KEY", "short"),
        ("SITE_URL", "http://site.test"),
        ("SITE_URL", "https://site.test/path"),
        ("MODE", "staging"),
        ("LEAVE_URL", "javascript:alert(1)"),
        ("EMAIL_PORT", "smtp"),
    ],
)
def test_production_refuses_an_unsafe_setting_and_names_it(tmp_path, name, value):
    started = start(tmp_path, **{name: value})
    assert started.returncode != 0
    assert name in started.stderr.strip().splitlines()[-1]


def test_debug_is_never_on_in_production(tmp_path):
    assert start(tmp_path, DEBUG="1").stdout.startswith("False")


def test_development_makes_its_secret_once(tmp_path):
    for _ in range(2):
        assert (
            start(
                tmp_path, MODE="development", **{name: None for name in GOOD if name != "MODE"}
            ).returncode
            == 0
        )
    assert len((tmp_path / "secret-key").read_text()) >= 50
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0
