import pytest

from quiz.models import Option, Question, Version


@pytest.fixture
def draft(quiz):
    version = Version.objects.create(quiz=quiz.quiz, number=3)
    question = Question.objects.create(
        version=version, key="q01", position=0, stem="Something happens."
    )
    Option.objects.create(question=question, key="a", position=0, text="I push.", fight=3)
    return version


def controls(document):
    names = {
        field.get("name", "")
        for field in document.iter()
        if field.tag in {"input", "textarea", "select"}
    }
    return {name for name in names if name.split("-")[-1] in {"stem", "text", "fight", "number"}}


def test_editors_see_versions_and_questions(quiz, admin_client):
    for address in ("quiz", "version", "question"):
        assert admin_client.get(f"/admin/quiz/{address}/").status_code == 200


def test_what_is_live_can_be_read_and_not_changed(quiz, admin_client, parse, text_of):
    question = quiz.questions.first()
    for address, row, said in (
        ("version", quiz, question.stem),
        ("question", question, question.options.first().text),
    ):
        document = parse(admin_client.get(f"/admin/quiz/{address}/{row.pk}/change/"))
        assert said in text_of(document.find(".//main"))
        assert not controls(document)
        assert (
            admin_client.post(
                f"/admin/quiz/{address}/{row.pk}/change/", {"stem": "Changed"}
            ).status_code
            == 403
        )
        assert (
            admin_client.post(
                f"/admin/quiz/{address}/{row.pk}/delete/", {"post": "yes"}
            ).status_code
            == 403
        )
    action = {"action": "delete_selected", "_selected_action": [quiz.pk], "post": "yes"}
    admin_client.post("/admin/quiz/version/", action)
    assert Version.objects.filter(pk=quiz.pk).exists()
    assert Question.objects.filter(stem=question.stem).exists()


def test_a_draft_can_be_changed(draft, admin_client, parse):
    question = draft.questions.first()
    assert controls(parse(admin_client.get(f"/admin/quiz/version/{draft.pk}/change/")))
    option = question.options.first()
    response = admin_client.post(
        f"/admin/quiz/question/{question.pk}/change/",
        {
            "version": draft.pk,
            "key": "q01",
            "position": 0,
            "stem": "Something else happens.",
            "options-TOTAL_FORMS": 1,
            "options-INITIAL_FORMS": 1,
            "options-0-id": option.pk,
            "options-0-question": question.pk,
            "options-0-position": 0,
            "options-0-key": "a",
            "options-0-text": "I push back.",
            "options-0-fight": 2,
            "options-0-flight": 1,
            "options-0-freeze": 0,
            "options-0-fawn": 0,
        },
    )
    assert response.status_code == 302
    question.refresh_from_db()
    option.refresh_from_db()
    assert (question.stem, option.text, option.fight) == (
        "Something else happens.",
        "I push back.",
        2,
    )


def test_a_question_can_not_be_put_into_a_live_version(quiz, draft, admin_client, parse, text_of):
    question = draft.questions.first()
    data = {
        "version": quiz.pk,
        "key": "q99",
        "position": 0,
        "stem": "Moved.",
        "options-TOTAL_FORMS": 0,
    }
    response = admin_client.post(
        f"/admin/quiz/question/{question.pk}/change/", data | {"options-INITIAL_FORMS": 0}
    )
    assert response.status_code == 200
    assert "Make a new version instead" in text_of(parse(response).find(".//main"))
    question.refresh_from_db()
    assert question.version == draft
