"""The doctor: every look at a site that its owner can't take by hand, and what came of it."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.db import Error

from operations import verdicts
from operations.doctor import host_checks, mail_checks, site_checks
from operations.doctor.findings import FAIL, OK, WARN, Check, Finding, fail
from trustsite.web.serving.page_cache import invalidate

CHECKS: dict[str, Check] = {
    "settings": site_checks.settings_hold,
    "database": site_checks.database,
    "migrations": site_checks.migrations,
    "worker": site_checks.worker,
    "intake": site_checks.intake,
    "backups": site_checks.backups,
    "helplines": site_checks.helplines,
    "files": host_checks.file_modes,
    "disk": host_checks.disk,
    "clock": host_checks.clock,
    "site": host_checks.site_address,
    "proxy": host_checks.proxy,
    "access log": host_checks.access_log,
    "sender": mail_checks.sender,
    "mail server": mail_checks.mail_server,
}

TAG = "promises"  # of the pages that go by what was found
logger = logging.getLogger(__name__)


def examine(options: dict[str, Any]) -> Iterator[Finding]:
    """Yield what each look finds. One that breaks is a finding itself, by its kind of error alone."""
    for name, look in CHECKS.items():
        if name in options.get("skip", ()):
            continue
        try:
            yield from look(options)
        except Exception as error:
            logger.debug("Doctor couldn’t look at %s.", name, exc_info=True)
            words = f"This couldn’t be looked at ({type(error).__name__})."
            yield fail(name, words, "Mend what else fails first, then look again.")


def keep(findings: list[Finding]) -> dict[str, Any]:
    """Write the verdict with its time into doctor.json, and return it."""
    verdict = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "ok": not any(finding.status == FAIL for finding in findings),
        "counts": {status: _count(findings, status) for status in (OK, WARN, FAIL)},
        "findings": [finding.as_dict() for finding in findings],
    }
    verdicts.keep("doctor", verdict)
    with suppress(Error):  # pages that show what it found wait for the database, or for two days
        invalidate(TAG)
    return verdict


def _count(findings: list[Finding], status: str) -> int:
    return sum(finding.status == status for finding in findings)
