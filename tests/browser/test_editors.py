"""An article's whole life at the desk: written, nearly lost, reviewed, scheduled, moved, and fought over by two editors."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.factories import picture_file
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a-long-quiet-password-1"
SLUG = "evenings-that-end-well"
LINKING = 33  # drafts that lead to the article that is withdrawn
TEXT = """Evenings can be the hardest part.[^bryant-2021]

## What the body does

It slows down.

:::picture {picture}

## What can help

A lamp, a chair, ten minutes.

:::offer online-therapy

## Where to go on

[What is a trauma response?](/articles/what-is-a-trauma-response/)
"""


@pytest.fixture(scope="module")
def staff(site):
    """An editor, a second one and a reviewer, each in the group that ships; and texts that lead to one."""
    people = {"writing": "Editors", "second": "Editors", "reading": "Reviewers"}
    code = f"""
from django.contrib.auth.models import Group, User
from django.core.management import call_command
call_command("sync_roles", verbosity=0)
for name, role in {people!r}.items():
    user = User.objects.create_user(name, password={PASSWORD!r}, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
from datetime import timedelta
from django.utils import timezone
from articles.models import Article, Topic
topic = Topic.objects.first()
values = {{"topic": topic, "standfirst": "A line."}}
Article.objects.create(
    slug="lists-for-evenings", title="Lists for evenings", body="A lead.", state="published",
    publish_at=timezone.now() - timedelta(days=1), **values
)
for number in range({LINKING}):
    body = "A lead.\\n\\nSee [the lists](/articles/lists-for-evenings/) and rest.\\n"
    Article.objects.create(slug=f"names-lists-{{number}}", title=f"Names lists {{number}}", body=body, **values)
"""
    environment = os.environ | {
        "MODE": "development",
        "DATA": str(site.data),
        "DJANGO_SETTINGS_MODULE": "trustsite.settings",
    }
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", code],
        cwd=ROOT,
        env=environment,
        check=True,
    )
    return people


@pytest.fixture
def log_in(staff, visit):
    """Return a function that opens the desk for somebody, in a browser of their own."""

    def log_in(name):
        page = visit(viewport={"width": 1600, "height": 1000}).new_page()
        page.goto("/admin/")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("link", name="Articles", exact=True).first.wait_for()
        return page

    return log_in


def find_article(page):
    page.goto("/admin/articles/article/?q=evenings")
    return page.locator("#result_list").get_by_role("link", name=re.compile("^Evenings that"))


def open_article(page):
    find_article(page).click()
    page.get_by_role("link", name="Review this text").wait_for()


def text_of(answer):
    """Return an answer's text with plain spaces: titles hold some that don't break."""
    return answer.text().replace("\xa0", " ")


def save(page):
    before = page.locator("[data-note]").input_value()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text(re.compile(r"^Saved \d\d:\d\d$")).wait_for()
    assert page.locator("[data-note]").input_value() != before


def open_part(page, name):
    """Unfold a part of the form."""
    part = page.locator("details", has=page.locator("summary", has_text=name)).first
    if part.get_attribute("open") is None:
        part.locator("summary").click()


def test_an_article_lives_through_everything_that_happens_at_a_desk(site, log_in, visit, tmp_path):
    desk = log_in("writing")
    # A picture, with its words.
    file = tmp_path / "lamp.jpg"
    file.write_bytes(picture_file())
    desk.goto("/admin/articles/picture/add/")
    desk.locator("input[type=file]").set_input_files(file)
    desk.get_by_label("Key").fill("evening-lamp")
    desk.get_by_label("Alternative text").fill("A lamp beside a chair.")
    desk.get_by_role("button", name="Save", exact=True).click()
    desk.locator(".messagelist .success").first.wait_for()
    source = site.rows("select key from articles_source order by key limit 1")[0][0]

    # Written, previewed, and the tab closed before anything was saved.
    desk.goto("/admin/articles/article/add/")
    desk.get_by_label("Title:", exact=True).press_sequentially("Evenings that end well")
    body = TEXT.format(picture="evening-lamp").replace("bryant-2021", source)
    desk.locator("#id_body").fill(body)
    preview = desk.frame_locator("iframe[name=preview]")
    preview.get_by_role("heading", name="What can help").wait_for()
    assert preview.locator("img[alt='A lamp beside a chair.']").count() == 1
    context = desk.context
    desk.close(run_before_unload=False)
    wait_until(lambda: site.rows("select count(*) from trustsite_autosave")[0][0])

    # Back again: the words are offered, with what differs.
    desk = context.new_page()
    desk.goto("/admin/articles/article/add/")
    assert desk.get_by_role(
        "heading", name="You have words here that weren’t saved"
    ).first.is_visible()
    desk.get_by_role("link", name="Go on with them").first.click()
    assert desk.locator("#id_body").input_value().replace("\r\n", "\n").strip() == body.strip()
    desk.get_by_label("Topic:", exact=True).select_option(label="Steadying skills")
    desk.get_by_label("Line under the title").fill("A line about evenings.")
    open_part(desk, "What the page may hold")
    desk.get_by_label("May hold an offer").check()
    open_part(desk, "Publishing")
    desk.get_by_label("State").select_option("in review")
    desk.get_by_role("button", name="Save", exact=True).click()
    desk.wait_for_url("**/change/")

    # The reviewer reads it and signs it off; the words are bound to that.
    reviewer = log_in("reading")
    find_article(reviewer).click()
    reviewer.get_by_role("heading", name="What can help").wait_for()  # as readers have it
    reviewer.get_by_role("button", name="Sign off these words").click()
    reviewer.get_by_text("Signed off.").wait_for()

    # Scheduled some seconds ahead, on pages that readers' visits have stored already.
    open_article(desk)
    open_part(desk, "Publishing")
    due = datetime.now(UTC) + timedelta(seconds=6)
    desk.locator("#id_publish_at_0").fill(f"{due:%Y-%m-%d}")
    desk.locator("#id_publish_at_1").fill(f"{due:%H:%M:%S}")
    desk.get_by_label("State").select_option("published")
    save(desk)
    reader = visit().request
    assert reader.get("/articles/").status == 200
    listed, there = "Evenings that end well", f"/articles/{SLUG}/"
    if datetime.now(UTC) < due - timedelta(seconds=1):
        assert listed not in text_of(reader.get("/articles/"))
        assert reader.get(there).status == 404
    wait_until(lambda: listed in text_of(visit().request.get("/articles/")), pause=1)
    fresh = visit().request
    page = text_of(fresh.get(there))
    assert "Last checked" in page
    assert "Ad · affiliate link" in page

    # Its address changes; the old one leads on.
    open_article(desk)
    open_part(desk, "Publishing")
    desk.get_by_label("Slug").fill("evenings")
    save(desk)
    ask = lambda: visit().request.get(there, max_redirects=0)
    wait_until(lambda: ask().status == 301, pause=0.5)
    moved = ask()
    assert moved.headers["location"] == "/articles/evenings/"

    # Two editors at once: the second is shown both texts, and loses nothing.
    other = log_in("second")
    open_article(other)
    open_article(desk)
    desk.locator("#id_standfirst").fill("Theirs came first.")
    desk.locator("#id_body").fill(body.replace("It slows down.", "It slows down, by and by."))
    save(desk)
    other.get_by_text("writing is writing").wait_for()
    other.locator("#id_body").fill(body.replace("It slows down.", "It slows.", 1))
    other.locator("#id_description").evaluate("field => field.value = 'Mine alone.'")
    other.get_by_role("button", name="Save", exact=True).click()
    asks = other.get_by_role("heading", name="saved this while you were writing")
    asks.wait_for()
    shown = other.locator("#content").inner_text()
    assert "Theirs came first." in shown
    assert "Mine alone." in shown
    other.get_by_role("radio", name=re.compile("^Yours")).check()
    other.get_by_role("button", name="Save the joined text").click()
    other.get_by_text("is taken over").wait_for()
    assert other.locator("#id_standfirst").input_value() == "Theirs came first."
    kept = " ".join(
        body
        for (body,) in site.rows(
            "select body from articles_historicalarticle where slug = 'evenings'"
        )
    )
    assert "by and by" in kept
    assert "It slows.\n" in kept
    assert desk.context.complaints == []


def test_one_that_many_lead_to_is_withdrawn_and_all_their_links_are_mended_in_one_step(
    site, log_in, visit
):
    desk = log_in("writing")
    desk.goto("/admin/articles/article/?q=lists+for+evenings")
    desk.get_by_role("link", name="Lists for evenings").click()
    desk.get_by_role("link", name=re.compile("^Withdraw")).click()
    desk.get_by_text(f"{LINKING} texts use it. Nothing has changed yet.").wait_for()
    assert desk.get_by_role("link", name=re.compile("^Names lists")).count() == LINKING
    desk.get_by_role("radio", name=f"Put another in all {LINKING}").check()
    other = desk.get_by_label("The page to lead to").input_value()
    desk.get_by_label("Why it goes").fill("It was out of date.")
    desk.get_by_role("button", name="Withdraw it").click()
    desk.get_by_role("heading", name="What each text would say").wait_for()
    assert desk.locator("ins", has_text=other).count() == LINKING
    count = "select count(*) from articles_article where body like "
    assert site.rows(f"{count} '%/articles/lists-for-evenings/%'") == [(LINKING,)]
    desk.get_by_role("button", name="Change these texts and withdraw it").click()
    desk.locator(".messagelist .success").first.wait_for()
    assert site.rows(f"{count} '%/articles/lists-for-evenings/%'") == [(0,)]
    assert site.rows(f"{count} '%[the lists]({other})%'") == [(LINKING,)]
    wait_until(lambda: visit().request.get("/articles/lists-for-evenings/").status == 410)
    assert desk.context.complaints == []


def test_an_article_is_written_put_under_review_and_looked_up_by_keys_alone(site, staff, visit):
    page = visit(viewport={"width": 1600, "height": 1000}).new_page()
    keys = page.keyboard

    def tab_to(selector, most=150):
        for _ in range(most):
            keys.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{selector} can't be reached by the keyboard")

    page.goto("/admin/")
    tab_to("[name$=username], [name=login]") if page.evaluate(
        "document.activeElement.type"
    ) != "text" else None
    keys.type("writing")
    tab_to("[type=password]")
    keys.type(PASSWORD)
    keys.press("Enter")
    page.get_by_role("link", name="Articles", exact=True).first.wait_for()
    tab_to("a[href='/admin/articles/article/add/']")
    keys.press("Enter")
    page.locator("#id_body").wait_for()
    if page.evaluate("document.activeElement.id") != "id_title":
        tab_to("#id_title")
    keys.type("Mornings by keyboard")
    tab_to("#id_body")
    keys.type("A lead with a ")
    keys.press("Control+b")
    keys.type("bold")
    keys.press("End")
    keys.type(" word.")
    tab_to("#id_state")
    keys.type("In")  # as one chooses from a list by its letters
    tab_to("#id_topic")
    keys.type("Steadying")
    keys.press("Control+s")
    page.wait_for_url("**/change/")
    assert page.locator("#id_body").input_value().startswith("A lead with a **bold")
    [(state, topic)] = site.rows(
        "select a.state, t.title from articles_article a join articles_topic t on t.id = a.topic_id "
        "where a.slug = 'mornings-by-keyboard'"
    )
    assert (state, topic) == ("in review", "Steadying skills")
    tab_to("a.historylink")
    keys.press("Enter")
    page.get_by_role("heading", name=re.compile("said before")).wait_for()
