"""/guide/, the file behind it, and the panel other pages show."""

import pytest
from django.template import Context, Template

from newsletter import tokens
from newsletter.consent import WORDING
from newsletter.emails.guide_pdf import compile_guide
from newsletter.subscribing.forms import SignUpForm
from tests.factories import make_subscriber

URL = f"/guide/{tokens.guide_token('1.0')}/trauma-healing-guide.pdf"


@pytest.fixture
def panel(parse):
    html = Template("{% load newsletter %}{% guide_sign_up %}").render(Context())
    return parse(f"<!doctype html><html lang='en'><title>Panel</title><body>{html}")


@pytest.mark.django_db
def test_the_page_says_what_is_inside_and_is_the_same_for_everybody(client, parse, text_of):
    response = client.get("/guide/")
    assert "Page 3 lists people to call or text" in text_of(parse(response))
    assert response["Cache-Control"].startswith("public")
    assert response.content == client.get("/guide/").content
    assert not response.cookies


def test_a_signed_link_opens_the_guide(client):
    response = client.get(URL)
    assert response.content == compile_guide()
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'inline; filename="trauma-healing-guide.pdf"'
    assert response["X-Robots-Tag"] == "noindex"


def test_links_to_earlier_and_later_versions_open_it_too(client):
    for version in ("0.9", "2.0"):
        assert (
            client.get(f"/guide/{tokens.guide_token(version)}/trauma-healing-guide.pdf").status_code
            == 200
        )


@pytest.mark.django_db
def test_no_other_token_opens_it(client):
    person = make_subscriber()
    for token in (
        "x",
        URL.split("/")[2][:-1],
        tokens.confirm_token(person),
        tokens.unsubscribe_token(person),
    ):
        assert client.get(f"/guide/{token}/trauma-healing-guide.pdf").status_code == 404


@pytest.mark.django_db
def test_without_a_link_it_opens_only_where_the_owner_says_so(client, settings, parse):
    public = "/guide/trauma-healing-guide.pdf"
    assert client.get(public).status_code == 404
    assert b"without giving an address" not in client.get("/guide/").content
    settings.GUIDE_PUBLIC = True
    assert client.get(public).content == compile_guide()
    links = [link.get("href") for link in parse(client.get("/guide/")).findall(".//main//a")]
    assert f"http://127.0.0.1:8000{public}" in links


def test_the_panel_has_an_address_and_one_box_that_nobody_ticked(panel, text_of):
    fields = {field.get("name"): field for field in panel.findall(".//form//input")}
    assert set(fields) == {"address", "letters", "website", "stamp"}
    assert fields["address"].get("type") == "email"
    assert fields["address"].get("autocomplete") == "email"
    assert fields["letters"].get("checked") is None
    assert text_of(panel.find(".//button")) == "Send me the guide"


def test_every_field_has_its_label(panel):
    ids = [element.get("id") for element in panel.iter() if element.get("id")]
    labels = {label.get("for") for label in panel.findall(".//label")}
    assert len(ids) == len(set(ids))
    assert labels == {
        field.get("id")
        for field in panel.findall(".//form//input")
        if field.get("type") != "hidden"
    }


def test_the_trap_is_out_of_reach_for_people(panel):
    [trap] = [element for element in panel.iter() if element.get("aria-hidden") == "true"]
    field = trap.find(".//input")
    assert (field.get("tabindex"), field.get("autocomplete")) == ("-1", "off")
    assert "visually-hidden" in trap.get("class")


def test_the_panel_keeps_its_page_the_same_for_an_hour():
    template = Template("{% load newsletter %}{% guide_sign_up %}")
    assert template.render(Context()) == template.render(Context())


def test_new_words_of_the_form_need_a_new_version():
    agreed = {
        "2026-11": "Also send me the letters (four short notes over two weeks, then at most one a month)"
    }
    assert agreed[WORDING] == SignUpForm.base_fields["letters"].label
