"""Every public page, found by following links from the first one: valid, reachable, accessible, and asking nobody else."""

import urllib.error
import urllib.request
from urllib.parse import urldefrag, urljoin

import html5lib
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.waiting import PATIENCE

# What passed isn't told: to describe it would take longer than to find it.
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
PARTNER = "partner.example"  # where the launch content's offer points
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
        with urllib.request.urlopen(url, timeout=PATIENCE) as response:
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


def kinds(crawled):
    """Return the path of a page of each kind."""
    by_kind = {
        path.strip("/").partition("/")[0] if path.count("/") > 2 else path: path
        for path in pages(crawled)
    }
    return list(by_kind.values())


def test_there_are_as_many_pages_as_the_launch_holds(crawled):
    assert len(pages(crawled)) >= 11 + 8 + 4 + 5


def test_every_link_leads_somewhere(crawled):
    assert {path: status for path, (status, _, _) in crawled.items() if status != 200} == {}


def test_every_anchor_is_there(site, crawled):
    ids = {
        path: {element.get("id") for element in document.iter()}
        for path, document in pages(crawled).items()
    }
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
            "for informational purposes only and is not a substitute for professional mental health advice"
            in footer
        ), path
        assert document.find(".//footer//a[@href='/get-help/']") is not None, path
        assert document.find(".//header//a[@data-leave]").get("href").startswith("https://"), path


def test_no_page_holds_inline_code_or_loads_from_elsewhere(site, crawled):
    for path, document in pages(crawled).items():
        for element in document.iter():
            assert not any(name.startswith("on") or name == "style" for name in element.attrib), (
                path
            )
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


def test_a_partner_is_named_in_the_link_of_its_offer_alone(crawled):
    for path, document in pages(crawled).items():
        named = [
            (one.tag, name)
            for one in document.iter()
            for name, value in one.attrib.items()
            if PARTNER in value
        ]
        assert named in ([], [("a", "href")]), path


def test_what_the_head_names_is_ours(site, crawled):
    for path, document in pages(crawled).items():
        links = [(link.get("rel"), link.get("href")) for link in document.iter("link")]
        assert not [
            href for _, href in links if not href.startswith(("/", "data:image/svg+xml", site.url))
        ], path
        assert not {"preconnect", "dns-prefetch", "prefetch"} & {rel for rel, _ in links}, path


def test_every_number_to_call_or_text_is_the_number_shown(crawled):
    for path, document in pages(crawled).items():
        for link in document.iter("a"):
            if link.get("href", "").startswith(("tel:", "sms:")):
                shown = "".join(link.itertext()).partition(",")[0].rpartition("to ")[2]
                assert [c for c in shown if c.isdigit()] == [
                    c for c in link.get("href") if c.isdigit()
                ], path


@pytest.mark.parametrize("size", [(320, 640), (1280, 900)], ids=["a small phone", "a desk"])
def test_no_offer_is_on_the_first_screen_and_its_label_is_as_large_as_the_text(
    crawled, visit, size
):
    page = visit(viewport={"width": size[0], "height": size[1]}).new_page()
    holding = [
        path
        for path, document in pages(crawled).items()
        if document.find(".//aside[@class='offer']") is not None
    ]
    assert holding
    for path in holding:
        page.goto(path)
        assert page.locator(".offer").bounding_box()["y"] > size[1], path
        label, text = (page.locator(one).first for one in (".offer__label", ".prose > h2 + p"))
        of = "e => parseFloat(getComputedStyle(e).fontSize)"
        assert label.evaluate(of) >= text.evaluate(of), path


def test_the_way_past_a_content_note_takes_the_keyboard_along(crawled, visit):
    page = visit().new_page()
    noted = [
        path
        for path, document in pages(crawled).items()
        if document.find(".//p[@class='content-note']") is not None
    ]
    assert noted
    for path in noted:
        page.goto(path)
        page.locator(".content-note a").focus()
        page.keyboard.press("Enter")
        assert page.evaluate(
            "'#' + document.activeElement.id === decodeURIComponent(location.hash)"
        ), path


@pytest.fixture(scope="module")
def opened(site, crawled, browser):
    """Every page opened once in a browser as wide as a small phone: what was found on it, and what reading left behind."""
    context = browser.new_context(
        base_url=site.url, viewport={"width": 320, "height": 700}, has_touch=True
    )
    context.set_default_timeout(PATIENCE * 1000)
    asked, complaints, found = [], [], {}
    context.on("request", lambda request: asked.append(request.url))
    context.on(
        "console", lambda line: complaints.append(line.text) if line.type == "error" else None
    )
    page = context.new_page()
    for path in pages(crawled):
        page.goto(path)
        found[path] = {
            "barriers": barriers(page),
            "too wide": is_too_wide(page),
            "small": small_controls(page),
        }
    kept = "[localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length]"
    left = {"kept": page.evaluate(f"(async () => {kept})()"), "cookies": context.cookies()}
    context.close()
    return found, {**left, "asked": asked, "complaints": complaints}


def barriers(page, without=()):
    options = AXE | {"rules": {rule: {"enabled": False} for rule in without}}
    violations = Axe().run(page, options=options).response["violations"]
    return [
        (violation["id"], [node["html"][:120] for node in violation["nodes"][:2]])
        for violation in violations
    ]


def is_too_wide(page):
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def small_controls(page):
    """Controls that a finger would miss: under 24 px one way or the other (WCAG 2.5.8)."""
    sizes = page.eval_on_selector_all(
        "button, .button, .header a, summary, input:not([type=hidden], [type=radio], [type=checkbox])",
        """all => all.filter(e => e.checkVisibility()).map(e => {
          const box = e.getBoundingClientRect(); return [e.textContent.trim(), box.width, box.height] })""",
    )
    return [size for size in sizes if min(size[1:]) < 24]


def test_a_heading_s_word_that_is_wider_than_a_small_phone_breaks(crawled, visit):
    page, found = visit(viewport={"width": 320, "height": 640}).new_page(), []
    for path in kinds(crawled):
        page.goto(path)
        page.evaluate(
            "document.querySelectorAll('main :is(h1, h2, h3)').forEach(e => e.append('W'.repeat(60)))"
        )
        if is_too_wide(page):
            found.append(path)
    assert found == []


@pytest.mark.parametrize("what", ["barriers", "too wide", "small"])
def test_no_page_has_a_barrier_scrolls_sideways_or_has_controls_too_small_to_touch(opened, what):
    found, _ = opened
    assert {path: page[what] for path, page in found.items() if page[what]} == {}


def test_reading_sets_no_cookie_keeps_nothing_complains_of_nothing_and_asks_nobody_else(
    site, opened
):
    _, left = opened
    assert left["cookies"] == []
    assert left["kept"] == [0, 0, 0, 0]
    assert left["complaints"] == []
    assert [url for url in left["asked"] if not url.startswith(site.url)] == []


@pytest.mark.parametrize(
    "options",
    [
        {"color_scheme": "dark"},
        {"forced_colors": "active"},
        {"viewport": {"width": 640, "height": 450}, "device_scale_factor": 2},
    ],
    ids=["dark", "forced colours", "200 % zoom at 1280 px"],
)
def test_a_page_of_each_kind_has_no_barrier_in_another_guise(crawled, visit, options):
    page, found = visit(**options).new_page(), {}
    for path in kinds(crawled):
        page.goto(path)
        # Forced colours are the reader's own, and their contrast with each other is too.
        without = ["color-contrast"] if "forced_colors" in options else []
        if problems := barriers(page, without) + (["too wide"] if is_too_wide(page) else []):
            found[path] = problems
    assert found == {}
