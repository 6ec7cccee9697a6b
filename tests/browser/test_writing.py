"""The writing page: buttons and keys, choosing what to put in, findings, a preview that follows, and words that aren't lost."""

import base64
import re
import time
import tomllib
from contextlib import suppress
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error

from tests.browser.test_every_page import AXE
from tests.factories import picture_file
from tests.waiting import PATIENCE, wait_until

ARTICLES = "/admin/articles/article/"
KEPT = "select fields from trustsite_autosave where row = '' order by saved_at desc"
CLIPBOARDS = Path(__file__).with_name("clipboards.toml")
SAVED = re.compile(r"Saved \d\d:\d\d")
OFFERED = "You have words here that weren’t saved"
NEW = f"{ARTICLES}add/"
# What the field says, with “|” where the cursor is, or around what is selected.
SAID = """() => { const { value, selectionStart: from, selectionEnd: to } = document.getElementById("id_body");
  return from === to ? value.slice(0, from) + "|" + value.slice(from)
    : value.slice(0, from) + "|" + value.slice(from, to) + "|" + value.slice(to) }"""


@pytest.fixture
def new(desk):
    """The page of a new article."""
    desk.goto(NEW)
    desk.locator(".tools").wait_for()
    return desk


def write(page, text):
    """Fill the field; put the cursor where `|` stands, or select what two of them enclose."""
    field = page.locator("#id_body")
    parts = text.split("|")
    field.fill("".join(parts))
    ends = [len(parts[0]), len(parts[0]) + (len(parts[1]) if len(parts) == 3 else 0)]
    field.evaluate(
        "(field, [from, to]) => { field.focus(); field.setSelectionRange(from, to) }", ends
    )


def said(page):
    return page.evaluate(SAID)


def heading(page, words):
    """Wait until the preview shows a heading, and return it."""
    found = page.frame_locator("iframe[name=preview]").get_by_role(
        "heading", name=words, exact=True
    )
    found.wait_for()
    return found


def comes_into_sight(page, words):
    """Wait until a heading of the preview is in the sight of its frame."""
    found = heading(page, words)
    frame = page.locator("iframe[name=preview]").bounding_box()
    waits_for(
        page,
        lambda: frame["y"] - 1 <= found.bounding_box()["y"] <= frame["y"] + frame["height"],
    )


def waits_for(page, condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, said(page)
        page.wait_for_timeout(100)


# -- buttons and keys


# What is there, what is pressed, and what is there then: one page for all, as opening one takes the longest.
KEYS = [
    ("A |quiet| day", "Control+b", "A **|quiet|** day"),
    ("A **|quiet|** day", "Control+b", "A |quiet| day"),
    ("A **|quiet|** day", "Control+i", "A ***|quiet|*** day"),
    ("A ***|quiet|*** day", "Control+b", "A *|quiet|* day"),
    ("A| quiet |day", "Control+i", "A *|quiet|* day"),
    ("A |", "Control+b", "A **|**"),
    ("See |this|", "Control+k", "See [this](|https://|)"),
    ("See |", "Control+k", "See [|](https://)"),
    ("|https://example.org/a|", "Control+k", "[|](https://example.org/a)"),
    ("- one|", "Enter", "- one\n- |"),
    ("- one\n- |", "Enter", "- one\n|"),
    ("* one| two", "Enter", "* one\n* | two"),
    ("9. nine|", "Enter", "9. nine\n10. |"),
    ("  - one|", "Enter", "  - one\n  - |"),
    ("> said|", "Enter", "> said\n> |"),
    ("> said\n> |", "Enter", "> said\n|"),
    ("> - one|", "Enter", "> - one\n> - |"),
    ("plain|", "Enter", "plain\n|"),
    ("|- one", "Enter", "\n|- one"),
    ("- one|", "Shift+Enter", "- one\n|"),
]
BUTTONS = [
    ("one\nt|wo", "Heading", "one\n## two|"),
    ("## one|", "Heading", "### one|"),
    ("### one|", "Heading", "one|"),
    ("|one\ntwo|", "List", "|- one\n- two|"),
    ("|- one\n- two|", "List", "|one\ntwo|"),
    ("|- one\n\n- two|", "Numbered list", "|1. one\n\n2. two|"),
    ("|1. one\n2. two|", "List", "|- one\n- two|"),
    ("|", "List", "- |"),
    ("|one\n\ntwo|", "Quotation", "|> one\n> \n> two|"),
    ("a |word|", "Bold", "a **|word|**"),
    ("One.|\n\nTwo.", "Quiz card", "One.\n\n:::quiz|\n\nTwo."),
    ("|", "Guide", ":::guide|\n"),
    ("One.|", "Note", "One.\n\n:::note |Heading|\nWords.\n:::\n"),
    ("One.\n\n|Two.|\n\nThree.", "Quote", "One.\n\n:::quote\n|Two.|\n:::\n\nThree."),
    ("One |two| three.", "Exercise", "One  three.\n\n:::exercise |Heading|\ntwo\n:::\n"),
]


def test_keys_write_markdown(new):
    for before, keys, after in KEYS:
        write(new, before)
        new.keyboard.press(keys)
        assert said(new) == after, (before, keys)


def test_buttons_write_markdown_and_undo_takes_it_back(new):
    for before, button, after in BUTTONS:
        write(new, before)
        new.get_by_role("toolbar").get_by_role("button", name=button, exact=True).click()
        assert said(new) == after, (before, button)
        new.keyboard.press("Control+z")  # one step, whatever the button did
        assert new.locator("#id_body").input_value() == before.replace("|", ""), (before, button)


def test_the_bar_is_one_stop_for_tab_and_arrows_move_in_it(new):
    new.get_by_label("Line under the title").focus()
    new.keyboard.press("Tab")
    focused = "document.activeElement.textContent || document.activeElement.id"
    assert new.evaluate(focused) == "Bold"
    for key, name in [
        ("ArrowRight", "Italic"),
        ("End", "Offer"),
        ("ArrowRight", "Bold"),
        ("ArrowLeft", "Offer"),
    ]:
        new.keyboard.press(key)
        assert new.evaluate(focused) == name
    new.keyboard.press("Tab")
    assert new.evaluate("document.activeElement.id") == "id_body"
    new.keyboard.press("Tab")  # Tab isn't held in the field
    assert new.evaluate("document.activeElement.id") != "id_body"
    assert new.get_by_role("button", name="Bold").get_attribute("title") == "Bold (Ctrl+B)"


def test_what_keys_wrote_is_undone_by_ctrl_z(new):
    write(new, "")
    new.keyboard.type("- one")
    new.keyboard.press("Enter")
    new.keyboard.type("two")
    assert said(new) == "- one\n- two|"
    for _ in range(4):
        new.keyboard.press("Control+z")
    assert new.locator("#id_body").input_value() == ""


# -- putting in what has to be chosen


def options(page, **which):
    return page.get_by_role("dialog").get_by_role("option", **which)


def test_a_source_is_chosen_by_keyboard_alone(site, new):
    key, title = site.rows(
        "select key, title from articles_source where title != '' order by key limit 1"
    )[0]
    write(new, "One.| Two.")
    new.keyboard.press("Shift+Tab")
    for _ in range(7):
        new.keyboard.press("ArrowRight")
    new.keyboard.press("Enter")
    box = new.get_by_role("combobox", name="Author, year, title or key")
    assert box.evaluate("box => box === document.activeElement")
    options(new).nth(7).wait_for()
    new.keyboard.press("ArrowDown")
    assert options(new, selected=True).count() == 1
    assert box.get_attribute("aria-activedescendant") == options(new, selected=True).get_attribute(
        "id"
    )
    new.keyboard.type(key)
    options(new).filter(has_text=title).wait_for()
    waits_for(new, lambda: options(new).count() == 1)
    new.keyboard.press("Enter")
    assert said(new) == f"One.[^{key}]| Two."
    new.keyboard.press("Control+z")
    assert new.locator("#id_body").input_value() == "One. Two."


def test_a_page_an_offer_and_nothing_at_all(new):
    bar = new.get_by_role("toolbar")
    write(new, "Read |this| now.")
    bar.get_by_role("button", name="Link to a page").click()
    new.keyboard.type("fawn")
    options(new).filter(has_text="The fawn response").click()
    assert said(new) == "Read [this](/articles/fawn-response/)| now."
    bar.get_by_role("button", name="Offer").click()
    options(new).first.wait_for()
    new.keyboard.press("Enter")
    assert re.search(r"now\.\n\n:::offer [a-z-]+\|\n$", said(new))
    before = said(new)
    bar.get_by_role("button", name="Picture").click()
    new.keyboard.type("no such picture")
    new.get_by_text("Nothing here has these words.").wait_for()
    new.keyboard.press("Enter")
    new.keyboard.press("Escape")
    assert not new.get_by_role("dialog").is_visible()
    assert said(new) == before


def test_a_list_that_does_not_answer_says_so(new):
    new.route("**/lookup/*", lambda route: route.abort())
    new.get_by_role("toolbar").get_by_role("button", name="Source").click()
    new.get_by_text("The list doesn’t answer. Try again in a moment.").wait_for()


# -- findings


def test_findings_come_while_writing_and_lead_to_their_line(new):
    new.get_by_label("Title:", exact=True).fill("Slow evenings")
    long = (
        "A line of quite some words that is broken more than once where it stands in this narrow field. "
        * 3
    )
    write(new, "\n\n".join([long] * 20) + "\n\n:::banner\n\nEnd.|")
    finding = new.get_by_role("button", name="There is no directive “:::banner”")
    finding.wait_for()
    assert re.search(r"\d+ words, \d+ minutes to read", new.locator("[data-size]").inner_text())
    new.evaluate("scrollTo(0, 0)")
    finding.click()
    assert new.evaluate("getSelection().toString()") in (":::banner", "")
    assert re.search(r"\|:::banner\|", said(new))
    top = "document.getElementById('id_body').getBoundingClientRect().bottom"
    assert 0 < new.evaluate(top) < 1000  # its last lines are in sight
    new.keyboard.type(":::quiz")
    finding.wait_for(state="detached")
    assert new.context.complaints == []


def test_only_a_change_of_their_number_is_announced(new):
    write(new, "One.|")
    new.locator(".findings").wait_for()
    status = new.locator("[data-findings-at] + [role=status]")
    assert status.inner_text() == ""
    with new.expect_response("**/findings/"):
        new.keyboard.type(" Two.")
    new.wait_for_timeout(200)
    assert status.inner_text() == ""
    before = new.locator(".findings h2").inner_text()
    new.keyboard.type("\n\n:::banner")
    waits_for(new, lambda: status.inner_text() not in ("", before))
    assert status.inner_text() == new.locator(".findings h2").inner_text()


def test_an_older_answer_never_takes_the_place_of_a_newer(new):
    held = []
    new.route("**/findings/", lambda route: held.append(route) if not held else route.continue_())
    write(new, ":::older|")
    waits_for(new, lambda: held)
    write(new, ":::newer|")
    new.get_by_role("button", name="“:::newer”").wait_for()
    held[0].continue_()
    new.wait_for_timeout(500)
    assert new.get_by_role("button", name="“:::newer”").is_visible()
    assert new.get_by_role("button", name="“:::older”").count() == 0


# -- the preview

TEXT = "Lead.\n\n" + "".join(
    f"## Part {n}\n\n" + "Words that fill the page. " * 150 + "\n\n" for n in range(1, 6)
)


def test_the_preview_follows_the_cursor_and_otherwise_keeps_its_place(new):
    write(new, TEXT)
    heading(new, "Part 5")
    place = TEXT.index("## Part 4") + 3
    new.locator("#id_body").evaluate(
        "(field, at) => { field.focus(); field.setSelectionRange(at, at) }", place
    )
    new.keyboard.press("ArrowRight")
    comes_into_sight(new, "Part 4")
    scrolled = "document.querySelector('iframe[name=preview]').contentWindow.scrollY"
    before = new.evaluate(scrolled)
    with new.expect_response("**/preview/"):
        new.keyboard.type("x")
    heading(new, "Pxart 4")
    assert abs(new.evaluate(scrolled) - before) < 5
    for _ in range(12):
        new.keyboard.press("ArrowRight")
    assert abs(new.evaluate(scrolled) - before) < 5
    new.keyboard.press("Control+Home")
    waits_for(new, lambda: new.evaluate(scrolled) < before / 2)


def test_the_page_before_stays_until_the_new_one_is_there_and_history_stays_short(new):
    write(new, "Lead.\n\n## First state|")
    heading(new, "First state")
    length = new.evaluate("history.length")
    held = []
    new.route("**/preview/", lambda route: held.append(route))
    new.keyboard.type(" and on")
    waits_for(new, lambda: held)
    new.wait_for_timeout(300)
    assert heading(new, "First state").is_visible()
    held[0].continue_()
    heading(new, "First state and on")
    assert len(held) == 1
    assert new.locator(".desk-stage iframe").count() == 1
    assert new.evaluate("history.length") == length


def test_a_preview_that_fails_leaves_the_one_before_and_says_so(new):
    write(new, "Lead.\n\n## First state|")
    heading(new, "First state")
    new.route("**/preview/", lambda route: route.fulfill(status=502, body="Bad gateway"))
    new.keyboard.type(" and on")
    new.get_by_text("The site doesn’t answer. This is how it was before.").wait_for()
    assert heading(new, "First state").is_visible()


def test_a_phone_s_width(new):
    write(new, "Lead.|")
    new.frame_locator("iframe[name=preview]").locator("main").wait_for()
    button = new.get_by_role("button", name="Phone width")
    wide = new.locator("iframe[name=preview]").bounding_box()["width"]
    assert wide > 500
    assert button.get_attribute("aria-pressed") == "false"
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert new.locator("iframe[name=preview]").bounding_box()["width"] == 390
    new.keyboard.press("Enter")
    assert new.locator("iframe[name=preview]").bounding_box()["width"] == wide


# -- words that aren't lost


def offered(page):
    return page.get_by_role("heading", name=OFFERED).first


def test_who_closes_the_tab_finds_the_words_again(new):
    context = new.context
    new.get_by_label("Title:", exact=True).fill("Half a thought")
    write(new, "It was only|")
    new.close(run_before_unload=True)
    back = context.new_page()
    until = time.monotonic() + PATIENCE
    back.goto(NEW)
    while "It was only" not in back.content():
        assert time.monotonic() < until
        back.wait_for_timeout(200)
        back.goto(NEW)
    back.get_by_text("What differs from what is saved").first.press("Enter")
    assert "It was only" in " ".join(back.locator(".sides").all_inner_texts())
    back.get_by_role("link", name="Go on with them").first.click()
    assert back.locator("#id_body").input_value() == "It was only"
    assert back.get_by_label("Title:", exact=True).input_value() == "Half a thought"
    back.get_by_role("button", name="Throw it away").click()
    back.get_by_text("Thrown away.").wait_for()
    assert "It was only" not in back.content()
    assert context.complaints == []


def test_it_is_kept_from_the_first_key_and_said_so(site, new):
    write(new, "K|")
    new.get_by_text(re.compile(r"Kept \d\d:\d\d")).wait_for()
    assert '"K"' in site.rows(KEPT)[0][0]


def test_when_it_can_t_be_kept_it_says_so_and_goes_on_trying(site, visit, enter):
    page = visit().new_page()
    page.clock.install()
    enter(page, NEW)
    page.locator(".tools").wait_for()
    page.wait_for_load_state()  # every script has run by then
    page.route("**/keep/", lambda route: route.abort())
    write(page, "Not yet|")
    page.clock.run_for(3_000)
    page.get_by_text("Not kept: the site doesn’t answer.").wait_for()
    asked = []
    page.on("dialog", lambda dialog: asked.append(dialog.type) or dialog.dismiss())
    page.evaluate("location.assign('/admin/')")
    waits_for(page, lambda: asked == ["beforeunload"])
    page.unroute("**/keep/")
    page.clock.run_for(11_000)
    page.get_by_text(re.compile("Kept ")).wait_for()
    assert "Not yet" in site.rows(KEPT)[0][0]


def test_words_that_a_closed_page_could_not_send_come_with_the_next(new):
    context = new.context
    context.set_offline(True)
    write(new, "Written in a tunnel.|")
    new.get_by_text("Not kept: the site doesn’t answer.").wait_for()
    new.close()
    context.set_offline(False)
    back = context.new_page()
    back.goto(NEW)
    back.get_by_text("Written in a tunnel.").first.wait_for(state="attached")
    assert offered(back).is_visible()


def test_leaving_by_the_desk_s_navigation_asks_nothing(new):
    asked = []
    new.on("dialog", lambda dialog: asked.append(dialog.message) or dialog.accept())
    write(new, "Off and away|")
    new.get_by_role("button", name="Menu").click()
    places = new.get_by_role("navigation", name="The desk")
    places.get_by_role("link", name="Articles", exact=True).click()
    new.wait_for_url(re.compile(f"{ARTICLES}$"))
    assert asked == []


def begin(page, title):
    """Fill in what a new article can't be without."""
    page.get_by_label("Title:", exact=True).press_sequentially(title)
    page.get_by_label("Topic:", exact=True).select_option(label="Steadying skills")


def publish(page):
    part = page.locator("details", has=page.locator("summary", has_text="Publishing")).first
    if part.get_attribute("open") is None:
        part.locator("summary").click()
    page.get_by_label("State").select_option("published")
    page.get_by_role("button", name="Save", exact=True).click()


def test_a_save_stays_where_one_was(site, new):
    begin(new, "Saved at once")
    write(new, "\n\n".join(["A line of words."] * 60) + "|\n\nThe end.")
    place = "document.getElementById('id_body').getBoundingClientRect().top"
    before, top = said(new), new.evaluate(place)
    new.keyboard.press("Control+s")
    new.get_by_text(SAVED).wait_for()
    assert new.url.endswith("/change/")
    assert said(new) == before
    assert abs(new.evaluate(place) - top) < 2
    assert new.evaluate("document.activeElement.id") == "id_body"
    new.keyboard.type(" More.")
    new.get_by_role("button", name="Save", exact=True).click()
    saved = "select body from articles_article where slug = 'saved-at-once'"
    wait_until(lambda: " More." in site.rows(saved)[0][0])
    states = "select count(*) from articles_historicalarticle where slug = 'saved-at-once'"
    assert site.rows(states) == [(2,)]
    assert new.context.complaints == []


@pytest.fixture
def draft(new, request):
    """A draft that is saved, as the page shows it."""
    begin(new, request.node.originalname[5:50])
    write(new, "A line of words.|")
    new.keyboard.press("Control+s")
    new.get_by_text(SAVED).wait_for()
    return new


def test_who_saves_once_more_while_publishing_is_under_way_saves_that_as_well(site, draft):
    held = []
    draft.route("**/change/", lambda route: route.continue_() if held else held.append(route))
    publish(draft)
    waits_for(draft, lambda: held)
    write(draft, "Other words.|")
    draft.get_by_role("button", name="Save", exact=True).click()
    draft.wait_for_timeout(1_500)  # long enough for what is typed to be kept, if it were
    held[0].continue_()
    is_saved_whole(site, draft)


# Playwright touches no page that is about to be another: this writes and saves as soon as the page is on its way.
WHILE_IT_COMES_BACK = """() => setInterval(() => {
  const field = document.getElementById("id_body");
  if (!sessionStorage.getItem("desk-place") || field.value.startsWith("Other")) return;
  field.value = "Other words.";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  document.querySelector("[data-save]").click();
}, 1)"""


def test_who_saves_while_the_page_comes_back_saves_that_as_well(site, draft):
    held = []
    reloads = lambda request: request.is_navigation_request() and request.method == "GET"
    draft.route(
        "**/change/",
        lambda route: (
            held.append(route) if reloads(route.request) and not held else route.continue_()
        ),
    )
    draft.evaluate(WHILE_IT_COMES_BACK)
    publish(draft)
    is_saved_whole(site, draft)


def is_saved_whole(site, page):
    """Wait until the page shows what was written last, as published and saved."""
    page.locator(".messagelist .success").wait_for()
    assert said(page).replace("|", "") == "Other words."
    assert page.get_by_label("State").input_value() == "published"
    assert page.get_by_text(OFFERED).count() == 0
    number = re.search(r"/(\d+)/change", page.url)[1]
    saved = f"select state, body from articles_article where id = {number}"
    assert site.rows(saved) == [("published", "Other words.")]
    assert page.context.complaints == []


def test_a_save_without_the_site_waits_for_it(site, new):
    begin(new, "Saved later")
    write(new, "All of it.|")
    new.context.set_offline(True)
    new.keyboard.press("Control+s")
    new.get_by_text("Not saved: the site doesn’t answer.").wait_for()
    assert said(new) == "All of it.|"
    new.context.set_offline(False)
    new.get_by_text(SAVED).wait_for()
    assert site.rows("select body from articles_article where slug = 'saved-later'")


def test_what_was_about_to_be_kept_says_nothing_beside_a_save(site, new):
    begin(new, "Nothing beside it")
    held = []
    new.route("**/keep/**", lambda route: held.append(route))
    write(new, "All of it.|")
    waits_for(new, lambda: held)
    new.keyboard.press("Control+s")
    new.get_by_text(SAVED).wait_for()
    with suppress(Error):  # it was taken back
        held[0].fulfill(json={})
    new.wait_for_timeout(500)  # long enough for its answer to be told, if it were
    assert SAVED.fullmatch(new.locator("[data-kept]").inner_text())


def test_an_error_is_led_to_and_no_word_is_lost(new):
    begin(new, "To be emptied")
    new.get_by_label("Title:", exact=True).fill("")
    write(new, "All of it.|")
    new.keyboard.press("Control+s")
    new.get_by_text("Not saved: Please correct the error").wait_for()
    assert new.evaluate("document.activeElement.id") == "id_title"
    assert new.locator(".field-title .errorlist").inner_text() == "This field is required."
    assert new.locator("#id_body").input_value() == "All of it."


def test_who_was_logged_out_meanwhile_loses_nothing(visit, enter):
    new = enter(visit().new_page(), f"{ARTICLES}?q=grounding")  # a login that no other test needs
    new.locator("#result_list .field-title a").first.click()
    write(new, "All new words.|")
    other = new.context.new_page()
    other.goto("/admin/")
    other.get_by_role("button", name="Log out").click()
    new.bring_to_front()
    new.get_by_role("button", name="Save", exact=True).click()
    new.get_by_text("Not saved: your login has run out.").wait_for()
    assert said(new) == "All new words.|"
    enter(other)
    other.goto(new.url)
    other.get_by_text("All new words.").first.wait_for(state="attached")
    other.get_by_role("button", name="Throw them away").first.click()
    other.get_by_text("Thrown away.").wait_for()


# -- the list at “/” and “@”


def test_slash_puts_in_a_block_by_keys_alone(new):
    write(new, "One and/or two.\n\n|")
    new.keyboard.type("/")
    listed = new.get_by_role("listbox", name="Put in")
    listed.wait_for()
    assert new.locator("#id_body").get_attribute("aria-activedescendant") == "slash-0"
    new.keyboard.press("ArrowDown")
    assert listed.get_by_role("option", selected=True).inner_text().startswith("Link to a page")
    new.keyboard.type("exer")
    assert listed.get_by_role("option").count() == 1
    new.keyboard.press("Enter")
    assert said(new).endswith("two.\n\n:::exercise |Heading|\n1. The first step.\n:::\n")
    assert not listed.is_visible()
    new.keyboard.press("Control+z")
    assert new.locator("#id_body").input_value().endswith("two.\n\n/exer")
    write(new, "|")
    new.keyboard.type("and/")
    assert not listed.is_visible()
    new.keyboard.type(" /")
    listed.wait_for()
    new.keyboard.press("Escape")
    assert said(new) == "and/ /|"
    assert not listed.is_visible()


def test_at_finds_pages_and_sources_in_one_list(new):
    write(new, "Read |")
    new.keyboard.type("@fawn")
    listed = new.get_by_role("listbox", name="Put in")
    listed.get_by_role("option").filter(has_text="The fawn response").first.wait_for()
    new.keyboard.press("Enter")
    assert re.fullmatch(r"Read \[.+\]\(/.+/\)\|", said(new))


# -- what is pasted

PASTE = """([field, values]) => {
  const data = new DataTransfer();
  for (const [type, text] of Object.entries(values)) data.setData(type, text);
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  return !field.dispatchEvent(event);
}"""


def paste(page, **values):
    """Paste; return whether the page did it itself."""
    types = {name.replace("_", "/"): text for name, text in values.items()}
    return page.evaluate(PASTE, [page.locator("#id_body").element_handle(), types])


def test_clipboards_of_other_programs_become_our_markdown(site, new):
    cases = tomllib.loads(CLIPBOARDS.read_text())["clipboard"]
    assert len(cases) >= 30
    host = site.url.removeprefix("http://")
    script = new.locator("script[src*='paste.']").evaluate("script => script.src")
    convert = """async ([script, html, host]) => {
      const { markdown } = await import(new URL("html_to_markdown.js", script));
      return markdown(html, host);
    }"""
    for case in cases:
        html = case["html"].replace("HOST", host)
        assert new.evaluate(convert, [script, html, host]) == case["markdown"], case["name"]
    assert new.context.complaints == []


def test_what_is_pasted_is_one_change(new):
    write(new, "Before.\n\n|")
    html = "<h2>One</h2><p>A <b>bold</b> word.</p>"
    assert paste(new, text_html=html, text_plain="One\nA bold word.")
    assert said(new) == "Before.\n\n## One\n\nA **bold** word.|"
    new.keyboard.press("Control+z")
    assert new.locator("#id_body").input_value() == "Before.\n\n"


@pytest.mark.parametrize(
    ("before", "pasted", "after"),
    [
        ("See |this|.", "https://example.org/a_(b)", "See [this](https://example.org/a_%28b%29)|."),
        ("See |this|.", "/get-help/", "See [this](/get-help/)|."),
        ("|", "·\u00a0\u00a0One\n·\u00a0\u00a0Two", "- One\n- Two|"),
    ],
)
def test_plain_words_that_are_pasted(new, before, pasted, after):
    write(new, before)
    assert paste(new, text_plain=pasted)
    assert said(new) == after


def test_markdown_and_plain_words_are_the_browser_s_own(new):
    write(new, "|")
    assert not paste(new, text_plain="## Ours\n\n[a](/b/)")
    code = "<pre style='font-family: monospace'>## Ours</pre>"
    assert not paste(new, text_html=code, text_plain="## Ours\n\n**b**")


GIVEN = """([field, bytes, how]) => {
  const data = new DataTransfer();
  const content = Uint8Array.from(atob(bytes), (sign) => sign.charCodeAt(0));
  data.items.add(new File([content], `A ${how} chair.jpg`, { type: "image/jpeg" }));
  field.dispatchEvent(how === "pasted"
    ? new ClipboardEvent("paste", { clipboardData: data, cancelable: true })
    : new DragEvent("drop", { dataTransfer: data, cancelable: true, bubbles: true }));
}"""


@pytest.mark.parametrize("how", ["pasted", "dragged"])
def test_a_picture_that_is_pasted_or_dragged_in_is_uploaded_and_placed(new, how):
    write(new, "Before.|")
    bytes_ = base64.b64encode(picture_file()).decode()
    new.evaluate(GIVEN, [new.locator("#id_body").element_handle(), bytes_, how])
    new.get_by_role("button", name="Upload").click()
    new.get_by_text("Say what a person who can’t see it misses").wait_for()
    new.get_by_label("What a person who can’t see it misses").fill("A chair by a window.")
    new.get_by_role("button", name="Upload").click()
    waits_for(new, lambda: said(new) == f"Before.\n\n:::picture a-{how}-chair|\n")


# -- for everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_our_parts_have_no_barrier(visit, enter, scheme):
    page = enter(
        visit(color_scheme=scheme, viewport={"width": 1600, "height": 1000}).new_page(),
        f"{ARTICLES}?q=fawn",
    )
    page.get_by_role("link", name="The fawn response").click()
    page.get_by_text("How to write").click()
    heading(page, "The fawn response: signs, costs and first steps")
    theirs = [
        [".dk-beside iframe"],
        [".vDateField"],
        [".vTimeField"],
    ]  # the reader's page, and Django's own fields
    ours = {"include": [["#content"]], "exclude": theirs}
    assert barriers(page, ours) == []
    page.get_by_role("toolbar").get_by_role("button", name="Source", exact=True).click()
    options(page).first.wait_for()
    assert barriers(page, {"include": [[".choose"]]}) == []


def barriers(page, where):
    violations = Axe().run(page, context=where, options=AXE).response["violations"]
    return [
        (violation["id"], [node["html"][:120] for node in violation["nodes"][:2]])
        for violation in violations
    ]
