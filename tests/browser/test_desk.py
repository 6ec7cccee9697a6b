"""An editor writes, previews and publishes an article, under the admin's strict policy."""

import re

import pytest


@pytest.fixture
def desk(site, visit):
    password = re.search(r"editor / (\S+)", site.output.read_text())[1]
    context = visit(viewport={"width": 1600, "height": 1000})
    page = context.new_page()
    page.goto("/admin/")
    page.get_by_label("Username").fill("editor")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    return page


def test_an_article_is_written_previewed_and_published_and_appears_at_once(site, desk, visit):
    desk.goto("/admin/articles/article/add/")
    desk.get_by_label("Title:", exact=True).press_sequentially("Slow mornings")
    assert desk.get_by_label("Slug").input_value() == "slow-mornings"
    desk.get_by_label("Line under the title").fill("A line about mornings.")
    desk.get_by_label("Text:").fill("A lead.\n\n## The first hour\n\nIt's quiet.")
    preview = desk.frame_locator("iframe[name=preview]")
    preview.get_by_role("heading", name="The first hour").wait_for(timeout=10_000)
    assert preview.locator("h1").inner_text() == "Slow mornings"
    desk.get_by_label("Topic").select_option(label="Steadying skills")
    desk.get_by_role("button", name="Save and continue editing").click()
    reader = visit().new_page()
    assert reader.goto("/articles/slow-mornings/").status == 404
    desk.get_by_label("State").select_option("published")
    desk.get_by_role("button", name="Save and continue editing").click()
    reader.wait_for_timeout(400)
    assert reader.goto("/articles/slow-mornings/").status == 200
    assert "\n".join(desk.context.complaints) == ""
    desk.get_by_label("State").select_option("draft")
    desk.get_by_role("button", name="Save and continue editing").click()
    another = visit().new_page()  # the first reader's browser may show the page for a minute more
    another.wait_for_timeout(400)
    assert another.goto("/articles/slow-mornings/").status == 404


def test_the_preview_button_works_without_scripts(site, visit):
    password = re.search(r"editor / (\S+)", site.output.read_text())[1]
    page = visit(java_script_enabled=False).new_page()
    page.goto("/admin/articles/article/")
    page.get_by_label("Username").fill("editor")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="The Fawn Response").click()
    page.get_by_role("button", name="Preview").click()
    preview = page.frame_locator("iframe[name=preview]")
    preview.get_by_role("heading", name="The Fawn Response").wait_for(timeout=10_000)
    assert page.url.endswith("/change/")
