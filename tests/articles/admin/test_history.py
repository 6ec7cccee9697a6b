"""What a text said before: seen, compared, brought back; nothing is lost by it."""

import pytest

from articles.models import Article, Page, Response
from tests.articles.desk import log_in, save
from tests.factories import make_article, make_page, make_response, make_source

pytestmark = pytest.mark.django_db
DESK = "/admin/articles/article/"


@pytest.fixture
def editor():
    return log_in("Editors")


def rows(page):
    return page.findall(".//table[@class='desk-table']/tbody/tr")


def test_every_saved_state_is_listed_with_who_saved_it(editor, parse, text_of):
    article = make_article(title="As it was", state="draft")
    save(editor, article, title="As it is", state="in review")
    first, second = [
        [text_of(cell) for cell in row]
        for row in rows(parse(editor.get(f"{DESK}{article.pk}/history/")))
    ]
    assert first[3:] == ["editors", "In review", "As it is"]
    assert second[3:] == ["a file, or the site itself", "Draft", "As it was"]


def test_two_states_stand_side_by_side_with_what_differs_marked(editor, parse, text_of):
    article = make_article(body="It helps many people.")
    article.body = "It helps some people."
    article.save()
    before, after = article.history.order_by("pk")
    for one, other in ((before, after), (after, before)):
        page = parse(
            editor.get(
                f"{DESK}{article.pk}/history/compare/", {"before": one.pk, "after": other.pk}
            )
        )
        assert [text_of(word) for word in page.iter("del")] == ["many"]
        assert [text_of(word) for word in page.iter("ins")] == ["some"]
    alone = parse(editor.get(f"{DESK}{article.pk}/history/compare/", {"before": before.pk}))
    assert [text_of(word) for word in alone.iter("ins")] == ["some"]


def test_bringing_a_text_back_makes_a_new_state_and_loses_none(editor):
    article = make_article(title="First", body="First words.", takeaways=["One."])
    article.title, article.body, article.takeaways, article.slug = (
        "Second",
        "Second words.",
        [],
        "second",
    )
    article.save()
    first = article.history.last()
    editor.post(f"{DESK}{article.pk}/history/restore/", {"state": first.pk})
    article.refresh_from_db()
    assert (article.title, article.body, article.takeaways) == ("First", "First words.", ["One."])
    assert (article.slug, article.state) == ("second", "published")  # its address and state stay
    assert "First words." in article.html
    assert list(article.history.values_list("title", flat=True)) == ["First", "Second", "First"]
    assert article.history.first().history_user.username == "editors"


def test_a_text_that_readers_may_not_see_any_more_does_not_come_back(editor):
    source = make_source(key="gone-1999")
    article = make_article(title="Old", body="Words.[^gone-1999]")
    article.title, article.body = "New", "Words."
    article.save()
    source.delete()
    response = editor.post(
        f"{DESK}{article.pk}/history/restore/", {"state": article.history.last().pk}, follow=True
    )
    assert (
        "can’t come back as it is. Line 1: There is no source “gone-1999”."
        in response.content.decode()
    )
    article.refresh_from_db()
    assert (article.title, article.history.count()) == ("New", 2)


def test_nothing_comes_back_by_a_link_or_without_the_right():
    article = make_article()
    state = {"state": article.history.first().pk}
    address = f"{DESK}{article.pk}/history/restore/"
    assert log_in("Editors").get(address, state).status_code == 405
    for role in ("Writers", "Reviewers", "List managers"):
        assert log_in(role).post(address, state).status_code == 403
    assert article.history.count() == 1


def test_who_may_not_bring_it_back_is_not_offered_to(parse):
    article = make_article(title="First")
    article.title = "Second"
    article.save()
    address = f"{DESK}{article.pk}/history/compare/?before={article.history.last().pk}"
    for role, number in (("Reviewers", 0), ("Editors", 1)):
        forms = [form.get("action") for form in parse(log_in(role).get(address)).iter("form")]
        assert len([action for action in forms if action and action.endswith("restore/")]) == number


@pytest.mark.parametrize("wanted", ["", "0", "nonsense", "9" * 40])
def test_a_state_that_is_not_there_is_not_found(editor, wanted):
    article = make_article()
    assert editor.get(f"{DESK}{article.pk}/history/compare/", {"before": wanted}).status_code == 404
    assert editor.post(f"{DESK}{article.pk}/history/restore/", {"state": wanted}).status_code == 404


def test_another_article_s_state_is_not_brought_into_this_one(editor):
    article, other = make_article(), make_article()
    assert (
        editor.post(
            f"{DESK}{article.pk}/history/restore/", {"state": other.history.first().pk}
        ).status_code
        == 404
    )


@pytest.mark.parametrize("pk", ["0", "nonsense", "9" * 40])
def test_the_history_of_no_article_is_not_found(editor, pk):
    assert editor.get(f"{DESK}{pk}/history/").status_code == 404


def test_two_hundred_states_open_with_few_questions(editor, parse, django_assert_max_num_queries):
    article = make_article(body="A long text. " * 800)
    state = article.history.first()
    kept = {
        field.attname: getattr(state, field.attname)
        for field in state._meta.fields
        if field.name != "history_id"
    }
    type(state).objects.bulk_create([type(state)(**kept) for _ in range(249)])
    with django_assert_max_num_queries(12):
        response = editor.get(f"{DESK}{article.pk}/history/")
    assert len(rows(parse(response))) == 200
    assert len(response.content) < 200_000


@pytest.mark.parametrize(
    ("make", "model", "kept"), [(make_page, Page, "slug"), (make_response, Response, "key")]
)
def test_pages_and_responses_have_their_history_too(editor, parse, text_of, make, model, kept):
    text = make(title="First", body="First words.")
    text.title, text.body = "Second", "Second words."
    text.save()
    desk = f"/admin/articles/{model._meta.model_name}/{text.pk}/history/"
    assert [text_of(row[4]) for row in rows(parse(editor.get(desk)))] == ["Second", "First"]
    page = parse(editor.get(f"{desk}compare/", {"before": text.history.last().pk}))
    assert "First" in [text_of(word) for word in page.iter("del")]
    before = getattr(text, kept)
    editor.post(f"{desk}restore/", {"state": text.history.last().pk})
    text.refresh_from_db()
    assert (text.title, text.body, getattr(text, kept)) == ("First", "First words.", before)
    assert text.history.count() == 3
    assert (
        log_in("Writers").post(f"{desk}restore/", {"state": text.history.last().pk}).status_code
        == 403
    )


def test_a_correction_is_shown_with_its_day_and_never_overwritten(
    editor, client, parse, text_of, monkeypatch
):
    article = make_article()
    save(editor, article, corrected="The study had 120 people, not 1,200.")
    article.refresh_from_db()
    day = article.corrections[0]["on"]
    save(editor, article, corrected="A second slip.")
    page = parse(client.get(article.get_absolute_url()))
    section = page.find(".//section[@aria-labelledby='corrections']")
    said = [text_of(item) for item in section.iter("li")]
    assert [line.partition(": ")[2] for line in said] == [
        "The study had 120 people, not 1,200.",
        "A second slip.",
    ]
    assert section.find(".//time").get("datetime") == day
    assert Article.objects.get().history.first().corrections == Article.objects.get().corrections
