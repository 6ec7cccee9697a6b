"""Words that were typed and not saved, two editors at once, and links that show a draft to somebody without an account."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from articles.editing import preview_links
from articles.models import Article
from tests.articles.desk import ADD, address, log_in, opened, save
from tests.factories import make_article, make_topic
from trustsite.desk.writing.form_note import FormNote
from trustsite.models import Autosave

pytestmark = pytest.mark.django_db
DESK = "/admin/articles/article/"


@pytest.fixture
def writer():
    return log_in("Writers")


# -- words that weren't saved ------------------------------------------------------------------------------------------


def test_what_is_typed_is_kept_and_offered_back(writer, parse, text_of):
    article = make_article(state="draft", title="Saved")
    fields = opened(writer, address(article)) | {"title": "Typed"}
    assert writer.post(f"{DESK}keep/", fields).status_code == 200
    page = parse(writer.get(address(article)))
    assert page.find(".//textarea[@name='title']").text.strip() == "Saved"
    note = page.find(".//*[@id='draft-1']")
    assert "Typed" in [text_of(word) for word in note.iter("ins")]
    again = parse(writer.get(address(article) + "?draft=1"))
    assert again.find(".//textarea[@name='title']").text.strip() == "Typed"
    article.refresh_from_db()
    assert article.title == "Saved"


def test_a_new_article_is_kept_as_well(writer):
    make_topic()
    writer.post(f"{DESK}keep/", opened(writer, ADD) | {"title": "Begun"})
    assert opened(writer, ADD + "?draft=1")["title"] == "Begun"


def test_what_says_the_same_as_what_is_saved_is_not_offered(writer, parse):
    article = make_article(
        state="draft", takeaways=["One.", "Two."], related=["other"], affiliate=True
    )
    writer.post(f"{DESK}keep/", opened(writer, address(article)))
    assert parse(writer.get(address(article))).find(".//*[@id='draft-1']") is None


def test_going_on_with_a_draft_keeps_every_field_as_it_was_typed():
    editor = log_in("Editors")
    article = make_article(state="draft", takeaways=["One."], safety=True)
    typed = opened(editor, address(article)) | {
        "publish_at_0": "03/05/2031",
        "publish_at_1": "09:30:00",
        "sign_up": "",
    }
    del typed["sign_up"]
    editor.post(f"{DESK}keep/", typed)
    again = opened(editor, address(article) + "?draft=1")
    changing = {"csrfmiddlewaretoken", "form_token"}
    assert {name: again[name] for name in again.keys() - changing} == {
        n: typed[n] for n in typed.keys() - changing
    }
    assert editor.post(address(article), again).status_code == 302
    article.refresh_from_db()
    assert (f"{article.publish_at:%Y-%m-%d %H:%M}", article.sign_up, article.safety) == (
        "2031-05-03 09:30",
        False,
        True,
    )


def test_saving_ends_the_draft(writer):
    article = make_article(state="draft")
    fields = opened(writer, address(article)) | {"title": "Typed"}
    writer.post(f"{DESK}keep/", fields)
    assert Autosave.objects.exists()
    writer.post(address(article), fields | {"title": "Saved after all"})
    assert not Autosave.objects.exists()


@pytest.mark.parametrize("given", ["", "0", "nonsense", "9" * 40])
def test_throwing_away_touches_nothing_else(writer, given):
    article = make_article(state="draft")
    writer.post(f"{DESK}keep/", opened(writer, address(article)) | {"title": "Typed"})
    key = Autosave.objects.get().key
    for sent in ({"row": given, "draft": key}, {"row": article.pk, "draft": "another"}):
        assert writer.post(f"{DESK}forget/", sent).status_code == 302
        assert Autosave.objects.count() == 1
    writer.post(f"{DESK}forget/", {"row": article.pk, "draft": key})
    assert not Autosave.objects.exists()


def test_nobody_keeps_words_in_another_s_name(writer):
    article = make_article(state="draft")
    stranger = log_in("Writers", "stranger")
    fields = opened(writer, address(article)) | {"title": "Put into their mouth"}
    assert stranger.post(f"{DESK}keep/", fields | {"form_token": ""}).status_code == 403
    assert not Autosave.objects.filter(author=stranger.user).exists()


def test_what_is_typed_is_kept_whatever_became_of_the_login(writer):
    article = make_article(state="draft")
    fields = opened(writer, address(article)) | {"title": "Typed on"}
    # The note stands for the login, and for the token, which a new login changes.
    nobody = Client(enforce_csrf_checks=True)
    assert nobody.post(f"{DESK}keep/", fields).status_code == 200
    [draft] = Autosave.objects.all()
    assert (draft.author, draft.fields["title"]) == (writer.user, ["Typed on"])
    assert (
        nobody.post(f"{DESK}keep/", fields | {"form_token": fields["form_token"][:-1]}).status_code
        == 403
    )
    assert nobody.get(f"{DESK}keep/").status_code == 405
    writer.user.is_active = False
    writer.user.save()
    assert nobody.post(f"{DESK}keep/", fields).status_code == 403


def test_a_login_that_has_run_out_keeps_the_words(writer):
    article = make_article(state="draft", title="Saved")
    fields = opened(writer, address(article)) | {"title": "Typed while the login ran out"}
    writer.session.flush()
    response = writer.post(address(article), fields)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/admin/login/")
    writer.force_login(writer.user)
    assert opened(writer, address(article) + "?draft=1")["title"] == "Typed while the login ran out"
    article.refresh_from_db()
    assert article.title == "Saved"


def test_a_login_renewed_in_another_tab_keeps_the_words(writer):
    article = make_article(state="draft", title="Saved")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(writer.user)
    fields = opened(strict, address(article)) | {"title": "Typed", "csrfmiddlewaretoken": "x" * 64}
    response = strict.post(address(article), fields, follow=True)
    assert response.status_code == 200
    assert Autosave.objects.get().fields["title"] == ["Typed"]
    article.refresh_from_db()
    assert article.title == "Saved"


# -- links that show a draft -------------------------------------------------------------------------------------------


def link(browser, article):
    """Make a preview link at the desk and return its path."""
    page = browser.post(f"{DESK}{article.pk}/preview-link/", follow=True).content.decode()
    token = page.partition("/preview/")[2].partition("/")[0]
    return f"/preview/{token}/"


def test_somebody_without_an_account_sees_the_newest_text(writer, client, parse, text_of):
    article = make_article(state="draft", title="As saved")
    path = link(writer, article)
    response = client.get(path)
    assert text_of(parse(response).find(".//h1")) == "As saved"
    assert "A preview" in response.content.decode()
    writer.post(f"{DESK}keep/", opened(writer, address(article)) | {"title": "As typed since"})
    assert text_of(parse(client.get(path)).find(".//h1")) == "As typed since"
    save(writer, article, title="As saved since")
    assert text_of(parse(client.get(path)).find(".//h1")) == "As saved since"


def test_words_of_who_may_not_change_it_any_more_are_kept_and_not_shown(
    writer, client, parse, text_of
):
    article = make_article(state="draft", title="As saved")
    editor = log_in("Editors")
    path = link(editor, article)
    save(editor, article, state="published")
    fields = opened(writer, address(make_article(state="draft")))
    article.refresh_from_db()
    fields |= {
        "title": "A writer's own",
        "form_token": FormNote.new(writer.user, "articles.article", article, {}).sign(),
    }
    assert writer.post(f"{DESK}keep/", fields).status_code == 200
    assert Autosave.objects.filter(row=article.pk, author=writer.user).exists()
    assert text_of(parse(client.get(path)).find(".//h1")) == "As saved"


def test_nobody_keeps_or_finds_it(writer, client):
    response = client.get(link(writer, make_article(state="draft")))
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert not response.cookies
    assert client.post(response.request["PATH_INFO"]).status_code == 405


def test_it_is_good_for_a_week(writer, client, monkeypatch):
    path = link(writer, make_article(state="draft"))
    now = timezone.now()
    for days, status in ((6.9, 200), (7.1, 404)):
        later = (now + timedelta(days=days)).timestamp()
        monkeypatch.setattr("django.core.signing.time.time", lambda later=later: later)
        assert client.get(path).status_code == status


def test_all_links_of_an_article_can_be_made_worthless_at_once(writer, client):
    article, other = make_article(state="draft"), make_article(state="draft")
    first, second, others = link(writer, article), link(writer, article), link(writer, other)
    assert [client.get(path).status_code for path in (first, second, others)] == [200, 200, 200]
    writer.post(f"{DESK}{article.pk}/preview-link/", {"revoke": "1"})
    assert [client.get(path).status_code for path in (first, second, others)] == [404, 404, 200]
    assert client.get(link(writer, article)).status_code == 200


@pytest.mark.parametrize("token", ["x", "1.abc", "1.:1abc:xyz", "%00"])
def test_a_link_that_is_not_ours_shows_nothing(client, token):
    make_article(pk=1, state="draft")
    assert client.get(f"/preview/{token}/").status_code == 404


def test_a_link_made_of_another_article_s_key_shows_nothing(client):
    article, other = make_article(state="draft"), make_article(state="draft")
    token = preview_links.link_token(article)
    assert Article.objects.filter(preview_key="").get() == other
    assert (
        client.get(f"/preview/{token.replace(str(article.pk), str(other.pk), 1)}/").status_code
        == 404
    )
