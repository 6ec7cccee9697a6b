import pytest

pytestmark = pytest.mark.django_db


def links(document):
    return {link.get("href") for link in document.iter("a")}


@pytest.mark.parametrize("path", ["/", "/privacy/", "/articles/fawn-response/", "/quiz/"])
def test_the_page_about_health_data_is_one_link_away(client, content, parse, path):
    assert "/health-data-privacy/" in links(parse(client.get(path)))


def test_it_opens_and_leads_back_to_the_privacy_page(client, content, parse, text_of):
    document = parse(client.get("/health-data-privacy/"))
    assert text_of(document.find(".//h1")) == "Health data privacy"
    assert {"/privacy/", "/leaving-this-site/"} <= links(document)


def test_it_and_the_privacy_page_name_the_same_terms(client, content, parse, text_of):
    """The two pages must not come to differ on how long something is kept."""
    both = [text_of(parse(client.get(path))) for path in ("/health-data-privacy/", "/privacy/")]
    for term in (
        "72 hours",
        "7 days after delivery",
        "90 days",
        "30 days",
        "24 hours at most",
        "within 35 days",
    ):
        assert all(term in page for page in both), term
