"""The doctor: every look at a site that its owner can't take by hand, and what came of it."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from operations import doctor_host, doctor_mail, doctor_site, verdicts
from operations.findings import FAIL, OK, WARN, Check, Finding, fail

CHECKS: dict[str, Check] = {
    "settings": doctor_site.settings_hold,
    "database": doctor_site.database,
    "migrations": doctor_site.migrations,
    "worker": doctor_site.worker,
    "backups": doctor_site.backups,
    "helplines": doctor_site.helplines,
    "files": doctor_host.file_modes,
    "disk": doctor_host.disk,
    "clock": doctor_host.clock,
    "site": doctor_host.site_address,
    "proxy": doctor_host.proxy,
    "access log": doctor_host.access_log,
    "sender": doctor_mail.sender,
    "mail server": doctor_mail.mail_server,
}

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
    return verdict


def _count(findings: list[Finding], status: str) -> int:
    return sum(finding.status == status for finding in findings)
