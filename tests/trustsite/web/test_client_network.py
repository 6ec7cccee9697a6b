"""The client's address, as the one place that decides it sees it: every shape a header can have,
with twins.
"""

import socket
import subprocess
import sys

import pytest

from tests.servers import ROOT, free_port, listens
from tests.waiting import PATIENCE, wait_until
from trustsite.web import client_network as module
from trustsite.web.client_network import UNKNOWN, TrustedProxy, client_network, parse_address


def resolved(rf, proxies=1, header="X-Forwarded-For", **environ):
    """Return what is inside of the trusted proxy."""
    inside = {}
    environ = {"REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http"} | environ
    TrustedProxy(lambda given, start: inside.update(given) or [], proxies, header)(environ, None)
    return inside


def network(rf, **options):
    return client_network(rf.get("/", REMOTE_ADDR=resolved(rf, **options)["REMOTE_ADDR"]))


@pytest.mark.parametrize(
    ("written", "known_as"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("1.2.3.4, 203.0.113.7", "203.0.113.7"),
        ("1.2.3.4,203.0.113.7 ", "203.0.113.7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:3:4:5:6]", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:3:4:5:6]:4711", "2001:db8:1:2::/64"),
        ('"[2001:db8:1:2:3:4:5:6]:4711"', "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:80", "203.0.113.7"),
        ("::ffff:cb00:7107", "203.0.113.7"),
        ("64:ff9b::cb00:7107", "203.0.113.7"),
        ("unknown", UNKNOWN),
        ("_hidden", UNKNOWN),
        ("", UNKNOWN),
        (",", UNKNOWN),
        ("203.0.113.7, ", UNKNOWN),
        ("203.0.113.007", UNKNOWN),
        ("203.0.113.7.8", UNKNOWN),
        ("[2001:db8::1", "2001:db8::/64"),
        ("203.0.113.7\x00", UNKNOWN),
        ("1," * 40_000 + "203.0.113.7", "203.0.113.7"),
    ],
)
def test_behind_a_proxy_what_it_wrote_last_counts(rf, written, known_as):
    assert network(rf, HTTP_X_FORWARDED_FOR=written) == known_as


def test_each_mapped_address_is_a_client_of_its_own(rf, monkeypatch):
    first, second = "::ffff:203.0.113.7", "::ffff:198.51.100.1"
    assert len({network(rf, HTTP_X_FORWARDED_FOR=one) for one in (first, second)}) == 2
    monkeypatch.setattr(module, "_unmapped", lambda address: address)
    assert len({network(rf, HTTP_X_FORWARDED_FOR=one) for one in (first, second)}) == 1


def test_of_two_proxies_the_outer_one_saw_the_client(rf):
    chain = "6.6.6.6, 203.0.113.7, 10.0.0.2"
    assert network(rf, proxies=2, HTTP_X_FORWARDED_FOR=chain) == "203.0.113.7"
    assert network(rf, proxies=1, HTTP_X_FORWARDED_FOR=chain) == "10.0.0.2"
    assert network(rf, proxies=4, HTTP_X_FORWARDED_FOR=chain) == UNKNOWN


def test_without_a_proxy_nobodys_word_counts(rf):
    inside = resolved(
        rf,
        proxies=0,
        REMOTE_ADDR="203.0.113.7",
        HTTP_X_FORWARDED_FOR="6.6.6.6",
        HTTP_X_FORWARDED_PROTO="https",
        HTTP_X_FORWARDED_HOST="evil.example",
        HTTP_FORWARDED="for=6.6.6.6",
        HTTP_X_REAL_IP="6.6.6.6",
    )
    told = {"trustsite.peer": "203.0.113.7", "trustsite.is_forwarded": True}
    assert inside == {"REMOTE_ADDR": "203.0.113.7", "wsgi.url_scheme": "http"} | told


@pytest.mark.parametrize(
    ("written", "scheme"),
    [
        ("https", "https"),
        ("HTTPS", "https"),
        ("http", "http"),
        ("https, http", "http"),
        ("", "http"),
        ("wss", "http"),
        ("https\x00", "http"),
    ],
)
def test_the_scheme_is_the_proxys_and_nobody_elses(rf, written, scheme):
    assert resolved(rf, HTTP_X_FORWARDED_PROTO=written)["wsgi.url_scheme"] == scheme


def test_a_header_of_one_word_has_no_second_spelling_and_the_usual_one_has(rf):
    """What the web server folds into one name reaches us as one: by then the forger's has won."""
    forged = {"HTTP_X_FORWARDED_FOR": "6.6.6.6"}  # was X_Forwarded_For, beside X-Forwarded-For
    assert network(rf, header="Clientaddress", HTTP_CLIENTADDRESS="203.0.113.7", **forged) == (
        "203.0.113.7"
    )
    assert network(rf, header="X-Forwarded-For", HTTP_CLIENTADDRESS="203.0.113.7", **forged) == (
        "6.6.6.6"
    )


ECHO = """
from trustsite.web.client_network import TrustedProxy

def echo(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["REMOTE_ADDR"].encode()]

one_word, usual = TrustedProxy(echo, 1, "Clientaddress"), TrustedProxy(echo, 1)
def application(environ, start_response):
    return (one_word if environ["PATH_INFO"] == "/one-word" else usual)(environ, start_response)
"""


@pytest.fixture(scope="module")
def echo(tmp_path_factory):
    """The web server we use, with an application that answers the address it was given."""
    folder, port = tmp_path_factory.mktemp("echo"), free_port()
    (folder / "echo.py").write_text(ECHO)
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--no-ws",
        "--port",
        str(port),
    ]
    process = subprocess.Popen(
        [*command, "echo:application"],
        cwd=folder,
        env={"PYTHONPATH": f"{ROOT}:{folder}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def ask(path, *headers):
        wait_until(lambda: process.poll() is not None or listens(port))
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
            lines = [f"GET {path} HTTP/1.1", "Host: a", "Connection: close", *headers, "", ""]
            connection.sendall("\r\n".join(lines).encode())
            return connection.makefile("rb").read().partition(b"\r\n\r\n")[2].decode()

    yield ask
    process.terminate()  # killed, it would leave its worker behind
    process.wait()


def test_through_the_web_server_an_underscore_forges_the_usual_header_alone(echo):
    forged = ("X_Forwarded_For: 198.51.100.1", "Client_address: 198.51.100.1")
    wrote = ("X-Forwarded-For: 203.0.113.7", "Clientaddress: 203.0.113.7")
    assert echo("/one-word", *wrote, *forged) == "203.0.113.7"
    assert echo("/usual", *wrote, *forged) == "198.51.100.1"


def test_two_headers_of_one_name_are_one_list(echo):
    assert (
        echo("/usual", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 203.0.113.7") == "203.0.113.7"
    )


def test_no_text_makes_it_fail():
    for text in ("[", "]", ":", "%", "[]", '"', "1:2", "::" * 9, "é", "\ud800", " " * 99):
        parse_address(text)
