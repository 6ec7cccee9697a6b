"""The shipped proxy files and units, moved to ports and folders of a test, in front of the real web server."""

import os
import re
import shlex
import shutil
import signal
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

import pytest

from tests.servers import ROOT, free_port, listens
from tests.waiting import PATIENCE, wait_until

DEPLOY = ROOT / "deploy"
# For the test's own certificate. Without the machine's list, which takes longer to read than a page to fetch.
UNVERIFIED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
UNVERIFIED.check_hostname, UNVERIFIED.verify_mode = False, ssl.CERT_NONE


def program(name: str) -> str:
    """Return where a program is; the test is left out where it isn't installed, unless it must be."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if not found:
        missing = f"{name} isn't installed: sudo apt-get install -y {name}"
        (pytest.fail if os.environ.get("REQUIRE_SERVERS") else pytest.skip)(missing)
    return found


def settings_of(unit: str, name: str) -> list[str]:
    """Return the values that a unit gives to a name, in order."""
    text = (DEPLOY / "systemd" / unit).read_text()
    return re.findall(rf"^{name}=(.*)$", text, re.M)


def commands(unit: str, port: int = 8000) -> list[list[str]]:
    """Return what a unit starts, on this machine's paths and a port of the test."""
    found = []
    for line in settings_of(unit, "ExecStart"):
        line = line.replace("/srv/trustsite/site", str(ROOT)).replace("8000", str(port))
        found.append(shlex.split(line))
    return found


class Proxied:
    """A site behind nginx; `https`, `http` and `site` are ports."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.https, self.http, self.site = free_port(), free_port(), free_port()
        self.log = folder / "log/access.log"

    def configure(self, change: Callable[[str], str] = lambda text: text) -> Any:
        """Write the shipped files with the test's ports and folders; return the main file."""
        for name in ("log", "errors", "cache", "temp"):
            (self.folder / name).mkdir(exist_ok=True)
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=example.org"
        subprocess.run(
            [*make.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True
        )
        server = change((DEPLOY / "nginx/trustsite.conf").read_text())
        server = re.sub(r" *listen \[::\].*\n", "", server)
        moves = {
            "listen 443 ssl": f"listen 127.0.0.1:{self.https} ssl",
            "listen 80;": f"listen 127.0.0.1:{self.http};",
            "127.0.0.1:8000": f"127.0.0.1:{self.site}",
            "/etc/letsencrypt/live/example.org/fullchain.pem": str(certificate),
            "/etc/letsencrypt/live/example.org/privkey.pem": str(key),
            "/var/log/trustsite": str(self.folder / "log"),
            "/srv/trustsite/errors": str(self.folder / "errors"),
            "/etc/nginx/trustsite-files.conf": str(self._files_conf()),
        }
        for before, after in moves.items():
            assert before in server
            server = server.replace(before, after)
        shared = (DEPLOY / "nginx/trustsite-http.conf").read_text()
        shared += (DEPLOY / "nginx/trustsite-robots.conf").read_text()
        shared = shared.replace("/var/cache/nginx/trustsite", str(self.folder / "cache"))
        shared = shared.replace("/srv/trustsite/files", str(self.folder / "files"))
        temp = "\n".join(
            f"{name}_temp_path {self.folder}/temp/{name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""
        main = self.folder / "nginx.conf"
        main.write_text(
            f"{user} daemon off; pid {self.folder}/nginx.pid; error_log {self.folder}/log/main.log;\n"
            f"events {{}}\nhttp {{\n{temp}\n{shared}\n{server}\n}}\n"
        )
        return main

    def _files_conf(self) -> Path:
        text = (DEPLOY / "nginx/trustsite-files.conf").read_text()
        assert "/srv/trustsite/files" in text
        conf = self.folder / "trustsite-files.conf"
        conf.write_text(text.replace("/srv/trustsite/files", str(self.folder / "files")))
        return conf

    @contextmanager
    def nginx(self, change: Callable[[str], str] = lambda text: text) -> Iterator[Any]:
        """Run nginx with the shipped files."""
        main = self.configure(change)
        process = subprocess.Popen([program("nginx"), "-c", main], stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: process.poll() is not None or listens(self.https))
            yield self
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(PATIENCE)

    @contextmanager
    def web_server(self) -> Iterator[Any]:
        """Run what the web unit starts, as a service manager would."""
        [command] = commands("trustsite-web.service", self.site)
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment, process_group=0)
        try:
            wait_until(lambda: self.straight("/healthz") == 200)
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def straight(self, path: str) -> int:
        """Return the status without the proxy, 0 when nobody answers."""
        connection = HTTPConnection("127.0.0.1", self.site, timeout=5)
        try:
            connection.request("GET", path, headers={"Host": "localhost"})
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def ask(
        self,
        path: str,
        host: str = "example.org",
        method: str = "GET",
        body: bytes | str | None = None,
        **headers: str,
    ) -> Any:
        """Ask by the proxy; return the answer and its body."""
        connection = HTTPSConnection("127.0.0.1", self.https, timeout=PATIENCE, context=UNVERIFIED)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"Host": host, **named})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    @contextmanager
    def caddy(self) -> Iterator[Any]:
        """Run Caddy with the shipped file, in plain http; `http` is its port."""
        for name in ("log", "errors", "home"):
            (self.folder / name).mkdir(exist_ok=True)
        text = (DEPLOY / "Caddyfile").read_text()
        text = re.sub(r"www\.example\.org \{.*?\n\}\n", "", text, flags=re.S)
        moves = {
            "example.org {": f"http://:{self.http} {{",
            "127.0.0.1:8000": f"127.0.0.1:{self.site}",
            "/var/log/trustsite": str(self.folder / "log"),
            "/srv/trustsite/errors": str(self.folder / "errors"),
            "/srv/trustsite/files": str(self.folder / "files"),
            "/var/lib/caddy/": f"{self.folder}/",
        }
        for before, after in moves.items():
            assert before in text
            text = text.replace(before, after)
        config = self.folder / "Caddyfile"
        config.write_text(text)
        shutil.copy(DEPLOY / "robots.caddy", self.folder)
        command = [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(config)]
        home = {"HOME": str(self.folder / "home"), "XDG_DATA_HOME": str(self.folder / "home")}
        process = subprocess.Popen(
            command,
            env=os.environ | home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until(lambda: process.poll() is not None or listens(self.http))
            yield self
        finally:
            process.terminate()
            process.wait(PATIENCE)

    def ask_plainly(self, path: str, **headers: str) -> Any:
        """Ask by plain http; return the answer and its body."""
        connection = HTTPConnection("127.0.0.1", self.http, timeout=PATIENCE)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", path, headers={"Host": "example.org", **named})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()
