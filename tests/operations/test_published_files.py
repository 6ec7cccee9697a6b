"""Published files: every public page, current, with the site's own headers, and there when the site isn't."""

import gzip
import os
import shutil
import subprocess
import sys

import brotli
import pytest
from django.conf import settings

from articles.models import Article
from articles.reading.sitemaps import PART
from operations.published_files import headers, pages, publisher, store
from operations.published_files.publisher import Publisher
from quiz import content_files as quiz_files
from tests.conftest import make_once
from tests.factories import make_article
from tests.made_once import made_once
from tests.operations.conftest import Site
from tests.operations.proxied import Proxied, wait_until
from tests.servers import ROOT
from trustsite.web.serving.stored_answer import Answer

FEW = "grounding-techniques"
# What a file server has its own of; all else must be the same.
OWN = {
    "date",
    "server",
    "etag",
    "connection",
    "content-length",
    "accept-ranges",
    "last-modified",
    "transfer-encoding",
}


def read(folder, path):
    """Return the published bytes at `path`; None when nothing is there."""
    found = list((folder / "pages").glob(f"*/{store.file_name(path)}"))
    assert len(found) <= 1, found
    return found[0].read_bytes() if found else None


@pytest.fixture
def published(db, made_rows, tmp_path, monkeypatch):
    """A publisher into a folder, with the quiz, without the cards that take a while to draw."""
    make_once(made_rows, "quiz", lambda: quiz_files.load(settings.CONTENT_DIR))
    monkeypatch.setattr(pages, "CLOSED", (*pages.CLOSED, "/articles/a/card", "/card", "/static/"))
    made = Publisher(tmp_path)
    made.look()
    return made


def test_a_page_follows_its_article(published, tmp_path):
    assert read(tmp_path, "/articles/a/") is None
    article = make_article(slug="a", title="A first title")
    published.look()
    assert b"A first title" in read(tmp_path, "/articles/a/")
    assert b"A first title" in read(tmp_path, "/articles/")
    part = f"/sitemap-articles-{article.pk // PART}.xml"
    assert b"/articles/a/" in read(tmp_path, part)
    article.title = "A second title"
    article.save()
    done = published.look()
    assert b"A second title" in read(tmp_path, "/articles/a/")
    assert 0 < done.written < done.pages
    assert published.look() is None
    article.state = "withdrawn"
    article.save()
    assert published.look().removed > 0
    assert read(tmp_path, "/articles/a/") is None
    assert '"/articles/a/"' not in (tmp_path / "nginx/pages.map").read_text()


def test_each_file_is_there_in_each_encoding_and_the_same(published, tmp_path):
    [file] = (tmp_path / "pages").glob("*/guide/index")
    plain = file.read_bytes()
    assert brotli.decompress(file.with_name("index.br").read_bytes()) == plain
    assert gzip.decompress(file.with_name("index.gz").read_bytes()) == plain
    assert file.stat().st_mode & 0o777 == 0o644


def test_a_page_that_cannot_be_made_is_not_a_page_that_is_gone(published, tmp_path, monkeypatch):
    make_article(slug="a")
    published.look()
    monkeypatch.setattr(published.edge, "make_anew", lambda path: Answer(500, [], b""))
    Article.objects.get().save()
    published.look()
    assert published.has_failed
    assert read(tmp_path, "/articles/a/")
    monkeypatch.undo()
    monkeypatch.setattr(pages, "CLOSED", (*pages.CLOSED, "/articles/a/card", "/card", "/static/"))
    assert published.look()
    assert not published.has_failed


def test_a_page_turns_old_in_twelve_hours_and_is_made_anew(published, tmp_path, monkeypatch):
    before = read(tmp_path, "/guide/")
    later = publisher.time.monotonic() + 12 * 3600
    monkeypatch.setattr(publisher.time, "monotonic", lambda: later)
    monkeypatch.setattr("trustsite.web.form_guard._hour", lambda: 999_999)
    assert published.look().written > 5
    assert read(tmp_path, "/guide/") != before


def test_what_is_of_somebody_is_not_published(published, tmp_path):
    told = (tmp_path / "nginx/pages.map").read_text()
    for path in ("/admin", "/preview/", "/readyz", "/healthz", "/newsletter/confirm"):
        assert f'"{path}' not in told
    assert '"/search/"' in told
    assert '"/search/?"' not in told  # a search is the site's to answer
    assert '"/guide/?"' in told


@pytest.mark.parametrize(
    "path",
    [
        "/../etc/passwd",
        "//a",
        "/a/../b",
        '/a"b',
        "/a b",
        "/a;b",
        "/.git/config",
        "/a/{b}",
        "/a$b",
        "/admin/x",
    ],
)
def test_an_address_that_a_proxys_file_could_misread_is_no_file(path):
    assert not pages.is_plain(path)


def test_a_header_that_a_proxys_file_could_misread_is_refused(published, monkeypatch, caplog):
    for value in ('a"; root /;', "a\nb", "a{b}", "a$b", "a\\b"):
        with pytest.raises(headers.UnknownHeaderError):
            headers.class_of([("Content-Type", value)])
    with pytest.raises(headers.UnknownHeaderError):
        headers.class_of([("X-New", "1")])


def test_every_header_has_its_map_and_is_sent():
    shared = (ROOT / "deploy/nginx/trustsite-http.conf").read_text()
    sent = (ROOT / "deploy/nginx/trustsite-files.conf").read_text()
    for name in headers.KNOWN:
        variable = f"$trustsite_{name.lower().replace('-', '_')}"
        assert f"map $trustsite_class {variable} {{" in shared
        assert f"add_header {name} {variable};" in sent


@pytest.fixture(scope="module")
def files(_sites, tmp_path_factory):
    """A site with one article, published; its folder and what it runs with."""
    with_proxy = {"SITE_URL": "https://example.org", "TRUSTED_PROXIES": "1"}

    def publish(folder):
        site = _sites.make("migrated", folder / "data")
        site.environment |= with_proxy
        site.script(
            f"from tests.factories import make_article; make_article(slug='{FEW}', title='A title')"
        )
        site.manage("publish_files", str(folder / "files"))
        site.manage("collect_error_pages", str(folder / "errors"))

    folder = tmp_path_factory.mktemp("files")
    shutil.copytree(made_once(tmp_path_factory, "published", publish), folder, dirs_exist_ok=True)
    return folder, Site(folder / "data").environment | with_proxy


def moved(files, tmp_path):
    """Return the proxy of a test, on the published files."""
    folder, with_data = files
    proxied = Proxied(tmp_path, with_data)
    shutil.copytree(folder / "files", tmp_path / "files", copy_function=os.link)
    shutil.copytree(folder / "errors", tmp_path / "errors")
    for place in (tmp_path, *tmp_path.parents[:2]):
        place.chmod(place.stat().st_mode | 0o755)
    return proxied


def in_plain_http(files, tmp_path):
    """Return the same for a site without TLS, whose pages and headers are others."""
    folder, with_data = files
    site = Site(folder / "data")
    site.environment |= with_data | {
        "SITE_URL": "http://example.org",
        "PROXY_ADDRESS_HEADER": "Clientaddress",
    }
    site.manage("publish_files", str(tmp_path / "files"))
    shutil.copytree(folder / "errors", tmp_path / "errors")
    return Proxied(tmp_path, site.environment)


def told_paths(folder):
    lines = (folder / "nginx/pages.map").read_text().splitlines()
    paths = sorted({line.split('"')[1] for line in lines if "?" not in line})
    static = [path for path in paths if path.startswith("/static/")]
    return [path for path in paths if path not in static or path in static[::20]]


def shown(answer, body):
    named = {name.lower(): value for name, value in answer.getheaders()}
    encoding = named.get("content-encoding", "")
    plain = {"br": brotli.decompress, "gzip": gzip.decompress}.get(encoding, bytes)(body)
    return answer.status, {name: value for name, value in named.items() if name not in OWN}, plain


def both(proxied, ask, paths):
    """Return what the site says of each path, and what its proxy does: on its own, after the site has stopped."""
    encodings = ("br, gzip", "gzip", "identity")
    by_file, by_site = {}, {}
    for path in paths:
        for encoding in encodings:
            by_file[path, encoding] = shown(*ask(path, Accept_Encoding=encoding))
    pages_folder = proxied.folder / "files/pages"
    pages_folder.rename(proxied.folder / "files/away")
    with proxied.web_server():
        for path in paths:
            for encoding in encodings:
                by_site[path, encoding] = shown(*ask(path, Accept_Encoding=encoding))
    (proxied.folder / "files/away").rename(pages_folder)
    return by_file, by_site


def test_nginx_serves_them_as_the_site_does_and_without_it(files, tmp_path):
    proxied = moved(files, tmp_path)
    paths = told_paths(tmp_path / "files")
    assert {"/", "/guide/", "/feed/", "/robots.txt", f"/articles/{FEW}/"} <= set(paths)
    with proxied.nginx():
        by_file, by_site = both(proxied, proxied.ask, paths)
        assert by_file == by_site
        assert {status for status, _, _ in by_file.values()} == {200}
        posted, page = proxied.ask("/newsletter/subscribe/", method="POST", body=b"email=a")
        searched, _ = proxied.ask("/search/?q=sleep")
        answer, _ = proxied.ask("/guide/?utm_source=x")
        refused, _ = proxied.ask("/guide/", Accept_Encoding="br;q=0, gzip;q=0")
        inside, _ = proxied.ask(f"/{(tmp_path / 'files/pages').iterdir().__next__().name}/index")
        known, _ = proxied.ask("/guide/", If_None_Match=answer.headers["ETag"])
    assert (posted.status, searched.status, inside.status) == (502, 502, 502)
    assert b"tel:116123" in page
    assert (answer.status, known.status) == (200, 304)
    assert refused.headers["Content-Encoding"] is None
    log = proxied.log.read_text()
    assert '"/guide/' in log or " /guide/ " in log
    assert "/guide/index" not in log


def test_a_page_whose_headers_nginx_does_not_know_yet_is_asked_of_the_site(files, tmp_path):
    """The harm would be a page with another page's policy, which takes its styles away."""
    proxied = moved(files, tmp_path)
    with proxied.nginx():
        assert proxied.ask("/guide/")[0].status == 200
        [file] = (tmp_path / "files/pages").glob("*/guide")
        other = tmp_path / "files/pages" / ("0" * 16) / "guide"
        other.parent.mkdir()
        file.rename(other)
        wait_until(lambda: proxied.ask("/guide/")[0].status == 502)


def test_caddy_serves_them_as_the_site_does_and_without_it(files, tmp_path):
    proxied = in_plain_http(files, tmp_path)
    paths = told_paths(tmp_path / "files")
    with proxied.caddy():
        by_file, by_site = both(proxied, proxied.ask_plainly, paths)
        searched, page = proxied.ask_plainly("/search/?q=sleep")
    assert {status for status, _, _ in by_file.values()} == {200}
    assert searched.status == 502
    assert b"tel:116123" in page
    different = {key for key in by_site if by_file[key] != by_site[key]}
    assert different == set()


def test_the_unit_follows_changes(files, tmp_path):
    folder, with_data = files
    data = tmp_path / "data"
    shutil.copytree(folder / "data", data)
    environment = with_data | {"DATA": str(data)}
    command = [sys.executable, "manage.py", "publish_files", "--watch", tmp_path / "files"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: read(tmp_path / "files", f"/articles/{FEW}/"))
        site = Site(data)
        site.script(
            "from articles.models import Article; a = Article.objects.get(); a.title = 'Told anew'; a.save()"
        )
        wait_until(lambda: b"Told anew" in (read(tmp_path / "files", f"/articles/{FEW}/") or b""))
    finally:
        process.terminate()
        assert process.wait(20) == 0
