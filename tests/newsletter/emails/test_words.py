"""Words of mails: an editor's own, checked, previewed, with history, as files; the shipped ones everywhere else."""

from datetime import timedelta

import pytest

from newsletter.emails import samples, welcome_series, words
from newsletter.issues import email_words
from newsletter.issues.content_files import ContentError, emails
from newsletter.models import Delivery, EmailWords
from tests.factories import make_article, make_offer, make_subscriber

pytestmark = pytest.mark.django_db
Kind = Delivery.Kind
ADD = "/admin/newsletter/emailwords/add/"
BUTTON = "Hello,\n\n[Yes, it was me]({confirm})\n"


def own(kind=Kind.CONFIRM, body=BUTTON, **over):
    values = {"kind": kind, "subject": "Please confirm", "body": body}
    return EmailWords(**values | over)


@pytest.mark.parametrize("kind", words.EDITABLE)
def test_the_shipped_words_are_the_beginning_and_pass_the_checks(kind):
    for slug in ("what-is-a-trauma-response", "grounding-techniques"):
        make_article(slug=slug)
    subject, body = words.shipped(kind)
    row = own(kind, body, subject=subject, day=email_words.shipped_day(kind))
    assert email_words.problems(row) == {}
    before = samples.render(kind)
    with words.trying(words.finish(row)):
        after = samples.render(kind)
    assert after.subject == before.subject
    assert after.body.partition("\n--\n")[2] == before.body.partition("\n--\n")[2]
    places = words.EDITABLE[kind].placeholders
    assert "placeholder.invalid" not in str(after.message())
    assert (after.alternatives[0][0].count('class="button"') >= 1) == bool(places)


def test_own_words_are_sent_with_the_frame_and_foot_of_the_shipped_ones():
    email_words.save(own())
    mail = samples.render(Kind.CONFIRM)
    html = mail.alternatives[0][0]
    assert mail.subject == "Please confirm"
    assert "Yes, it was me" in html
    assert "/newsletter/confirm/" in html
    assert "/newsletter/confirm/" in mail.body
    assert "Need help today?" in mail.body
    assert "Someone, we hope you" not in html + mail.body
    EmailWords.objects.all().delete()
    assert "Someone, we hope you" in samples.render(Kind.CONFIRM).body


@pytest.mark.parametrize(
    ("over", "field", "said"),
    [
        ({"body": "Hello."}, "body", "needs its one button"),
        ({"body": BUTTON + BUTTON}, "body", "needs its one button"),
        (
            {"body": BUTTON + "\nHello {name}."},
            "body",
            "There is no {name} in this mail. What it can name: {confirm}.",
        ),
        ({"body": BUTTON + "\n[More](/get-help/)"}, "body", "leads nowhere else"),
        ({"body": BUTTON + "\n:::offer online-therapy"}, "body", "No mail but a letter"),
        ({"subject": "About your trauma"}, "subject", "“trauma”"),
        ({"subject": ""}, "subject", "write a subject"),
        ({"kind": Kind.WELCOME_1, "body": "Hello.", "day": 30}, "day", "1 to 14 days"),
        (
            {"kind": Kind.WELCOME_1, "body": "See [it](https://partner.example/x).", "day": 3},
            "body",
            "offer",
        ),
        (
            {"kind": Kind.WELCOME_1, "body": "See [it](/articles/none/).", "day": 3},
            "body",
            "leads nowhere",
        ),
    ],
)
def test_what_would_break_a_promise_is_refused(over, field, said, settings):
    settings.LETTER_OFFERS = True
    make_offer()
    assert said in " ".join(email_words.problems(own(**over))[field])


def test_the_notes_go_on_their_days_and_one_can_be_left_out():
    for kind, day, is_sent in ((Kind.WELCOME_1, 3, True), (Kind.WELCOME_2, 6, False)):
        email_words.save(own(kind, "Hello.", day=day, is_sent=is_sent))
    plan = welcome_series.plan()
    assert plan[Kind.WELCOME_1] == timedelta(days=3)
    assert Kind.WELCOME_2 not in plan
    assert plan[Kind.WELCOME_4] == welcome_series.AFTER[Kind.WELCOME_4]
    person = make_subscriber(wants_letters=True)
    welcome_series.guide_went_out(person.pk, person.asked_at)
    assert set(Delivery.objects.values_list("kind", flat=True)) == {str(kind) for kind in plan}


def test_words_travel_as_files_with_the_same_bytes(tmp_path):
    email_words.save(own(body=BUTTON.replace("\n", "\r\n")))
    email_words.save(own(Kind.WELCOME_1, "Hello.\n", day=3, is_sent=False, subject="A quiet: one"))
    emails.export(tmp_path)
    files = {file.name: file.read_bytes() for file in (tmp_path / "emails").iterdir()}
    assert set(files) == {"confirm.md", "welcome-1.md"}
    EmailWords.objects.all().delete()
    assert emails.load(tmp_path) == {"words of e-mails": 2}
    assert emails.load(tmp_path) == {"words of e-mails": 0}
    assert emails.export(tmp_path) == []
    assert {file.name: file.read_bytes() for file in (tmp_path / "emails").iterdir()} == files


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("letter.md", "subject: x\n---\n\nHello\n", "no mail of that name"),
        ("confirm.md", "Hello\n", "begins with"),
        ("confirm.md", "subject: x\n---\n\nHello\n", "one button"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_named_and_nothing_is(tmp_path, name, text, said):
    (tmp_path / "emails").mkdir()
    (tmp_path / "emails" / name).write_text(text)
    with pytest.raises(ContentError, match=said):
        emails.load(tmp_path)
    assert not EmailWords.objects.exists()


def test_at_the_desk_they_are_checked_kept_previewed_and_taken_back(admin_client):
    assert "Yes, it was me" not in admin_client.get(f"{ADD}?kind=confirm").content.decode()
    bad = {"kind": "confirm", "subject": "Hello", "body": "Hello {you}."}
    refused = admin_client.post(f"{ADD}?kind=confirm", bad)
    assert "Hello {you}." in refused.content.decode()
    assert "What it can name: {confirm}." in refused.content.decode()
    good = {"kind": "confirm", "subject": "Hello", "body": BUTTON}
    preview = admin_client.post("/admin/newsletter/emailwords/preview/", good)
    assert "Yes, it was me" in preview.content.decode()
    assert not EmailWords.objects.exists()
    admin_client.post(f"{ADD}?kind=confirm", good)
    row = EmailWords.objects.get()
    admin_client.post(
        f"/admin/newsletter/emailwords/{row.pk}/change/", good | {"subject": "Hello again"}
    )
    assert [state.subject for state in row.history.all()] == ["Hello again", "Hello"]
    assert admin_client.get(f"/admin/newsletter/emailwords/{row.pk}/history/").status_code == 200
    admin_client.post(f"/admin/newsletter/emailwords/{row.pk}/delete/", {"post": "yes"})
    assert samples.render(Kind.CONFIRM).subject == words.shipped(Kind.CONFIRM)[0]


def test_a_test_goes_to_the_owners_test_addresses(admin_client, mailoutbox, settings):
    settings.TEST_ADDRESSES = ["a@one.example", "b@two.example"]
    admin_client.post("/admin/newsletter/letter/mails/confirm/test/", {"seeds": "1"})
    assert [mail.to for mail in mailoutbox] == [["a@one.example"], ["b@two.example"]]
    assert all(mail.subject.startswith("[Test] ") for mail in mailoutbox)
