"""Admin views of a version: points in a grid, drafts taken, released, retired, copied, and TOML out and in."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from quiz.content_files import copy
from quiz.models import Option, Quiz, Version
from tests.quiz.conftest import NEWEST, example
from tests.quiz.test_take import ticked


@pytest.fixture
def draft(quiz):
    return copy(quiz)


@pytest.fixture
def editor(django_user_model, client):
    """Somebody who may look at versions and no more."""
    from django.contrib.auth.models import Permission

    user = django_user_model.objects.create_user("reader", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_version"))
    client.force_login(user)
    return client


PATH = "{http://www.w3.org/2000/svg}path"


def at(version, page):
    return f"/admin/quiz/version/{version.pk}/{page}/"


def fields(document):
    """Return what the grid's form would send as it stands."""
    [form] = [form for form in document.iter("form") if "data-points" in form.attrib]
    sent = [field for field in form.iter("input") if field.get("name") and not is_unticked(field)]
    given = {field.get("name"): field.get("value", "on" if is_box(field) else "") for field in sent}
    answers = {field.get("name"): (field.text or "").strip() for field in form.iter("textarea")}
    return given | answers


def is_box(field):
    return field.get("type") == "checkbox"


def is_unticked(field):
    return is_box(field) and "checked" not in field.attrib


def field_of(document, option, name):
    [hidden] = [
        field
        for field in document.iter("input")
        if field.get("value") == str(option.pk) and "-id" in field.get("name")
    ]
    return hidden.get("name").replace("-id", f"-{name}")


# -- answers and points --------------------------------------------------------------------------------------------


def test_the_grid_shows_questions_and_answers_in_order_with_their_points(
    draft, admin_client, parse, text_of
):
    document = parse(admin_client.get(at(draft, "points")))
    groups = [group for group in document.iter("details") if "data-question" in group.attrib]
    assert [text_of(group.find("summary")) for group in groups] == [
        f"{q.key} {q.stem}" for q in draft.questions.all()
    ]
    for group, question in zip(groups, draft.questions.all(), strict=True):
        shown = [field.text.strip() for field in group.iter("textarea")]
        assert shown == [option.text for option in question.options.all()]
    sums = document.find(".//dl[@class='points__totals']")
    assert [text_of(cell) for cell in sums.iter("b")] == ["35"] * 4
    assert [text_of(cell) for cell in sums.iter("dd")] == ["in reach; 36 on offer"] * 4
    lines = [path.get("d") for path in sums.iter(PATH) if "data-line" in path.attrib]
    assert [line.partition("H")[2] for line in lines] == ["270"] * 4


def test_a_sum_that_stands_out_is_drawn_past_the_tick_and_said(draft, admin_client, parse, text_of):
    Option.objects.filter(question__version=draft, freeze=3, question__key="q05").update(freeze=5)
    sums = parse(admin_client.get(at(draft, "points"))).find(".//dl[@class='points__totals']")
    said = {text_of(one.find("dt")): text_of(one.find("dd")) for one in sums}
    assert said["Freeze37"] == "in reach, 2 too many; 38 on offer"
    ends = [
        path.get("d").partition("H")[2] for path in sums.iter(PATH) if "data-line" in path.attrib
    ]
    assert sorted(ends) == ["270", "270", "270", "285"]


def test_points_and_words_of_a_draft_are_saved_and_faults_are_named_at_once(
    draft, admin_client, parse, text_of
):
    option = Option.objects.get(question__version=draft, question__key="q05", key="a")
    document = parse(admin_client.get(at(draft, "points")))
    data = fields(document) | {
        field_of(document, option, "freeze"): "2",
        field_of(document, option, "text"): "I can’t find an answer!",
    }
    response = admin_client.post(at(draft, "points"), data, follow=True)
    option.refresh_from_db()
    assert (option.freeze, option.text) == (2, "I can’t find an answer!")
    words = text_of(parse(response))
    assert "before release" in words
    assert "q05, first answer: give 3 points to one response, or 2 and 1 to two." in words
    assert "q05, first answer: leave out the exclamation mark." in words


def test_the_calm_answers_are_ticked_in_the_grid_and_stay_so(draft, admin_client, parse, text_of):
    document = parse(admin_client.get(at(draft, "points")))
    ticked_ones = [name for name in fields(document) if name.endswith("-calm")]
    assert len(ticked_ones) == 12
    admin_client.post(at(draft, "points"), fields(document))
    assert draft.questions.filter(options__calm=True).count() == 12
    calm = Option.objects.get(question__version=draft, question__key="q05", calm=True)
    data = fields(document)
    del data[field_of(document, calm, "calm")]
    words = text_of(parse(admin_client.post(at(draft, "points"), data, follow=True)))
    calm.refresh_from_db()
    assert not calm.calm
    assert "q05 has 0 calm answers. Make it one" in words


def test_answers_are_reordered_by_their_places_without_a_script(draft, admin_client, parse):
    first, second = Option.objects.filter(question__version=draft, question__key="q05")[:2]
    document = parse(admin_client.get(at(draft, "points")))
    data = fields(document) | {
        field_of(document, first, "position"): "1",
        field_of(document, second, "position"): "0",
    }
    assert admin_client.post(at(draft, "points"), data).status_code == 302
    assert list(first.question.options.all()[:2]) == [second, first]


@pytest.mark.parametrize("value", ["-1", "x", "1.5", ""])
def test_points_that_are_no_whole_numbers_are_refused_and_nothing_is_saved(
    draft, admin_client, parse, text_of, value
):
    option = Option.objects.filter(question__version=draft).first()
    document = parse(admin_client.get(at(draft, "points")))
    data = fields(document) | {
        field_of(document, option, "fight"): value,
        field_of(document, option, "text"): "Other.",
    }
    response = admin_client.post(at(draft, "points"), data)
    assert response.status_code == 200
    assert "Nothing was saved yet." in text_of(parse(response))
    assert not Option.objects.filter(text="Other.").exists()


def test_the_grid_of_a_live_version_can_be_read_and_not_changed(quiz, admin_client, parse):
    document = parse(admin_client.get(at(quiz, "points")))
    assert "disabled" in document.find(".//fieldset").attrib
    assert admin_client.post(at(quiz, "points"), fields(document)).status_code == 403


# -- taking a draft ------------------------------------------------------------------------------------------------


def test_a_draft_is_taken_by_the_readers_pages_and_scored_by_itself(
    draft, admin_client, texts, parse, text_of
):
    Option.objects.filter(question__version=draft, key="a").update(text="A draft’s own words.")
    page = admin_client.get(at(draft, "try"))
    document = parse(page)
    assert "A draft’s own words." in text_of(document)
    assert "a draft. Nothing you tick here is counted or kept." in text_of(document)
    assert [form.get("action") for form in document.findall(".//main//form")] == [at(draft, "try")]
    response = admin_client.post(at(draft, "try"), {"version": 3, **example("B")[1]})
    document = parse(response)
    assert text_of(document.find(".//h1")) == "Your answers lean clearly towards freeze"
    actions = {form.get("action") for form in document.findall(".//main//form")}
    assert actions == {at(draft, "try"), "/newsletter/subscribe/"}
    assert ticked(parse(admin_client.post(at(draft, "try"), {"change": 1, "q01": "a"}))) == {
        "q01": "a"
    }
    for each in (page, response):
        assert "no-store" in each.headers["Cache-Control"]
        assert each.headers["X-Robots-Tag"] == "noindex"


def test_a_draft_is_for_staff_alone(draft, client):
    for response in (client.get(at(draft, "try")), client.post(at(draft, "try"), {"version": 3})):
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/admin/login/")


def test_an_unfinished_draft_can_be_looked_at(quiz, admin_client, parse):
    draft = Version.objects.create(quiz=quiz.quiz)
    for page in ("try", "points"):
        parse(admin_client.get(at(draft, page)))
    parse(admin_client.post(at(draft, "try"), {}))


def test_another_site_can_not_post_to_a_draft(draft, admin_client):
    assert (
        admin_client.post(
            at(draft, "try"), {}, headers={"Sec-Fetch-Site": "cross-site"}
        ).status_code
        == 403
    )


# -- releasing, retiring, copying ----------------------------------------------------------------------------------


def test_a_draft_without_faults_is_released(quiz, draft, admin_client, parse, text_of):
    words = text_of(parse(admin_client.get(at(draft, "change"))))
    assert "Nothing is wrong with this version" in words
    response = admin_client.post(at(draft, "release"), follow=True)
    assert "Readers see this version now." in text_of(parse(response))
    draft.refresh_from_db()
    quiz.refresh_from_db()
    assert (draft.state, quiz.state) == ("live", "retired")


def test_a_draft_with_a_fault_is_not_released_and_says_what_to_change(
    quiz, draft, admin_client, parse, text_of
):
    Option.objects.filter(question__version=draft, question__key="q01", fight=3).update(
        fight=2, fawn=1
    )
    response = admin_client.post(at(draft, "release"), follow=True)
    words = text_of(parse(response))
    assert "This version can’t be released yet." in words
    assert "Make them equal." in words
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_editing_a_live_version_opens_a_draft_with_the_same_questions(
    quiz, admin_client, parse, text_of
):
    response = admin_client.post(at(quiz, "copy"), follow=True)
    draft = Version.objects.get(number=3)
    assert response.redirect_chain[-1][0] == at(draft, "change")
    assert draft.definition() == quiz.definition()
    assert "Version 3 is a draft." in text_of(parse(response))
    quiz.refresh_from_db()
    assert quiz.state == "live"


def test_the_longer_quiz_is_retired_by_a_second_step_and_a_draft_never(draft, admin_client):
    longer = Version.objects.live().get(quiz__slug="full")
    assert admin_client.post(at(draft, "retire")).status_code == 403
    response = admin_client.post(at(longer, "retire"))
    assert "Readers will find no longer quiz" in response.content.decode()
    longer.refresh_from_db()
    assert longer.is_live
    assert admin_client.post(at(longer, "retire"), {"sure": "yes"}).status_code == 302
    longer.refresh_from_db()
    assert longer.state == "retired"
    assert admin_client.post(at(longer, "retire"), {"sure": "yes"}).status_code == 403


@pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "with the guard off"])
def test_the_only_live_quiz_cannot_vanish_by_one_press(
    quiz, admin_client, client, monkeypatch, is_guarded
):
    if not is_guarded:
        monkeypatch.setattr(Quiz, "is_longer", True)  # as if nothing led to it
    response = admin_client.post(at(quiz, "retire"), {"sure": "yes"}, follow=True)
    assert ("Release another version" in response.content.decode()) == is_guarded
    assert (client.get("/quiz/").status_code == 200) == is_guarded


def test_what_changes_something_needs_a_button(quiz, draft, admin_client):
    for page in ("copy", "release", "retire"):
        assert admin_client.get(at(draft, page)).status_code == 405
    assert Version.objects.count() == 3


def test_who_may_only_look_can_change_nothing(quiz, draft, editor):
    for version, page in ((quiz, "copy"), (draft, "release"), (quiz, "retire"), (draft, "points")):
        assert editor.post(at(version, page)).status_code == 403
    assert editor.get("/admin/quiz/version/read/").status_code == 403
    for page in ("try", "export", "points"):
        assert editor.get(at(draft, page)).status_code == 200


def test_who_has_no_right_sees_nothing(draft, django_user_model, client):
    client.force_login(django_user_model.objects.create_user("nobody", is_staff=True))
    for page in ("try", "export", "points"):
        assert client.get(at(draft, page)).status_code == 403


# -- export and import ---------------------------------------------------------------------------------------------


def upload(text, name="short.toml"):
    return {
        "quiz": "short",
        "file": SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode()),
    }


def test_an_export_is_the_file_the_version_came_from_and_imports_as_a_draft(
    quiz, admin_client, parse
):
    exported = admin_client.get(at(quiz, "export"))
    assert exported.content == NEWEST["short"].read_bytes()
    assert exported.headers["Content-Disposition"] == 'attachment; filename="short-v2.toml"'
    response = admin_client.post("/admin/quiz/version/read/", upload(exported.content))
    draft = Version.objects.get(number=3)
    assert response.headers["Location"] == at(draft, "change")
    assert draft.state == "draft"
    assert admin_client.get(at(draft, "export")).content == exported.content


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = ", "can’t be read"),
        ('title = "x"', "'question' is missing"),
        (b"\xff\xfe", "UTF-8"),
        ("x" * 300_000, "too large"),
        ("", "empty"),
    ],
)
def test_a_file_that_is_no_quiz_says_why_and_makes_nothing(
    quiz, admin_client, parse, text_of, text, says
):
    response = admin_client.post("/admin/quiz/version/read/", upload(text))
    assert response.status_code == 200
    assert says in text_of(parse(response))
    assert Version.objects.count() == 2


def test_the_list_of_versions_leads_to_the_import(quiz, admin_client, parse):
    links = {link.get("href") for link in parse(admin_client.get("/admin/quiz/version/")).iter("a")}
    assert "/admin/quiz/version/read/" in links
