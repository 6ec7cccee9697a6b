"""A mail host as an owner has one: postfix, dovecot and opendkim, in a temporary folder and on ports of their own.

postfix passes mail on to a far server, and what comes back to the mailbox that dovecot serves, or into a pipe. It must be
started by root, as its parts become other users.
"""

import datetime
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.servers import AS_ROOT, ROOT, free_port

NEEDED = ("postfix", "dovecot", "opendkim")
PASSWORD = 'a password with "quotes" and \\'
DOMAIN, PIPED, SELECTOR = "mail.example", "piped.example", "mail"

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/postfix
maillog_file = {folder}/log/postfix
maillog_file_prefixes = {folder}
myhostname = {domain}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
local_recipient_maps =
transport_maps = inline:{{ {{ {piped} = receive: }}, {{ far.example = smtp:[127.0.0.1]:{far} }} }}
relay_domains = {piped}, far.example
recipient_delimiter = +
receive_destination_recipient_limit = 1
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/boxes
virtual_mailbox_maps = static:bounces/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
smtpd_milters = inet:127.0.0.1:{milter}
milter_default_action = accept
"""
MASTER = """\
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
# Stands for the Python that runs `manage.py receive_mail --recipient …`: keeps what it is given, and ends as the file
# `code` says.
PYTHON = ".venv/bin/python"
RECEIVE = """\
#!/bin/sh
umask 0
test "$2 $3" = "receive_mail --recipient" || exit 70
cat > {folder}/piped/$$.mail && echo "$4" > {folder}/piped/$$.to
exit $(cat {folder}/code)
"""
DOVECOT = """\
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/dovecot
state_dir = {folder}/dovecot
log_path = {folder}/log/dovecot
mail_location = maildir:{folder}/boxes/bounces
ssl = required
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/boxes
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {imap}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
  prefix = {prefix}
  separator = .
}}
"""
OPENDKIM = """\
Syslog no
Mode s
Domain {domain}
Selector {selector}
KeyFile {folder}/dkim.pem
RequireSafeKeys no
Canonicalization relaxed/simple
SignHeaders {headers}
OversignHeaders From
InternalHosts 127.0.0.1
Socket inet:{milter}@127.0.0.1
PidFile {folder}/opendkim.pid
UserID opendkim
"""
# As docs/operators.md has it.
SIGNED_HEADERS = "*,+List-Unsubscribe-Post,+Feedback-ID"


class MailHost:
    """The running servers: `smtp`, `imap` and `far` are ports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.smtp, self.imap, self.far, self.milter = (free_port() for _ in range(4))
        self.certificate = folder / "certificate.pem"
        self.exit_with(0)

    def exit_with(self, code: int) -> None:
        """Have the pipe end with this exit code."""
        _write(self.folder / "code", str(code))

    def piped(self) -> list[tuple[str, bytes]]:
        """Return what the pipe was given: (recipient, mail), for each time."""
        found = sorted((self.folder / "piped").glob("*.to"), key=lambda file: file.stat().st_mtime)
        return [(to.read_text().strip(), to.with_suffix(".mail").read_bytes()) for to in found]

    def forget_piped(self) -> None:
        """Have the pipe as if it had been given nothing."""
        for file in (self.folder / "piped").iterdir():
            file.unlink()

    def waiting(self) -> list[Path]:
        """Return the mails that postfix has yet to hand on."""
        queues = [self.folder / "queue" / name for name in ("active", "incoming", "deferred")]
        return [mail for queue in queues for mail in queue.rglob("[0-9A-F]*[0-9A-F]")]

    def box(self, folder: str = "") -> list[bytes]:
        """Return the mails in a folder of the mailbox."""
        box = self.folder / "boxes/bounces" / folder
        return [
            file.read_bytes() for part in ("new", "cur") for file in sorted((box / part).glob("*"))
        ]

    def log(self, name: str = "postfix") -> str:
        """Return what a server wrote down."""
        file = self.folder / "log" / name
        return file.read_text() if file.exists() else ""


def _write(file: Path, text: str, mode: int = 0o644) -> None:
    file.write_text(text)
    file.chmod(mode)


def documented_pipe(folder: Path) -> str:
    """Return the lines of master.cf that docs/operators.md gives to owners, for a site in `folder`."""
    docs = (ROOT / "docs/operators.md").read_text(encoding="utf-8")
    found = re.search(r"^receive unix .*\n  argv=.*\n", docs, re.MULTILINE)
    assert found, "docs/operators.md names no pipe"
    return found[0].replace("/srv/site", str(folder)).replace("user=site", "user=nobody")


def _make_folders(folder: Path) -> None:
    folder.chmod(0o755)
    names = ("etc", "queue", "postfix", "log", "boxes", "dovecot", "piped")
    for name in (*names, ".venv", ".venv/bin"):
        (folder / name).mkdir()
        (folder / name).chmod(0o755)
    shutil.chown(folder / "postfix", "postfix")
    (folder / "piped").chmod(0o777)
    (folder / "log").chmod(0o777)
    shutil.chown(folder / "boxes", "nobody")


def _make_keys(folder: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, now - day, now + day)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
    certificate = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    _write(folder / "key.pem", private, 0o600)
    _write(folder / "dkim.pem", private, 0o600)
    shutil.chown(folder / "dkim.pem", "opendkim")


def _configure(host: MailHost, headers: str, prefix: str) -> None:
    folder = host.folder
    nobody = pwd.getpwnam("nobody")
    values = vars(host) | {"domain": DOMAIN, "piped": PIPED, "selector": SELECTOR}
    values |= {"uid": nobody.pw_uid, "gid": nobody.pw_gid, "headers": headers, "prefix": prefix}
    files = {"etc/main.cf": MAIN, "etc/master.cf": MASTER, "etc/dovecot.conf": DOVECOT}
    files |= {"etc/opendkim.conf": OPENDKIM, PYTHON: RECEIVE}
    for name, text in files.items():
        _write(folder / name, text.format(**values), 0o755 if name == PYTHON else 0o644)
    with (folder / "etc/master.cf").open("a") as file:
        file.write(documented_pipe(folder))
    _write(folder / "users", f"bounces:{{PLAIN}}{PASSWORD}::::::\n", 0o644)


def missing() -> str:
    """Return why the host can't be started, or nothing."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    absent = [name for name in NEEDED if not shutil.which(name, path=path)]
    if absent:
        return f"{', '.join(absent)} isn't installed: sudo apt-get install -y postfix dovecot-imapd opendkim"
    return "" if AS_ROOT else "postfix can only be started by root"


@contextmanager
def mail_host(headers: str = SIGNED_HEADERS, prefix: str = "") -> Iterator[MailHost]:
    """Run the host; it is gone with the block."""
    folder = Path(tempfile.mkdtemp(prefix="mail-", dir="/tmp"))
    environment = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin"}
    running: list[subprocess.Popen[bytes]] = []
    try:
        _make_folders(folder)
        _make_keys(folder)
        host = MailHost(folder)
        _configure(host, headers, prefix)
        for command in (
            ["opendkim", "-f", "-x", str(folder / "etc/opendkim.conf")],
            ["dovecot", "-F", "-c", str(folder / "etc/dovecot.conf")],
        ):
            output: dict[str, Any] = {
                "stdout": subprocess.DEVNULL,
                "stderr": subprocess.DEVNULL,
                "cwd": "/",
            }
            running.append(subprocess.Popen(command, env=environment, umask=0o022, **output))
        _postfix(folder, "start", environment)
        yield host
    finally:
        with suppress(subprocess.CalledProcessError):
            _postfix(folder, "stop", environment)
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _postfix(folder: Path, what: str, environment: dict[str, str]) -> None:
    command = ["postfix", "-c", str(folder / "etc"), what]
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd="/", umask=0o022)


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait for a state; return what makes the condition true."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)
    return found


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
