"""The page on which a text is checked: as readers have it, with its sources, notes on its words, and the sign-off."""

import pytest

from articles.editing import notes
from articles.models import Article, ReviewNote
from tests.articles.desk import log_in, save
from tests.factories import make_article, make_page, make_source

pytestmark = pytest.mark.django_db
BODY = "Most people leave it *every week*.\n\n## Signs\n\nIt isn’t the same.[^kerr-2019]"


@pytest.fixture
def text():
    make_source(key="kerr-2019", url="https://kerr.example/")
    return make_article(state="in review", body=BODY)


@pytest.fixture
def reviewer():
    return log_in("Reviewers")


def at(text, end=""):
    return f"/admin/articles/{text._meta.model_name}/{text.pk}/review/{end}"


def write(browser, text, words="Says who?", **over):
    return browser.post(at(text, "note/"), {"text": words} | over)


def marks(parse, page):
    return ["".join(mark.itertext()) for mark in parse(page).iter("mark")]


def test_a_note_stands_at_its_words_however_they_were_copied(reviewer, text, parse):
    write(reviewer, text, quote="leave it  every\nweek.")
    write(reviewer, text, quote="It isn't the same.")
    page = reviewer.get(at(text))
    assert "".join(marks(parse, page)) == "leave it every week.1It isn’t the same.2"
    assert b"line 1" in page.content
    assert b"line 5" in page.content


def test_words_that_are_not_there_are_refused_and_nothing_typed_is_lost(reviewer, text):
    page = write(reviewer, text, quote="words of another text", words="A long thought.")
    assert "don’t stand in the text" in page.content.decode()
    assert "A long thought." in page.content.decode()
    assert not ReviewNote.objects.exists()


def test_words_that_changed_since_are_said_to_have(reviewer, text):
    write(reviewer, text, quote="every week")
    text.body = "Other words."
    text.save()
    assert "Its words have changed since" in reviewer.get(at(text)).content.decode()


def test_what_somebody_writes_in_a_note_is_text(reviewer, text, parse):
    write(reviewer, text, quote="It isn’t", words="<script>alert(1)</script>")
    page = parse(reviewer.get(at(text)))
    assert not [script for script in page.iter("script") if "alert" in (script.text or "")]


@pytest.mark.parametrize(
    "html",
    [
        "<p>a <em>b</em> c</p>",
        '<p>a <a href="/x?y=1&amp;z">b</a> c</p>',
        "<p>a &lt;b&gt; &amp; c</p>",
    ],
)
@pytest.mark.parametrize("quote", ["a", "b c", "a b c", "a <b> & c", "nothing"])
def test_marking_changes_no_word_and_no_tag(html, quote):
    shown = notes.Shown(ReviewNote(quote=quote), 1, 0, True)
    [marked] = notes.marked([html], [shown])
    for part in ("<sup>1</sup>", '<mark data-note="1">', "</mark>"):
        marked = marked.replace(part, "")
    assert marked == html


def test_notes_that_overlap_are_both_in_the_list_and_one_is_marked(reviewer, text, parse):
    write(reviewer, text, quote="Most people leave")
    write(reviewer, text, quote="people leave it")
    page = reviewer.get(at(text))
    assert len(marks(parse, page)) == 1
    assert b"Notes, 2 open" in page.content


def test_it_is_answered_settled_and_waits_for_whoever_had_not_the_last_word(reviewer, text):
    writer = log_in("Writers")
    save(writer, text, standfirst="Another line.")
    write(reviewer, text)
    note = ReviewNote.objects.get()
    waits = f"“{text.title}”: a note waits for you"
    assert waits in writer.get("/admin/").content.decode()
    assert waits not in reviewer.get("/admin/").content.decode()
    write(writer, text, "Kerr does.", answers_to=note.pk)
    assert waits not in writer.get("/admin/").content.decode()
    assert waits in reviewer.get("/admin/").content.decode()
    assert b"Kerr does." in reviewer.get(at(text)).content
    assert writer.post(at(text, f"{note.pk}/settle/")).status_code == 403
    reviewer.post(at(text, f"{note.pk}/settle/"))
    assert waits not in reviewer.get("/admin/").content.decode()
    assert b"No open notes" in reviewer.get(at(text)).content


def test_a_note_of_another_text_is_neither_answered_nor_settled_here(reviewer, text):
    other = make_article()
    write(reviewer, other)
    note = ReviewNote.objects.get()
    assert write(reviewer, text, answers_to=note.pk).status_code == 404
    assert reviewer.post(at(text, f"{note.pk}/settle/")).status_code == 404


def test_notes_come_to_an_end(reviewer, text, monkeypatch):
    monkeypatch.setattr(notes, "MOST", 2)
    for _ in range(3):
        page = write(reviewer, text)
    assert page.status_code == 200
    assert ReviewNote.objects.count() == 2


def test_it_says_what_is_not_opened_and_what_the_page_will_say(reviewer, text, parse, text_of):
    def sign_off():
        return text_of(parse(reviewer.get(at(text))).find(".//*[@id='sign-off']"))

    write(reviewer, text)
    assert "1 source you haven’t opened. 1 note open." in sign_off()
    assert "Last checked" in sign_off()
    link = parse(reviewer.get(at(text))).find(".//ol[@class='review__sources']//a")
    assert reviewer.get(link.get("href")).headers["Location"] == "https://kerr.example/"
    assert "haven’t opened" not in sign_off()


def test_who_wrote_words_of_it_is_offered_no_button():
    owner = log_in("Owners")
    text = make_article(state="in review")
    save(owner, text, body="Words of the owner.")
    page = owner.get(at(text)).content.decode()
    assert "somebody else checks it" in page
    assert "Sign off these words" not in page


def test_it_is_sent_back_with_a_reason_alone_and_only_while_in_review(reviewer, text):
    for is_sent in (False, True):
        reviewer.post(at(text, "send-back/"))
        assert (Article.objects.get().state == "draft") == is_sent
        write(reviewer, text)
    public = make_article(slug="public")
    write(reviewer, public)
    reviewer.post(at(public, "send-back/"))
    public.refresh_from_db()
    assert public.state == "published"


def test_a_page_is_checked_there_as_well(reviewer, parse):
    page = make_page(body="Who we are.")
    write(reviewer, page, quote="Who we are.")
    assert marks(parse, reviewer.get(at(page))) == ["Who we are.1"]


def test_the_list_leads_a_reviewer_to_it_and_a_writer_to_the_form(reviewer, text, parse):
    def leads_to(browser):
        page = parse(browser.get("/admin/articles/article/"))
        return page.find(".//a[@class='rows__title']").get("href")

    assert leads_to(reviewer) == at(text)
    assert leads_to(log_in("Writers")).partition("?")[0].endswith("/change/")


def test_a_long_text_with_many_notes_takes_few_queries(
    reviewer, text, django_assert_max_num_queries
):
    for _ in range(20):
        write(reviewer, text, quote="every week")
    with django_assert_max_num_queries(30):
        reviewer.get(at(text))


def test_the_form_of_a_text_leads_to_its_review(parse, text):
    for one in (text, make_page()):
        form = parse(log_in("Editors").get(at(one).replace("/review/", "/change/")))
        assert at(one) in [link.get("href") for link in form.iter("a")]
