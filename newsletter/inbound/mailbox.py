"""The mailbox for returned mail, read by IMAP: each mail is acted upon once and then moved away.

Reports go into one folder, which is emptied after 30 days: they hold addresses. Whatever else comes
goes into another and stays for people. A mail is moved after its report is in the database, so a
crash in between has it read twice, and the second time changes nothing.
"""

import imaplib
import logging
import re
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from newsletter.inbound import receive
from newsletter.inbound.mail_reports import MAX_BYTES
from newsletter.models import Heartbeat

EVERY = 60.0  # seconds from one look to the next
PATIENCE = 20.0  # seconds for one answer of the server
LONGEST = 120.0  # seconds for one look; what is left waits for the next
BATCH = 50
KEEP = timedelta(days=30)
REPORTS, OTHERS = "Reports", "Others"
ANSWERS = (imaplib.IMAP4.error, OSError)  # imaplib's own is no OSError

logger = logging.getLogger("newsletter.work")


class MailboxError(Exception):
    """The server did not do what it was asked to. The words are ours, so they hold no address."""


def is_set() -> bool:
    """Whether the owner has named a mailbox that we are to read."""
    return bool(settings.IMAP_HOST and settings.BOUNCE_ADDRESS)


class Poll:
    """Looks into the mailbox every minute, in a thread of its own: nobody's mail waits for it."""

    def __init__(self) -> None:
        self.next = 0.0
        self.stopping = threading.Event()
        self.thread: threading.Thread | None = None

    def tick(self) -> None:
        """Begin a look if one is due and none is under way."""
        is_busy = self.thread is not None and self.thread.is_alive()
        if not is_set() or is_busy or time.monotonic() < self.next:
            return
        self.next = time.monotonic() + EVERY
        self.thread = threading.Thread(target=self._look, daemon=True, name="mailbox")
        self.thread.start()

    def _look(self) -> None:
        try:
            look(self.stopping)
        except DatabaseError:
            logger.exception("The database did not take what the mailbox held; it stays there.")
        finally:
            close_old_connections()

    def close(self, *, at_once: bool) -> None:
        """End: after the mail in hand, or after the whole look."""
        if at_once:
            self.stopping.set()
        if self.thread:
            self.thread.join(PATIENCE if at_once else LONGEST + PATIENCE)


def look(stopping: threading.Event | None = None) -> int:
    """Act on what has come; return how many mails. Trouble is written down for the desk."""
    try:
        taken = _read_all(stopping or threading.Event())
    except (*ANSWERS, MailboxError) as error:
        trouble = f"The mailbox for returned mail can’t be read: {_kind(error)}."
        logger.warning("%s", trouble)
        Heartbeat.mailbox_failed(trouble)
        return 0
    Heartbeat.mailbox_was_read()
    return taken


def _kind(error: Exception) -> str:
    """Return what kind of error it is: a server's own words may hold a name or an address."""
    if isinstance(error, MailboxError):
        return str(error)
    return "the server refuses" if isinstance(error, imaplib.IMAP4.error) else type(error).__name__


def _read_all(stopping: threading.Event) -> int:
    until = time.monotonic() + LONGEST
    taken = 0
    with _logged_in() as server:
        folders = _Folders(server)
        while waiting := _waiting(server):
            for uid in waiting:
                if stopping.is_set() or time.monotonic() > until:
                    return taken
                _take(server, folders, uid)
                taken += 1
        _empty(server, folders)
    return taken


@contextmanager
def _logged_in() -> Iterator[imaplib.IMAP4]:
    server = imaplib.IMAP4_SSL(
        settings.IMAP_HOST,
        settings.IMAP_PORT,
        ssl_context=ssl.create_default_context(),
        timeout=PATIENCE,
    )
    try:
        try:
            server.login(settings.IMAP_USER, settings.IMAP_PASSWORD)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise MailboxError("the server refuses the login") from error
        yield server
    finally:
        with suppress(*ANSWERS):
            server.logout()


def _waiting(server: imaplib.IMAP4) -> list[str]:
    """Return the mails that have waited longest, at most BATCH."""
    number = _open(server, "INBOX")
    if not number:
        return []
    answer = _good(server.fetch(f"1:{min(number, BATCH)}", "(UID)"), "can’t list the mails")
    found = re.findall(rb"UID (\d+)", b" ".join(line for line in answer if isinstance(line, bytes)))
    if not found:  # or we would ask for ever
        raise MailboxError("the server doesn’t name the mails")
    return [uid.decode() for uid in found]


def _open(server: imaplib.IMAP4, folder: str) -> int:
    number = _good(server.select(f'"{folder}"'), "can’t open a folder")[-1]
    return int(number or 0)


def _good(answer: tuple[str, list], trouble: str) -> list:
    kind, data = answer
    if kind != "OK":
        raise MailboxError(f"the server {trouble}")
    return data


def _take(server: imaplib.IMAP4, folders: "_Folders", uid: str) -> None:
    data = _good(server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MAX_BYTES}>)"), "gives no mail")
    raw = next((part[1] for part in data if isinstance(part, tuple)), None)
    if raw is None:  # somebody else has moved it
        return
    is_report = receive.mail(raw) is receive.Outcome.TAKEN
    folders.move(uid, folders.reports if is_report else folders.others)


class _Folders:
    """The two folders beside the inbox, and how a mail gets there."""

    def __init__(self, server: imaplib.IMAP4) -> None:
        self.server = server
        said = _good(server.capability(), "doesn’t say what it can do")
        self.can = set(b" ".join(filter(None, said)).decode().upper().split())
        prefix = self._prefix()
        self.reports, self.others = prefix + REPORTS, prefix + OTHERS
        for name in (self.reports, self.others):
            server.create(f'"{name}"')  # mostly it is there

    def _prefix(self) -> str:
        """Return what the names of a person's folders begin with on this server."""
        if "NAMESPACE" not in self.can:
            return ""
        answer = _good(self.server.namespace(), "doesn’t name its folders")[-1]
        match = re.match(rb'\(\("([^"]*)"', answer or b"")
        return match[1].decode() if match else ""

    def move(self, uid: str, folder: str) -> None:
        """Move a mail out of the inbox."""
        if "MOVE" in self.can:
            _good(self.server.uid("MOVE", uid, f'"{folder}"'), "can’t move a mail")
            return
        _good(self.server.uid("COPY", uid, f'"{folder}"'), "can’t copy a mail")
        self.delete(uid)

    def delete(self, uids: str) -> None:
        """Delete mails of the folder that is open."""
        _good(self.server.uid("STORE", uids, "+FLAGS.SILENT", r"(\Deleted)"), "can’t delete a mail")
        if "UIDPLUS" in self.can:
            _good(self.server.uid("EXPUNGE", uids), "can’t delete a mail")
        else:
            _good(self.server.expunge(), "can’t delete a mail")


def _empty(server: imaplib.IMAP4, folders: _Folders) -> None:
    """Delete the reports that have been kept long enough."""
    number = _open(server, folders.reports)
    if not number:
        return
    before = imaplib.Time2Internaldate(timezone.now() - KEEP).strip('"').split()[0]
    those = f"1:{min(number, BATCH * 10)}"
    found = _good(server.uid("SEARCH", those, "BEFORE", before), "can’t look for old mails")[-1]
    if found:
        folders.delete(found.decode().replace(" ", ","))
