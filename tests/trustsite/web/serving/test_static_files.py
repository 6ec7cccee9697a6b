"""Static files: the right bytes, names, types and headers, and nothing that isn't one."""

import gzip
import json

import brotli
import pytest
from django.http import HttpResponse

from tests.edge import get, make_edge
from trustsite.web.serving import refusals
from trustsite.web.serving.static_files import StaticFiles

SCRIPT = b"export const answer = 42; // " + b"words " * 200


@pytest.fixture
def edge(tmp_path, db):
    names = {
        "js/a.js": "js/a.0123.js",
        "fonts/f.woff2": "fonts/f.4567.woff2",
        "plain.txt": "plain.txt",
    }
    for name in {*names, *names.values()}:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(SCRIPT)
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(SCRIPT))
        path.with_name(path.name + ".br").write_bytes(brotli.compress(SCRIPT))
    (tmp_path / "staticfiles.json").write_text(json.dumps({"paths": names}))
    (tmp_path / "left-behind.js").write_bytes(b"not collected this time")
    headers = refusals.with_headers(HttpResponse(status=204)).headers
    edge = make_edge()
    edge.static = StaticFiles(tmp_path, "/static/", headers, tmp_path / "staticfiles.json")
    edge.application = None  # Django is never asked
    return edge


@pytest.mark.parametrize(
    ("path", "kind", "cached"),
    [
        ("js/a.0123.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("fonts/f.4567.woff2", "font/woff2", "public, max-age=31536000, immutable"),
        ("js/a.js", "text/javascript; charset=utf-8", "public, max-age=60"),
        ("plain.txt", "text/plain; charset=utf-8", "public, max-age=60"),
    ],
)
def test_a_file_has_its_type_and_only_a_name_with_a_digest_is_for_ever(edge, path, kind, cached):
    answer = get(edge, f"/static/{path}")
    headers = answer["headers"]
    assert (answer["status"], answer["body"]) == ("200 OK", SCRIPT)
    assert (headers["content-type"], headers["cache-control"]) == (kind, cached)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "content-security-policy" in headers
    assert "access-control-allow-origin" not in headers


def test_a_file_comes_as_it_was_compressed_when_collected(edge):
    small = get(edge, "/static/js/a.0123.js", HTTP_ACCEPT_ENCODING="gzip, br")
    assert (small["headers"]["content-encoding"], brotli.decompress(small["body"])) == (
        "br",
        SCRIPT,
    )
    older = get(edge, "/static/js/a.0123.js", HTTP_ACCEPT_ENCODING="br;q=0, gzip")
    assert gzip.decompress(older["body"]) == SCRIPT
    tag = small["headers"]["etag"]
    known = get(edge, "/static/js/a.0123.js", HTTP_ACCEPT_ENCODING="br", HTTP_IF_NONE_MATCH=tag)
    assert (known["status"], known["body"]) == ("304 Not Modified", b"")
    head = get(edge, "/static/js/a.0123.js", method="HEAD")
    assert (head["body"], head["headers"]["content-length"]) == (b"", str(len(SCRIPT)))


@pytest.mark.parametrize(
    "name",
    [
        *("staticfiles.json", "left-behind.js", "js/a.0123.js.gz", "js/a.0123.js.br", "", "js/"),
        *("../settings.py", "js/../js/a.js", "/etc/passwd", "js/a.0123.js/", "\x00", "js\\a.js"),
    ],
)
def test_what_was_not_collected_is_not_there(edge, name):
    assert edge.static.find(f"/static/{name}") is None
    assert get(edge, f"/static/{name}")["status"] == "404 Not Found"
