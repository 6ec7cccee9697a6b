"""What the site exists for, walked on a phone from a bad night's search to the PDF, with scripts and without."""

import io
import re
import urllib.request

import pytest
from pypdf import PdfReader

from tests.waiting import PATIENCE

PHONE = {"width": 390, "height": 780}
BLEND = "aaaddaedccda"  # a place for each question: flight with fawn
PERSON = {True: "with.scripts@example.org", False: "without.scripts@example.org"}


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_reader_gets_from_a_search_to_the_guide_and_off_the_list(site, visit, scripts):
    context = visit(java_script_enabled=scripts, viewport=PHONE)
    page = context.new_page()
    read_an_article(page)
    use_a_tool(page)
    take_the_quiz(page, scripts)
    with context.expect_page() as beside:  # the result stays where it is
        ask_for_the_guide(page, PERSON[scripts])
    page = beside.value
    assert page.get_by_text("Please look in your inbox").is_visible()
    confirm(site, page, PERSON[scripts])
    guide = site.sink.wait_for(PERSON[scripts], "guide")
    read_the_guide(guide)
    leave_as_a_mail_client_does(guide)
    assert_nothing_is_left(site, PERSON[scripts])
    assert context.cookies() == []
    assert [url for url in context.asked if not url.startswith(site.url)] == []
    assert context.complaints == []
    assert page.title()


def read_an_article(page):
    page.goto("/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("searchbox").fill("can't sleep")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("main").get_by_role("listitem").first.get_by_role("link").click()
    assert page.locator("h1").inner_text().startswith("Trauma and sleep")
    assert page.get_by_text("Ad · affiliate link").is_visible()


def use_a_tool(page):
    page.get_by_role("link", name="a line to follow").click()
    assert page.locator("h1").inner_text() == "A longer breath out"
    page.get_by_label("Move the dot").check()
    assert page.locator(".stop").is_visible()


def take_the_quiz(page, scripts):
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Take the quiz").click()
    assert page.url.endswith("/quiz/")
    if scripts:
        page.get_by_role("link", name="Start the quiz").click()
    for number in range(1, 13):
        question = page.locator("form fieldset:visible").nth(0 if scripts else number - 1)
        question.locator("label").nth("abcde".index(BLEND[number - 1])).click()
        if scripts:
            assert page.get_by_text(f"Question {number} of 12").first.is_visible()
            if number < 12:
                page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="See my result").click()
    assert page.title().startswith("Your result")
    assert page.url.endswith("/quiz/")
    assert " ".join(page.locator("h1").inner_text().split()).endswith(
        "two patterns: flight and fawn"
    )
    assert page.get_by_text("it isn’t a diagnosis").first.is_visible()


def ask_for_the_guide(page, address):
    form = page.locator("form").filter(has=page.get_by_label("E-mail address"))
    form.get_by_label("E-mail address").fill(address)
    assert not form.get_by_role("checkbox").is_checked()
    form.get_by_role("button", name="Send me the guide").click()


def confirm(site, page, address):
    mail = site.sink.wait_for(address, "confirm")
    [link] = {found for found in links(mail) if "/newsletter/confirm/" in found}
    page.goto(link)
    page.get_by_role("button", name="Send me the guide").click()
    assert page.get_by_text("on its way").first.is_visible()


def links(mail):
    return re.findall(r"https?://[^\s<>\"']+", mail.get_body(("plain",)).get_content())


def read_the_guide(mail):
    [attached] = [
        part for part in mail.iter_attachments() if part.get_content_type() == "application/pdf"
    ]
    assert_is_the_guide(attached.get_content())
    [link] = {found for found in links(mail) if found.endswith(".pdf")}
    with urllib.request.urlopen(link, timeout=PATIENCE) as response:
        assert_is_the_guide(response.read())


def assert_is_the_guide(data):
    reader = PdfReader(io.BytesIO(data))
    assert 8 <= len(reader.pages) <= 12
    words = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for expected in (
        "Trauma Healing Guide",
        "Feet and floor",
        "Fight",
        "Flight",
        "Freeze",
        "Fawn",
        "116 123",
    ):
        assert expected in words, expected


def leave_as_a_mail_client_does(mail):
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = mail["List-Unsubscribe"].strip().strip("<>")
    request = urllib.request.Request(
        url,
        data=b"List-Unsubscribe=One-Click",
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Sec-Fetch-Site": "cross-site",
        },
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        assert response.status in {200, 202}
        assert response.url == url


def assert_nothing_is_left(site, address):
    assert site.rows(
        "select count(*) from newsletter_subscriber where address like '%scripts@example.org'"
    ) == [(0,)]
    tables = [name for (name,) in site.rows("select name from sqlite_master where type = 'table'")]
    dump = " ".join(str(row) for table in tables for row in site.rows(f'select * from "{table}"'))
    assert address not in dump
    assert address not in site.output.read_text()
