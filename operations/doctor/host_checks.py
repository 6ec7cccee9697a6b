"""What doctor looks up about the machine and the way to the site: files, disk, clock, TLS, proxy, log."""

import json
import re
import shutil
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from operations.doctor.findings import Finding, fail, ok, warn

PATIENCE = 5.0  # seconds for the site's own answer
MIN_FREE = 0.05  # of the disk
MAX_SKEW = timedelta(minutes=1)
TLS_LEFT = timedelta(days=14)
MAX_ANSWER = 64 * 1024
LOG = Path("/var/log/trustsite/access.log")
LOG_TAIL = 256 * 1024
ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,7}\b", re.I)
QUERY = re.compile(r"\?\w*=")
TOKEN = re.compile(r"/(?:newsletter|guide|preview)/(?:[a-z-]+/)?[\w:=-]{16,}|/[\w:=-]{64,}")
LOG_DAYS = timedelta(days=15)


def file_modes(options: dict[str, Any]) -> Iterator[Finding]:
    """Look whether other accounts of the machine can read what nobody else may."""
    data, env_file = settings.DATA_DIR, settings.BASE_DIR / ".env"
    wanted = [data, settings.BACKUP_DIR, settings.SUPPRESSION_JOURNAL, env_file]
    wanted += [*data.glob("*.sqlite3*"), *data.glob("*.json")]
    found = [path for path in wanted if path.exists()]
    is_open = [path.name for path in found if path.stat().st_mode & 0o077]
    if is_open:
        mend = "chmod 700 for the folders, 600 for the files; the shipped units set UMask=0077."
        yield fail("files", f"Others can read {', '.join(sorted(is_open))}.", mend)
    else:
        yield ok("files", "Nobody else can read the data, the settings or the backups.")


def disk(options: dict[str, Any]) -> Iterator[Finding]:
    """Look at what is free where we write."""
    for folder in {settings.DATA_DIR, settings.BACKUP_DIR}:
        if folder.exists():
            usage = shutil.disk_usage(folder)
            share = usage.free / usage.total
            words = f"{share:.0%} of the disk of {folder.name} is free."
            if share < MIN_FREE:
                yield fail("disk", words, "Make room, or move BACKUP_DIR to another disk.")
            else:
                yield ok("disk", words)


def clock(options: dict[str, Any]) -> Iterator[Finding]:
    """Ask the kernel whether something keeps the clock."""
    marker = Path("/run/systemd/timesync/synchronized")
    timesyncd = Path("/run/systemd/timesync")
    if marker.exists():
        yield ok("clock", "The clock is synchronised.")
    elif timesyncd.exists():
        mend = "timedatectl set-ntp true"
        yield fail("clock", "The clock isn’t synchronised.", mend)
    else:
        mend = "Install chrony or systemd-timesyncd if this machine has neither."
        yield warn("clock", "Who keeps the clock can’t be seen here.", mend)


def site_address(options: dict[str, Any]) -> Iterator[Finding]:
    """Open the site as a reader’s browser does: its certificate, its clock, its answer."""
    parts = urlsplit(settings.SITE_URL)
    try:
        with _get(f"{settings.SITE_URL}/healthz") as answer:
            yield ok("site", f"{settings.SITE_URL} answers.")
            yield from _skew(answer.headers.get("Date"))
    except urllib.error.HTTPError as error:
        mend = "Compare the proxy’s file with deploy/ and read the web server’s log."
        yield fail("site", f"{settings.SITE_URL}/healthz answers {error.code}.", mend)
        return
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError):
            words = getattr(reason, "verify_message", "") or "the certificate isn’t good"
            yield fail("site", f"TLS fails: {words}.", "Renew the certificate.")
            return
        mend = "Start the web server and the proxy, and see that the site’s name leads here."
        yield fail("site", f"{settings.SITE_URL} can’t be reached ({type(reason).__name__}).", mend)
        return
    if parts.scheme == "https":
        yield from _certificate(str(parts.hostname), parts.port or 443)


def proxy(options: dict[str, Any]) -> Iterator[Finding]:
    """Ask the site itself how requests arrive: through the proxy, and straight."""
    token = settings.READY_TOKEN
    if not token:
        yield warn("proxy", "How requests arrive can’t be asked.", "Set READY_TOKEN.")
        return
    forged = {"X-Forwarded-For": "192.0.2.66", "Authorization": f"Bearer {token}"}
    try:
        with _get(f"{settings.SITE_URL}/readyz", forged) as answer:
            told = json.loads(answer.read(MAX_ANSWER))
    except urllib.error.HTTPError as error:
        if error.code != 503:
            yield fail(
                "proxy", f"/readyz answers {error.code}.", "See that READY_TOKEN is the same."
            )
            return
        told = json.loads(error.read(MAX_ANSWER))
    arrives = told.get("arrives", {})
    if not arrives.get("https") and settings.SITE_URL.startswith("https:"):
        mend = "Let the proxy set X-Forwarded-Proto, and set TRUSTED_PROXIES."
        yield fail("proxy", "Requests arrive as plain http.", mend)
    if arrives.get("forged"):
        mend = "Let the proxy write X-Forwarded-For itself, as the files in deploy/ do."
        yield fail("proxy", "A reader can choose the address they are counted under.", mend)
    elif not arrives.get("address"):
        mend = "Let the proxy write X-Forwarded-For: all readers count as one network now."
        yield fail("proxy", "No reader’s address arrives.", mend)
    else:
        yield ok("proxy", "The proxy says where requests come from, and readers can’t.")
    for name in told.get("not_ready", []):
        yield warn("site", f"Not ready: {name}.", "Other lines here say how to mend it.")


def access_log(options: dict[str, Any]) -> Iterator[Finding]:
    """Look whether the proxy’s log holds what the privacy page says it doesn’t."""
    path = Path(options.get("access_log") or LOG)
    try:
        text = _tail(path)
    except FileNotFoundError:
        mend = "Name the proxy’s log by --access-log, or use the files in deploy/."
        yield warn("access log", f"There is no {path.name} where the shipped files put it.", mend)
        return
    except PermissionError:
        yield warn("access log", "It can’t be read by this account.", "Run doctor as root once.")
        return
    held = {"addresses": ADDRESS, "queries": QUERY, "links that open somebody’s data": TOKEN}
    found = [name for name, pattern in held.items() if pattern.search(text)]
    if found:
        mend = "Use the log format of deploy/, and delete the old log."
        yield fail("access log", f"It holds {', '.join(found)}.", mend)
    else:
        yield ok("access log", "It holds no address, query or token.")
    oldest = min(file.stat().st_mtime for file in path.parent.glob(f"{path.name}*"))
    if datetime.now(UTC) - datetime.fromtimestamp(oldest, UTC) > LOG_DAYS:
        yield fail("access log", "Parts of it are older than 14 days.", "Install deploy/logrotate.")


def _get(address: str, headers: dict[str, str] | None = None) -> Any:
    request = urllib.request.Request(address, headers=headers or {})  # noqa: S310  SITE_URL alone
    opener = urllib.request.build_opener(_NoRedirect)
    return opener.open(request, timeout=PATIENCE)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: a redirect of /healthz is a finding."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _skew(date: str | None) -> Iterator[Finding]:
    if date and abs(datetime.now(UTC) - parsedate_to_datetime(date)) > MAX_SKEW:
        yield fail("clock", "Proxy and site differ by more than a minute.", "Set both by NTP.")


def _certificate(host: str, port: int) -> Iterator[Finding]:
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        ends = str((connection.getpeercert() or {}).get("notAfter"))
    left = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) - datetime.now(UTC)
    if left < TLS_LEFT:
        yield fail("certificate", f"It ends in {left.days} days.", "See why it wasn’t renewed.")
    else:
        yield ok("certificate", f"It is good for {left.days} days.")


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LOG_TAIL))
        return file.read().decode(errors="replace")
