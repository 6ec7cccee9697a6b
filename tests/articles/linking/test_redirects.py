"""Addresses that lead elsewhere, set by hand."""

import pytest
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError

from articles import content_files
from articles.linking import redirects
from articles.models import Redirect, SlugRedirect
from tests.factories import make_article, make_page, make_topic

pytestmark = pytest.mark.django_db
ADD = "/admin/articles/redirect/add/"


@pytest.fixture(autouse=True)
def _pages(db):
    make_page()
    make_article(slug="there")


def leading(path, target="", **over):
    """Set an address as the desk does, with all its checks."""
    row = Redirect(path=path, target=target, **over)
    row.full_clean()
    if problems := redirects.problems(row):
        raise ValidationError(problems)
    row.save()
    return row


def errors(admin_client, **given):
    """Post one at the desk; return its errors by field."""
    response = admin_client.post(ADD, given)
    return {} if response.status_code == 302 else dict(response.context["adminform"].form.errors)


# -- being led on ------------------------------------------------------------------------------------------------------


def test_it_leads_on_for_good(client):
    leading("/old-page/", "/about/")
    response = client.get("/old-page/")
    assert (response.status_code, response.headers["Location"]) == (301, "/about/")


def test_without_a_target_the_page_is_gone(client, parse):
    leading("/old-page/")
    response = client.get("/old-page/")
    assert response.status_code == 410
    assert parse(response).find(".//h1") is not None


def test_what_stands_after_the_question_mark_is_dropped(client):
    leading("/old-page/", "/about/")
    assert client.get("/old-page/?a=1&next=//evil.example").headers["Location"] == "/about/"


def test_asking_for_the_headers_alone_leads_on_too(client):
    leading("/old-page/", "/about/")
    assert client.head("/old-page/").status_code == 301


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_what_was_sent_is_not_led_on(client, method):
    leading("/old-page/", "/about/")
    assert getattr(client, method)("/old-page/").status_code == 404


def test_a_path_without_its_last_slash_may_be_set_as_well(client):
    leading("/old.php", "/about/")
    assert client.get("/old.php").headers["Location"] == "/about/"
    assert client.get("/old.php/").status_code == 404


def test_a_prefix_holds_itself_and_all_below_it_and_nothing_beside(client):
    leading("/blog/", "/articles/", is_prefix=True)
    for path in ("/blog/", "/blog/2019/a-post/", "/blog/x"):
        assert client.get(path).headers["Location"] == "/articles/"
    for path in ("/blogs/", "/blogger", "/my/blog/", "/BLOG/x"):
        assert client.get(path).status_code == 404


def test_the_longest_prefix_wins_and_the_address_itself_before_all(client):
    leading("/blog/", "/articles/", is_prefix=True)
    leading("/blog/2019/", is_prefix=True)
    leading("/blog/2019/kept/", "/articles/there/")
    assert client.get("/blog/2020/post/").headers["Location"] == "/articles/"
    assert client.get("/blog/2019/post/").status_code == 410
    assert client.get("/blog/2019/kept/").headers["Location"] == "/articles/there/"
    assert client.get("/blog/2019/kept/more/").status_code == 410


def test_signs_that_a_database_takes_for_any_other_are_themselves(client):
    leading("/a_b/", "/about/", is_prefix=True)
    assert client.get("/axb/c").status_code == 404
    assert client.get("/a_b/c").status_code == 301


def test_a_page_that_is_there_is_never_hidden(client):
    leading("/articles/coming/", "/about/")
    leading("/articles/", "/about/", is_prefix=True)
    assert client.get("/articles/coming/").status_code == 301
    make_article(slug="coming")
    assert client.get("/articles/coming/").status_code == 200
    assert client.get("/articles/").status_code == 200


def test_the_desk_s_missing_pages_are_not_led_on(admin_client):
    with pytest.raises(Exception, match="desk"):
        leading("/admin/old/", "/about/")
    assert admin_client.get("/admin/old/").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/old%0d%0aLocation:%20//evil.example/",
        "/%5cevil.example/",
        "/%ff/",
        "/" + "a/" * 2000,
    ],
)
def test_odd_paths_find_nothing_and_break_nothing(client, path):
    leading("/old/", "/about/", is_prefix=True)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("fault", [OperationalError, InterfaceError])
def test_without_the_database_the_page_is_simply_not_here(client, monkeypatch, fault):
    def fail(path):
        raise fault

    monkeypatch.setattr(redirects, "find", fail)
    assert client.get("/old-page/").status_code == 404


def test_one_question_finds_it(django_assert_num_queries):
    leading("/blog/", "/articles/", is_prefix=True)
    with django_assert_num_queries(1):
        assert redirects.find("/blog/a/b/c/d/").path == "/blog/"


# -- what is refused, and where it is said -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        *(
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "\\\\evil.example",
            "evil.example",
        ),
        *(
            "javascript:alert(1)",
            "/a//b/",
            "/../etc/",
            "/about/?a=b",
            "/about/#part",
            "/ab out/",
            "/\tabout/",
            "/a%2fb/",
        ),
    ],
)
def test_it_leads_nowhere_but_to_paths_of_this_site(admin_client, target):
    found = errors(admin_client, path="/old/", target=target)
    assert list(found) == ["target"]
    assert not Redirect.objects.exists()


@pytest.mark.parametrize(
    "path", ["old", "//old/", "/", "/old?a=b", "/old/#a", "https://old.example/", "/a b/", "/ä/"]
)
def test_it_begins_at_a_path_of_this_site(admin_client, path):
    assert list(errors(admin_client, path=path, target="/about/")) == ["path"]


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"path": "/about/", "target": "/articles/"}, "path", "A page stands at this address."),
        (
            {"path": "/articles/there/", "target": "/about/"},
            "path",
            "A page stands at this address.",
        ),
        ({"path": "/about", "target": "/articles/"}, "path", "The page at /about/ answers here"),
        ({"path": "/admin/x/", "target": "/about/"}, "path", "The desk’s own addresses"),
        ({"path": "/old", "target": "/about/", "is_prefix": "on"}, "path", "ends with a slash"),
        ({"path": "/old/", "target": "/nowhere/"}, "target", "There is no page at this address."),
        (
            {"path": "/old/", "target": "/articles/nothing/"},
            "target",
            "There is no page at this address.",
        ),
        ({"path": "/old/", "target": "/admin/"}, "target", "Readers aren’t led to the desk."),
        ({"path": "/old/", "target": "/old/"}, "target", "That leads back to itself."),
        (
            {"path": "/old/", "target": "/old/new/", "is_prefix": "on"},
            "target",
            "That leads back to itself.",
        ),
    ],
)
def test_what_would_not_work_is_said_at_its_field(admin_client, given, field, words):
    found = errors(admin_client, **given)
    assert list(found) == [field]
    assert words in found[field][0]


def test_an_address_stands_in_the_list_once(admin_client):
    leading("/old/", "/about/")
    assert list(errors(admin_client, path="/old/", target="/articles/")) == ["path"]


def test_a_chain_is_refused_and_the_straight_way_is_named(admin_client):
    leading("/one/", "/about/")
    assert errors(admin_client, path="/two/", target="/one/")["target"] == [
        "That leads on itself. Lead straight to /about/."
    ]


def test_there_and_back_again_is_refused(admin_client):
    article = make_article(slug="moves")
    leading("/a/", "/articles/moves/")
    article.state, article.withdrawn_note = "withdrawn", "It was wrong."
    article.save()
    assert (
        "leads back here"
        in errors(admin_client, path="/articles/moves/", target="/a/")["target"][0]
    )


def test_a_moved_article_is_led_to_straight(admin_client):
    article = make_article(slug="before")
    article.slug = "after"
    article.save()
    found = errors(admin_client, path="/old/", target="/articles/before/")
    assert found["target"] == ["That page has moved. Lead straight to /articles/after/."]


def test_what_an_article_s_own_history_answers_is_not_set_by_hand(admin_client):
    article = make_article(slug="before")
    article.slug = "after"
    article.save()
    make_article(slug="gone", state="withdrawn", withdrawn_note="It was wrong.")
    moved = errors(admin_client, path="/articles/before/", target="/about/")
    assert "leads to /articles/after/ already" in moved["path"][0]
    gone = errors(admin_client, path="/articles/gone/", target="/about/")
    assert "it says why" in gone["path"][0]


def test_renaming_there_and_back_leaves_no_loop(client):
    article = make_article(slug="a")
    for slug in ("b", "a"):
        article.slug = slug
        article.save()
    assert client.get("/articles/a/").status_code == 200
    assert client.get("/articles/b/").headers["Location"] == "/articles/a/"
    assert list(SlugRedirect.objects.values_list("slug", flat=True)) == ["b"]


# -- at the desk -------------------------------------------------------------------------------------------------------


def test_the_list_shows_where_each_leads_and_the_old_addresses_beside(admin_client, parse, text_of):
    leading("/old/", "/about/", note="From the printed leaflet.")
    leading("/gone/")
    article = make_article(slug="before")
    article.slug = "after"
    article.save()
    page = parse(admin_client.get("/admin/articles/redirect/"))
    said = text_of(page.find(".//table[@id='result_list']"))
    assert "/about/" in said
    assert "nowhere: gone for good" in said
    assert "From the printed leaflet." in said
    cells = [text_of(cell) for cell in page.findall(".//section[@aria-labelledby='old']//td")]
    assert cells[:2] == ["/articles/before/", "/articles/after/"]


def test_it_can_be_saved_again_unchanged(admin_client):
    row = leading("/old/", "/about/", is_prefix=True)
    posted = {"path": "/old/", "target": "/about/", "is_prefix": "on", "note": "Why."}
    assert (
        admin_client.post(f"/admin/articles/redirect/{row.pk}/change/", posted).status_code == 302
    )
    assert Redirect.objects.get().note == "Why."


def test_they_travel_as_a_file(tmp_path):
    make_topic()
    leading("/old/", "/about/", note="Why.")
    leading("/blog/", is_prefix=True)
    content_files.export(tmp_path)
    before = list(Redirect.objects.values_list("path", "target", "is_prefix", "note"))
    Redirect.objects.all().delete()
    content_files.load(tmp_path)
    assert list(Redirect.objects.values_list("path", "target", "is_prefix", "note")) == before
    written = (tmp_path / "redirects.toml").read_bytes()
    content_files.export(tmp_path)
    assert (tmp_path / "redirects.toml").read_bytes() == written


def test_a_file_that_leads_off_the_site_is_refused(tmp_path):
    leading("/old/", "/about/")
    content_files.export(tmp_path)
    file = tmp_path / "redirects.toml"
    file.write_text(file.read_text().replace("/about/", "https://evil.example/"))
    with pytest.raises(content_files.ContentError, match="Write a path of this site"):
        content_files.load(tmp_path)


@pytest.mark.django_db
def test_with_more_paths_than_are_kept_in_memory_each_is_looked_up(monkeypatch):
    Redirect.objects.create(path="/old/")
    for most in (redirects.MOST_KNOWN, 1):  # as many as are kept are kept
        monkeypatch.setattr(redirects, "MOST_KNOWN", most)
        assert (redirects.known()("/old/"), redirects.known()("/other/")) == (True, False)
    monkeypatch.setattr(redirects, "MOST_KNOWN", 0)
    assert redirects.known()("/other/")


@pytest.mark.parametrize(
    ("path", "is_taken"),
    [("/articles/gone/", True), ("/gone/", False), ("/articles/a/gone/", False)],
)
def test_only_at_its_own_address_does_a_withdrawn_article_answer(path, is_taken):
    make_article(slug="gone", state="withdrawn", withdrawn_note="It was wrong.")
    assert bool(redirects._already_there(path)) is is_taken
