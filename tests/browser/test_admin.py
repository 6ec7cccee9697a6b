"""An editor writes, previews and publishes an article, under the admin's strict policy."""

import re

from tests.waiting import wait_until

SAVED = re.compile(r"^Saved \d\d:\d\d$")


def test_an_article_is_written_previewed_and_published_and_appears_at_once(site, desk, visit):
    desk.goto("/admin/articles/article/add/")
    desk.get_by_label("Title:", exact=True).press_sequentially("Slow mornings")
    assert desk.get_by_label("Slug").input_value() == "slow-mornings"
    desk.get_by_label("Line under the title").fill("A line about mornings.")
    desk.get_by_label("Text:").fill("A lead.\n\n## The first hour\n\nIt's quiet.")
    preview = desk.frame_locator("iframe[name=preview]")
    preview.get_by_role("heading", name="The first hour").wait_for()
    assert preview.locator("h1").inner_text() == "Slow mornings"
    desk.get_by_label("Topic:", exact=True).select_option(label="Steadying skills")
    desk.get_by_role("button", name="Save", exact=True).click()
    desk.wait_for_url("**/change/")
    desk.get_by_text(SAVED).wait_for()
    reader = visit().new_page()
    assert reader.goto("/articles/slow-mornings/").status == 404
    desk.get_by_label("State").select_option("published")
    desk.get_by_role("button", name="Save", exact=True).click()
    wait_until(lambda: reader.goto("/articles/slow-mornings/").status == 200)
    desk.get_by_text(SAVED).wait_for()
    assert "\n".join(desk.context.complaints) == ""
    desk.get_by_label("State").select_option("withdrawn")
    desk.get_by_label("Why it was withdrawn").fill("It was never meant to stay.")
    desk.get_by_role("button", name="Save", exact=True).click()
    # The first reader's browser may show the page for a minute more.
    another = visit().request
    wait_until(lambda: another.get("/articles/slow-mornings/").status == 410)


def test_preview_and_check_work_without_scripts(visit, enter):
    page = enter(visit(java_script_enabled=False).new_page(), "/admin/articles/article/?q=fawn")
    page.get_by_role("link", name="The fawn response").click()
    page.get_by_role("button", name="Preview", exact=True).click()
    preview = page.frame_locator("iframe[name=preview]")
    preview.get_by_role("heading", name="The fawn response").wait_for()
    page.get_by_label("Text:").fill("A lead.\n\n:::banner")
    page.get_by_role("button", name="Check").click()
    preview.get_by_role("heading", name="What to look at").wait_for()
    assert preview.get_by_text("There is no directive “:::banner”").is_visible()
    assert page.get_by_role("toolbar").count() == 0
    assert page.get_by_text("How to write").is_visible()
    assert page.url.partition("?")[0].endswith("/change/")
