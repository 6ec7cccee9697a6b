"""Every public page, found by following links from the first one: valid, reachable, accessible, and asking nobody else."""

import urllib.error
import urllib.request
from urllib.parse import urldefrag, urljoin

import html5lib
import pytest
from axe_playwright_python.sync_playwright import Axe

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OTHER_FILES = (".pdf", ".png", ".svg", ".xml", ".txt")


@pytest.fixture(scope="module")
def crawled(site):
    """Every page a reader can reach, by path: its status and parsed document."""
    found, waiting = {}, ["/"]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found[path] = fetch(site.url + path)
        if found[path][1] is not None:
            waiting += [target for target, _ in inner_links(site.url, path, found[path][1])]
    return found


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as response:
            body, kind, status = response.read(), response.headers["Content-Type"], response.status
            assert "Set-Cookie" not in response.headers
    except urllib.error.HTTPError as error:
        return error.code, None, []
    if not kind.startswith("text/html"):
        return status, None, []
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    document = parser.parse(body.decode())
    return status, document, [error[1] for error in parser.errors]


def inner_links(base, path, document):
    for link in document.iter("a"):
        target, fragment = urldefrag(urljoin(base + path, link.get("href", "")))
        if target.startswith(base):
            yield target.removeprefix(base) or "/", fragment


def pages(crawled):
    return {path: document for path, (_, document, _) in crawled.items() if document is not None}


def test_there_are_as_many_pages_as_the_launch_holds(crawled):
    assert len(pages(crawled)) >= 11 + 8 + 4 + 5


def test_every_link_leads_somewhere(crawled):
    assert {path: status for path, (status, _, _) in crawled.items() if status != 200} == {}


def test_every_anchor_is_there(site, crawled):
    ids = {path: {element.get("id") for element in document.iter()} for path, document in pages(crawled).items()}
    missing = {
        (path, target, fragment)
        for path, document in pages(crawled).items()
        for target, fragment in inner_links(site.url, path, document)
        if fragment and target in ids and fragment not in ids[target]
    }
    assert missing == set()


def test_every_page_is_valid_html(crawled):
    assert {path: errors for path, (_, _, errors) in crawled.items() if errors} == {}


def test_every_id_stands_once(crawled):
    for path, document in pages(crawled).items():
        ids = [element.get("id") for element in document.iter() if element.get("id")]
        assert len(ids) == len(set(ids)), (path, [one for one in ids if ids.count(one) > 1])


def test_every_page_has_one_heading_and_a_title_and_description_of_its_own(crawled):
    titles, descriptions = {}, {}
    for path, document in pages(crawled).items():
        assert len(list(document.iter("h1"))) == 1, path
        titles.setdefault(document.findtext(".//title"), []).append(path)
        description = document.find(".//meta[@name='description']").get("content")
        descriptions.setdefault(description, []).append(path)
        assert description, path
    assert {title: paths for title, paths in titles.items() if len(paths) > 1} == {}
    assert {text: paths for text, paths in descriptions.items() if len(paths) > 1} == {}


def test_every_page_carries_the_disclaimer_help_and_the_way_out(crawled):
    for path, document in pages(crawled).items():
        footer = " ".join("".join(document.find(".//footer").itertext()).split())
        assert (
            "for informational purposes only and is not a substitute for professional mental health advice" in footer
        ), path
        assert document.find(".//footer//a[@href='/get-help/']") is not None, path
        assert document.find(".//header//a[@data-leave]").get("href").startswith("https://"), path


def test_no_page_holds_inline_code_or_loads_from_elsewhere(site, crawled):
    for path, document in pages(crawled).items():
        for element in document.iter():
            assert not any(name.startswith("on") or name == "style" for name in element.attrib), path
            for name in ("src", "srcset", "poster"):
                assert element.get(name, "/").startswith(("/", site.url)), path
        for script in document.iter("script"):
            if script.get("type") == "application/ld+json":  # data: it is never run
                continue
            assert script.get("src"), path
            assert script.get("integrity"), path


def test_offers_stand_on_articles_alone_and_their_label_before_their_link(crawled):
    for path, document in pages(crawled).items():
        offers = [element for element in document.iter("aside") if element.get("class") == "offer"]
        assert len(offers) <= 1, path
        assert not offers or path.startswith("/articles/"), path
        sponsored = [link for link in document.iter("a") if "sponsored" in (link.get("rel") or "")]
        for offer in offers:
            inside = list(offer.iter())
            label = next(element for element in inside if element.get("class") == "offer__label")
            assert inside.index(label) < inside.index(sponsored[0])
        assert len(sponsored) == len(offers), path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier_axe_can_find(crawled, visit, scheme):
    context = visit(color_scheme=scheme, reduced_motion="reduce")
    page, found = context.new_page(), {}
    for path in pages(crawled):
        page.goto(path)
        result = Axe().run(page, options={"runOnly": RULES})
        violations = [
            (violation["id"], [node["html"][:120] for node in violation["nodes"][:2]])
            for violation in result.response["violations"]
        ]
        if violations:
            found[path] = violations
    assert found == {}
    assert context.complaints == []


@pytest.mark.parametrize(("width", "scale"), [(320, 1), (640, 2)], ids=["320 px", "200 % zoom at 1280 px"])
def test_no_page_scrolls_sideways(crawled, visit, width, scale):
    page = visit(viewport={"width": width, "height": 700}, device_scale_factor=scale).new_page()
    too_wide = []
    for path in pages(crawled):
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            too_wide.append(path)
    assert too_wide == []


def test_reading_sets_no_cookie_keeps_nothing_and_asks_nobody_else(site, crawled, visit):
    context = visit()
    page = context.new_page()
    for path in pages(crawled):
        page.goto(path)
    kept = "[localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length]"
    assert page.evaluate(f"(async () => {kept})()") == [0, 0, 0, 0]
    assert context.cookies() == []
    assert [url for url in context.asked if not url.startswith(site.url)] == []


def test_every_control_is_large_enough_to_touch(crawled, visit):
    page = visit(viewport={"width": 390, "height": 800}, has_touch=True).new_page()
    small = {}
    for path in pages(crawled):
        page.goto(path)
        sizes = page.eval_on_selector_all(
            "button, .button, .leave, summary, input:not([type=hidden], [type=radio], [type=checkbox]), .header__nav a",
            """all => all.filter(e => e.checkVisibility()).map(e => {
              const box = e.getBoundingClientRect(); return [e.textContent.trim(), box.width, box.height] })""",
        )
        if found := [size for size in sizes if min(size[1], size[2]) < 24]:
            small[path] = found
    assert small == {}
