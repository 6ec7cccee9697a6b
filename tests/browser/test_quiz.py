"""The quiz in a browser: every way back, with pages kept in memory and without; the pause; the canary run.

What keeps ticks and the result, and what forgets them: docs/decisions/0025-ticks-and-back.md.
"""

import io
import re
import urllib.error
import urllib.request
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.test_leaving import REFUSED
from tests.waiting import PATIENCE

CANARY = "canary7531"
KEPT = "[localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length]"


def begin(page, address="/quiz/"):
    page.goto(address)
    page.get_by_role("link", name="Start the quiz").click()


def answer(page, count, option=0):
    """Tick the same place in the next `count` questions and send the form, all in one go."""
    page.evaluate(
        """([count, option]) => {
          for (let number = 0; number < count; number++) {
            const question = document.querySelector("[data-quiz] [data-question]:not([hidden])");
            question.querySelectorAll("input")[option].click();
            document.querySelector("[data-next]").click();
          }
        }""",
        [count, option],
    )
    expect(page).to_have_title(re.compile("^Your result"))


def result_is_shown(page):
    return (
        page.get_by_text("Your answers are spread").count() > 0 or "Your pattern" in page.content()
    )


def ticked(page):
    return page.locator("input:checked").count()


def go_back(page, way="back"):
    """Press Back. (Playwright's own go_back waits for a load that a page kept in memory never has.)"""
    page.evaluate(f"setTimeout(() => history.{way}(), 0)")
    page.wait_for_timeout(700)


def go_on(page, count, option=1):
    """Tick the same place in the next `count` questions, and move on each time."""
    for _ in range(count):
        page.locator("main label:visible").nth(option).click()
        page.get_by_role("button", name="Continue").click()


def expect_question(page, number):
    expect(page).to_have_title(re.compile(f"^Question {number} of"))


def leave(page):
    page.get_by_role("link", name="Leave this site", exact=True).click()
    page.wait_for_url("chrome-error://**")


KEEPING, KEEPING_NOTHING = "pages kept in memory", "nothing kept in memory"


@pytest.fixture(scope="module")
def launched(browser_type, browser_type_launch_args):
    """Chromium with its back/forward cache on (Playwright switches it off) and off."""
    # No other host is found: leaving ends on the browser's own error page. (Answering for it instead would switch off
    # what is tested here: with requests in hand Playwright lets the browser send old answers again.)
    alone = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
    arguments = browser_type_launch_args | {"args": [*browser_type_launch_args["args"], alone]}
    cache = {KEEPING: ["--disable-back-forward-cache"], KEEPING_NOTHING: []}
    browsers = {
        which: browser_type.launch(**arguments, ignore_default_args=ignored)
        for which, ignored in cache.items()
    }
    yield browsers
    for browser in browsers.values():
        browser.close()


@pytest.fixture(params=[KEEPING, KEEPING_NOTHING])
def chromium(launched, request):
    return launched[request.param]


@pytest.fixture
def page(chromium, site):
    context = chromium.new_context(base_url=site.url)
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    yield page
    context.close()


def test_the_cache_is_what_it_is_called(chromium, page, launched):
    page.goto("/about/")
    page.evaluate("window.mark = 1")
    page.goto("/")
    go_back(page)
    assert page.evaluate("window.mark === 1") == (chromium is launched[KEEPING])


def test_back_is_the_question_before_for_one_entry_of_the_history(page):
    page.goto("/about/")
    begin(page)
    entries = page.evaluate("history.length")
    go_on(page, 4)
    for number in (4, 3, 2, 1):
        go_back(page)
        expect_question(page, number)
    assert page.evaluate("history.length") == entries
    go_back(page)
    expect(page).to_have_title(re.compile("^What"))
    go_back(page)
    expect(page).to_have_title(re.compile("^About"))
    assert entries == 4  # the browser's own first page, two pages, and one for the questions


def test_ticks_and_the_question_outlive_a_reload_and_another_page(page):
    begin(page)
    go_on(page, 3)
    page.locator("main label:visible").nth(2).click()
    page.reload()
    expect_question(page, 4)
    assert ticked(page) == 4
    page.goto("/get-help/")
    go_back(page)
    expect_question(page, 4)
    assert ticked(page) == 4
    assert page.locator("main label:visible").nth(2).locator("input").is_checked()
    assert isinstance(
        page.evaluate("history.state"), int
    )  # the history says that, and nothing else
    for _ in range(4):
        go_back(page)
    page.reload()  # before the questions, too
    page.get_by_role("link", name="Start the quiz").click()
    expect_question(page, 1)
    assert ticked(page) == 4


def test_back_from_the_result_shows_the_quiz_without_a_tick(page):
    begin(page)
    answer(page, 12)
    assert result_is_shown(page)
    for _ in range(2):
        go_back(page)
        assert page.url.endswith("/quiz/")
        assert not result_is_shown(page)
        assert ticked(page) == 0
    page.reload()
    assert ticked(page) == 0


def test_a_cleared_result_is_gone(page):
    begin(page)
    answer(page, 12)
    page.get_by_text("Clear my result").click()
    page.get_by_role("link", name="Yes, clear it").click()
    expect(page).to_have_title(re.compile("^What"))
    go_back(page)
    assert not result_is_shown(page)
    assert ticked(page) == 0


# Each in the one that keeps most of the page that was left: ticks come back in a form, a result in a page.
@pytest.mark.parametrize(
    ("chromium", "where"),
    [
        (KEEPING_NOTHING, "question"),
        (KEEPING_NOTHING, "start"),
        (KEEPING_NOTHING, "again"),
        (KEEPING, "result"),
        (KEEPING, "changing"),
        (KEEPING, "carried"),
    ],
    indirect=["chromium"],
)
def test_whoever_leaves_and_goes_back_finds_nothing(page, where):
    leave_from(page, where)
    for way in ("forward", "back", "back", "back"):
        go_back(page, way)
        assert not result_is_shown(page)
        assert page.locator("input:checked").count() == 0


def leave_from(page, where):
    """Leave from a question, the start page with ticks, a question after that, and what comes after the last."""
    begin(page)
    if where in {"question", "start", "again"}:
        go_on(page, 2)
    else:
        answer(page, 12)
    if where in {"start", "again"}:
        for _ in range(3):
            go_back(page)
    if where == "again":
        page.get_by_role("link", name="Start the quiz").click()
    if where == "changing":
        page.get_by_role("button", name="Change my answers").click()
    if where == "carried":
        page.get_by_role("button", name="Go on to the longer quiz").click()
        page.get_by_role("link", name="Carry on").click()
    leave(page)


@pytest.mark.parametrize("chromium", [KEEPING_NOTHING], indirect=True)
def test_without_the_marks_ticks_would_be_found(page):
    page.add_init_script(
        """const own = Object.getOwnPropertyDescriptor(History.prototype, "state").get;
        const type = () => performance.getEntriesByType("navigation")[0].type;
        const marked = { get() { return own.call(this) ?? (type() === "back_forward" ? 7 : null); } };
        Object.defineProperty(History.prototype, "state", marked);"""
    )
    leave_from(page, "again")
    go_back(page)
    assert ticked(page) == 2


def test_the_longer_quiz_goes_on_from_the_short_one_and_forgets_both(page):
    begin(page)
    answer(page, 12)
    page.get_by_role("button", name="Go on to the longer quiz").click()
    page.get_by_role("link", name="Carry on").wait_for()
    assert ticked(page) == 12
    page.get_by_role("link", name="Carry on").click()
    assert page.get_by_text("Question 1 of 12").is_visible()
    answer(page, 12)
    assert page.url.endswith("/quiz/longer/")
    go_back(page)
    assert not result_is_shown(page)
    assert ticked(page) == 0
    assert page.context.cookies() == []


# -- one browser is enough for the rest -------------------------------------------------------------------------------


def test_what_a_result_leads_to_opens_beside_it(visit):
    page = visit().new_page()
    begin(page)
    answer(page, 12)
    for link in ("Get help now", "fawn", "How it works", "Editorial policy"):
        opened = page.get_by_role("link", name=link).first
        with page.context.expect_page() as found:
            opened.click()
        found.value.close()
    with page.context.expect_page() as found:
        page.get_by_role("link", name="Take it again").click()
    expect(found.value).to_have_title(re.compile("^What"))
    assert found.value.evaluate("opener") is None
    assert result_is_shown(page)


def test_without_that_a_link_would_lose_the_result(visit):
    page = visit().new_page()
    begin(page)
    answer(page, 12)
    page.evaluate("document.querySelector('base').remove()")
    page.get_by_role("link", name="fawn", exact=True).first.click()
    page.wait_for_url("**/responses/fawn/")
    go_back(page)
    assert not result_is_shown(page)


def left(context):
    """Return how many pages of a context are hidden, as they are once they were left."""
    return sum(page.evaluate("document.documentElement.hidden") for page in context.pages)


@pytest.mark.parametrize("heard", [True, False], ids=["told", "twin: not told"])
def test_leaving_a_page_that_was_opened_beside_leaves_the_quiz_too(visit, heard):
    context = visit()
    # With no content both pages stay, and nothing waits for a page that never comes.
    context.route("https://www.bbc.co.uk/**", lambda route: route.fulfill(status=204))
    if not heard:
        context.add_init_script("delete window.BroadcastChannel")
    page = context.new_page()
    begin(page)
    go_on(page, 2)
    with context.expect_page() as found:
        page.get_by_role("link", name="Get help", exact=True).click()
    found.value.locator("[data-leave]").click()
    found.value.wait_for_function("document.documentElement.hidden")
    if heard:
        page.wait_for_function("document.documentElement.hidden")
    else:
        page.wait_for_timeout(200)
    assert left(context) == 1 + heard
    assert ticked(page) == (0 if heard else 2)


def test_the_title_is_the_questions_again_after_another_page(visit):
    page = visit().new_page()
    begin(page)
    go_on(page, 5)
    expect_question(page, 6)
    page.goto("/get-help/")
    go_back(page)
    expect_question(page, 6)
    assert page.locator("legend:visible").inner_text().startswith("Question 6 of 12")


@pytest.mark.parametrize(
    ("ticks", "expected", "worker"),
    [(3, 4, "delete window.SharedWorker"), (12, 12, REFUSED.format(name="SharedWorker"))],
    ids=["after the last tick, without shared workers", "at the end, where they are refused"],
)
def test_where_ticks_alone_came_back_the_quiz_goes_on_after_them(visit, ticks, expected, worker):
    page = visit().new_page()
    page.add_init_script(worker)
    begin(page)
    go_on(page, ticks - 1)
    page.locator("main label:visible").first.click()
    page.evaluate("document.querySelector('[data-step]').value = ''")  # as a browser leaves it
    page.goto("/get-help/")
    go_back(page)
    expect_question(page, expected)
    assert ticked(page) == ticks
    assert page.evaluate("document.querySelector('base').target") == "_blank"


def below(page):
    """Return how far the way on lies below the screen, for each of the 12 questions."""
    return page.evaluate(
        """() => {
          const next = document.querySelector("[data-next]");
          return Array.from({ length: 12 }, (_, number) => {
            if (number) next.click();
            return Math.max(0, next.getBoundingClientRect().bottom - innerHeight);
          });
        }"""
    )


@pytest.mark.parametrize("sticks", [True, False], ids=["as it is", "twin: without the bar"])
def test_the_way_on_is_on_the_first_screen_of_a_small_phone_on_every_question(visit, sticks):
    page = visit(viewport={"width": 360, "height": 560}).new_page()  # 640 less a browser's own bar
    begin(page)
    if not sticks:
        page.locator(".quiz__actions").evaluate("bar => (bar.className = '')")
    assert (max(below(page)) == 0) == sticks


def test_what_is_under_the_pointer_does_not_look_chosen(visit):
    page = visit().new_page()
    begin(page)
    labels = page.locator("main label:visible")

    def looks(place):
        return labels.nth(place).evaluate(
            "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).borderWidth]"
        )

    for place in (2, 6):  # an answer and a quiet one
        resting = looks(place)
        labels.nth(place).hover()
        assert looks(place) == resting
        labels.nth(place).click()
        page.mouse.move(0, 0)
        assert looks(place)[1] == "2px" != resting[1]
        assert looks(place)[0] != resting[0]


def test_the_pause_gives_the_question_back(visit):
    page = visit().new_page()
    begin(page)
    page.locator("main label:visible").nth(2).click()
    page.get_by_role("button", name="Continue").click()
    stem = page.locator("legend:visible").inner_text()
    page.get_by_role("link", name="Pause").click()
    assert page.get_by_role("heading", name="Feet and floor").is_visible()
    assert page.evaluate("document.activeElement.id") == "pause"
    assert page.locator("fieldset:visible").count() == 0
    page.get_by_role("button", name="Back to the questions").click()
    assert page.locator("legend:visible").inner_text() == stem
    assert page.evaluate("document.activeElement.tagName") == "H2"
    assert page.url.endswith("/quiz/")
    page.get_by_role("button", name="Back").click()
    assert page.locator("input:checked:visible").count() == 1


def test_moving_on_is_said_and_going_back_keeps_what_was_ticked(visit):
    page = visit(viewport={"width": 320, "height": 700}, has_touch=True).new_page()
    begin(page)
    for number in range(1, 4):
        page.locator("main label:visible").nth(number).click()
        heading = page.evaluate("document.activeElement.textContent || ''")
        assert page.title().startswith(f"Question {number} of 12")
        page.get_by_role("button", name="Continue").click()
        heading = page.evaluate("document.activeElement.textContent")
        assert heading.startswith(f"Question {number + 1} of 12")
    sizes = page.eval_on_selector_all(
        "main label, main form button",
        "all => all.filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect().height)",
    )
    assert min(sizes) >= 44
    for _ in range(3):
        page.get_by_role("button", name="Back").click()
    assert page.locator("main label:visible").nth(1).locator("input").is_checked()


def test_keys_alone_are_enough(visit):
    page = visit().new_page()
    page.goto("/quiz/")
    page.get_by_role("link", name="Start the quiz").press("Enter")
    for number in range(1, 13):
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        assert page.locator("input:checked:visible").count() == 1
        page.keyboard.press("Enter")
        if number < 12:
            expect(page).to_have_title(re.compile(f"^Question {number + 1} "))
    expect(page).to_have_title(re.compile("^Your result"))


def test_without_scripts_the_pause_and_the_longer_quiz_work_too(visit):
    page = visit(java_script_enabled=False).new_page()
    page.goto("/quiz/")
    assert not page.locator("#pause").is_visible()
    for group in page.locator("fieldset").all():
        group.locator("label").first.click()
    page.get_by_role("link", name="Pause").nth(6).click()
    assert page.get_by_role("heading", name="Feet and floor").is_visible()
    page.locator("#pause nav").get_by_role("link", name="7", exact=True).click()
    assert not page.locator("#pause").is_visible()
    assert page.get_by_text("Question 7 of 12").is_visible()
    assert ticked(page) == 12
    page.get_by_role("button", name="See my result").click()
    page.get_by_role("button", name="Go on to the longer quiz").click()
    assert ticked(page) == 12
    for group in page.locator("form fieldset:visible").all():
        group.locator("label").first.click()
    page.get_by_role("button", name="See my result").click()
    assert page.title().startswith("Your result")
    assert "#" not in page.url


def test_nothing_of_the_journey_stays_in_the_browser_or_leaves_the_site(site, visit):
    context = visit()
    page = context.new_page()
    begin(page)
    answer(page, 12, option=1)
    page.get_by_role("button", name="Change my answers").click()
    page.get_by_role("button", name="See my result").click()
    assert page.evaluate(f"(async () => {KEPT})()") == [0, 0, 0, 0]
    assert context.cookies() == []
    assert {
        url.removeprefix(site.url).partition("?")[0] for url in context.asked if "/quiz/" in url
    } == {"/quiz/"}
    assert [url for url in context.asked if not url.startswith(site.url) or "?" in url] == []
    assert context.complaints == []


def test_the_result_and_the_paper_fit_their_sheets(visit):
    page = visit().new_page()
    begin(page)
    answer(page, 12, option=2)
    assert sheets(page) <= 2
    page.goto("/quiz/paper/")
    assert sheets(page) <= 3


def sheets(page):
    return len(PdfReader(io.BytesIO(page.pdf(format="A4"))).pages)


# -- the canary run: marked answers over the wire, then everything is searched ----------------------------------------


def send(site, path, fields):
    request = urllib.request.Request(site.url + path, data=urlencode(fields, doseq=True).encode())
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return response.read() + str(response.headers).encode()
    except urllib.error.HTTPError as error:
        return error.read() + str(error.headers).encode()


def stored(site):
    """Every row of every table but the workers' heartbeats, which go on by themselves."""
    tables = [
        name
        for (name,) in site.rows(
            "select name from sqlite_master where type = 'table' order by name"
        )
    ]
    return {
        table: site.rows(f'select * from "{table}"') for table in tables if "heartbeat" not in table
    }


def test_marked_answers_are_found_nowhere_on_the_server(site):
    before, mails = stored(site), len(site.sink.mails)
    answers = {f"q{number:02}": "abcd"[number % 4] for number in range(1, 21)}
    marked = {"note": CANARY, CANARY: CANARY}
    sent = [
        ("/quiz/", {"version": 2, **answers, **marked}),
        ("/quiz/", {"version": 2, **answers, "change": CANARY}),
        ("/quiz/", {"version": 2, **answers, "q05": CANARY}),
        ("/quiz/", {"version": CANARY, **answers}),
        ("/quiz/", {"version": 2, "q01": CANARY * 10_000}),
        ("/quiz/longer/", {"short": 1, **answers, **marked}),
        ("/quiz/longer/", {"short": CANARY, **answers}),
        (
            "/quiz/longer/",
            {"version": 2, **answers, "s1": "0", "s2": "4", "s3": "0", "s4": "4", **marked},
        ),
        ("/quiz/longer/", {"version": 2, **answers, "s1": CANARY}),
    ]
    for path, fields in sent:
        assert CANARY.encode() not in send(site, path, fields)
    assert stored(site) == before
    assert len(site.sink.mails) == mails
    files = [file for file in site.data.rglob("*") if file.is_file()]
    assert any(file.name.startswith("site.sqlite3") for file in files)
    assert [file.name for file in files if CANARY.encode() in file.read_bytes()] == []
    log = site.output.read_text()
    assert CANARY not in log
    assert "q01=" not in log
    for path in ("/", "/quiz/", "/quiz/longer/", "/quiz/method/", "/responses/"):
        with urllib.request.urlopen(site.url + path, timeout=PATIENCE) as response:
            assert CANARY.encode() not in response.read()
