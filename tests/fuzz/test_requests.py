"""Requests of any shape, to every address: no error of ours, the right status, our own pages, all headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.addresses import every_address, names_read
from tests.fuzz.asking import check
from tests.fuzz.conftest import examples, rolled_back
from tests.fuzz.nasty import bodies, encoded, headers, methods, texts
from tests.fuzz.world import values_of
from trustsite.web.serving import edge

pytestmark = pytest.mark.django_db
PUBLIC = [address for address in every_address() if not address.is_admin]
ADMIN = [address for address in every_address() if address.is_admin]
pairs = st.lists(st.tuples(st.one_of(st.sampled_from(names_read()), texts), texts), max_size=4)


@st.composite
def requests(draw, addresses, values):
    """Return what `Visitor.ask` takes: an address that leads somewhere, or nearly."""
    address = draw(st.sampled_from(addresses))
    places = {
        name: draw(st.one_of(st.sampled_from(real), st.sampled_from(real), texts))
        for name, real in values_of(address, values).items()
    }
    # Percent-escapes are decoded by the web server, and no half of a pair comes through it.
    path = address.filled(places).encode("utf-8", "replace").decode()
    method, sent = draw(methods), draw(headers)
    query = encoded(draw(pairs)) if draw(st.booleans()) else ""
    body = None
    if method != "GET" and draw(st.booleans()):
        kind, body = draw(bodies(pairs))
        if "content-type" not in dict(sent):
            sent = [*sent, ("content-type", kind)]
    return address, {"path": path, "method": method, "query": query, "headers": sent, "body": body}


def try_requests(visitor, addresses, values, number):
    @examples(number)
    @given(requests(addresses, values))
    def tried(drawn):
        address, request = drawn
        with rolled_back():
            check(visitor.ask(**request), visitor, str(address))

    tried()


def test_readers_addresses(stranger, values):
    try_requests(stranger, PUBLIC, values, 250)


def test_the_admin_to_a_stranger(stranger, values):
    try_requests(stranger, ADMIN, values, 60)


def test_the_admin_to_an_owner(owner, values):
    try_requests(owner, ADMIN, values, 100)


def test_every_place_in_an_address_has_values(values):
    names = {name for address in every_address() for name in address.names}
    assert {name for name in names if not name.startswith("_")} <= values.keys()


OF_CODECS = ["charset=hex", "charset=zlib", "charset=idna", "charset=undefined", "charset=utf-7"]
OF_CODECS += ["charset=unicode-escape", "charset*=no-such''x", "title*0*=no-such''x"]


def test_no_sender_chooses_a_codec(stranger, monkeypatch):
    def statuses():
        for parameter in OF_CODECS:
            sent = [("content-type", f"text/html; {parameter}")]
            yield stranger.ask("/search/", query="q=%5cud800%2b2AA-", headers=sent).status

    assert set(statuses()) == {200}
    monkeypatch.setattr(edge, "plain_type", lambda content_type: content_type)
    assert set(statuses()) == {500}


def test_what_takes_no_form_says_so_on_a_page_of_ours(stranger):
    for path in ("/", "/feed/", "/sitemap.xml", "/healthz", "/guide/", "/articles/shown/card.png"):
        answer = stranger.ask(path, "POST", body=b"a=b")
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD"), path
        assert b"/get-help/" in answer.body
    assert stranger.ask("/", "BREW").status == 405


def test_what_django_refuses_is_refused_on_a_page_of_ours(stranger, caplog):
    answer = stranger.ask("/search/", query="a=b&" * 1_100)
    assert (answer.status, b"/get-help/" in answer.body) == (400, True)


# Pages that take a post from anywhere, on purpose: the buttons of mailed links (RFC 8058), and mail services' reports.
FROM_ANYWHERE = (
    "/newsletter/confirm/",
    "/newsletter/unsubscribe/",
    "/newsletter/webhooks/",
    "/newsletter/reports/",
)


def first_path(address, values):
    return address.filled({name: each[0] for name, each in values_of(address, values).items()})


def test_no_form_is_taken_from_another_site(stranger, values):
    cross = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")]
    cross.append(("content-type", "application/x-www-form-urlencoded"))
    taken = {}
    for address in PUBLIC:
        with rolled_back():
            answer = stranger.ask(first_path(address, values), "POST", body=b"a=b", headers=cross)
        if answer.status not in {403, 404, 405} and not str(address).startswith(FROM_ANYWHERE):
            taken[str(address)] = answer.status
    assert taken == {}


def test_the_admin_takes_no_form_without_its_token(owner, values):
    sent = [("content-type", "application/x-www-form-urlencoded")]
    taken = {}
    for address in ADMIN:
        path = first_path(address, values)
        with rolled_back():
            answer = owner.ask(path, "POST", body=b"a=b", headers=sent)
        is_tried = path.endswith("/try/")  # a quiz scored for an editor, which writes nothing
        if answer.status not in {403, 404, 405} and not is_tried:
            taken[path] = answer.status
    assert taken == {}
