import pytest

from articles.models import Page
from prose.placeholders import substitute
from tests.factories import make_article, make_page

pytestmark = pytest.mark.django_db


def test_a_page_shows_the_setting_and_the_row_holds_the_placeholder(
    client, parse, text_of, settings
):
    settings.PUBLISHER, settings.POSTAL_ADDRESS = "Hart's <Press> & Co", "1 The Street"
    make_page(slug="contact", body="Post: {publisher}, {postal_address}. This is {site_name}.")
    prose = text_of(parse(client.get("/contact/")).find(".//div[@class='prose section']"))
    assert prose == f"Post: Hart’s <Press> & Co, 1 The Street. This is {settings.SITE_NAME}."
    assert "{publisher}" in Page.objects.get().body


def test_a_changed_setting_shows_without_saving_the_page_again(client, settings):
    make_page(slug="contact", body="Post: {publisher}")
    settings.PUBLISHER = "Another Press"
    assert "Post: Another Press" in client.get("/contact/").content.decode()


def test_the_address_of_a_link_is_filled_in(client, parse, settings):
    settings.CONTACT_EMAIL = "hello+site@site.example"
    make_page(slug="contact", body="Write to [{contact_email}](mailto:{contact_email}).")
    prose = parse(client.get("/contact/")).find(".//div[@class='prose section']")
    [link] = prose.iter("a")
    assert (link.get("href"), link.text) == (
        "mailto:hello%2Bsite@site.example",
        "hello+site@site.example",
    )


def test_the_contents_list_names_a_section_as_its_heading_does(client, parse, text_of, settings):
    make_article(slug="a", body="Lead.\n\n## Why {site_name}\n\na\n\n## Two\n\nb\n\n## Three\n\nc")
    contents = parse(client.get("/articles/a/")).find(".//nav[@aria-labelledby='contents']")
    assert f"Why {settings.SITE_NAME}" in text_of(contents)


def test_other_words_between_braces_stay():
    assert substitute("{else} {}") == "{else} {}"
