"""/dev/mail/: the mails of a development site, readable and with live links."""

import pytest
from django.core import mail

from newsletter.emails import dev_mailbox, messages
from tests.factories import make_delivery, make_subscriber
from trustsite.web.inline_css import stylesheet_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings, tmp_path):
    settings.MAIL_DIR = tmp_path / "mail"
    return settings.MAIL_DIR


@pytest.fixture
def written(folder):
    """A confirmation and a guide, written as mails."""
    backend = mail.get_connection("newsletter.emails.dev_mailbox.FolderBackend")
    people = [
        make_subscriber(address="ann@example.org", state="pending"),
        make_subscriber(address="bob@example.org"),
    ]
    rows = [
        make_delivery(kind="confirm", subscriber=people[0]),
        make_delivery(subscriber=people[1]),
    ]
    assert backend.send_messages([messages.render(row) for row in rows]) == 2
    return [found.name for found in dev_mailbox.mails()]


def test_each_mail_is_one_whole_file(written, folder):
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        f"{name}.eml" for name in written
    )
    assert [found.parsed["Subject"] for found in dev_mailbox.mails()] == [
        "Here's your guide",
        "Please confirm your e-mail",
    ]


def test_the_list_shows_the_newest_first(client, written, parse, text_of):
    links = parse(client.get("/dev/mail/")).findall(".//main//td/a")
    assert [text_of(link) for link in links] == ["Here's your guide", "Please confirm your e-mail"]


def test_an_empty_folder_says_so(client, folder, text_of, parse):
    assert "Nothing has been sent yet" in text_of(parse(client.get("/dev/mail/")))


def test_a_mail_is_shown_as_a_person_reads_it(client, written, parse, text_of):
    response = client.get(f"/dev/mail/{written[0]}/")
    page = parse(response)
    assert "To: bob@example.org" in text_of(page)
    assert "It's attached, 12 pages" in text_of(page)
    assert "frame-src 'self'" in response["Content-Security-Policy"]
    assert stylesheet_in(response.content).source in response["Content-Security-Policy"]
    assert page.find(".//iframe").get("sandbox") == "allow-top-navigation-by-user-activation"
    assert any("/unsubscribe/" in link.get("href") for link in page.findall(".//pre/a"))


def test_the_html_part_may_be_styled_and_framed_and_nothing_else(client, written):
    response = client.get(f"/dev/mail/{written[0]}/html/")
    policy = response["Content-Security-Policy"]
    assert (
        policy
        == "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    )
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert b'src="data:image/png;base64,' in response.content
    assert b'<base target="_top">' in response.content


def test_the_attachment_can_be_opened(client, written, parse):
    from newsletter.emails.guide_pdf import compile_guide

    [link] = parse(client.get(f"/dev/mail/{written[0]}/")).findall(".//main//li/a")
    response = client.get(link.get("href"))
    assert response.content == compile_guide()
    assert response["Content-Type"] == "application/pdf"


@pytest.mark.parametrize("name", ["1-2", "..%2Fsite", "0" * 19 + "-00000000"])
def test_no_other_file_can_be_opened(client, written, name):
    assert client.get(f"/dev/mail/{name}/").status_code == 404
    assert client.get(f"/dev/mail/{name}/html/").status_code == 404


def test_on_a_live_site_none_of_it_exists(client, written, settings):
    settings.DEVELOPMENT = False
    for path in (
        "",
        f"{written[0]}/",
        f"{written[0]}/html/",
        f"{written[0]}/0/trauma-healing-guide.pdf",
    ):
        assert client.get(f"/dev/mail/{path}").status_code == 404
