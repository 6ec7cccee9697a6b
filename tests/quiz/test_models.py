import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from quiz.content_files import copy
from quiz.models import Option, Question, Rating, Version, VersionIsFixedError
from trustsite.models import CacheVersion


def draft(quiz):
    """Make a draft beside the live version, with the same questions."""
    return copy(quiz)


def parts(version):
    question = version.questions.first()
    return [version, question, question.options.first()]


@pytest.mark.parametrize("state", ["live", "retired"])
def test_what_readers_have_seen_can_not_change(quiz, state):
    if state == "retired":
        quiz.retire(is_replaced=True)
    for part in parts(quiz):
        with pytest.raises(ValidationError, match="new version"):
            part.clean()
        with pytest.raises(VersionIsFixedError):
            part.save()
        with pytest.raises(VersionIsFixedError):
            part.delete()
    rating = Rating.objects.first()
    with pytest.raises(VersionIsFixedError):
        rating.save()


def test_nothing_can_be_added_to_what_readers_have_seen(quiz):
    with pytest.raises(VersionIsFixedError):
        Question.objects.create(version=quiz, key="q13", position=12, stem="Another.")
    with pytest.raises(VersionIsFixedError):
        Option.objects.create(
            question=quiz.questions.first(), key="e", position=4, text="Another.", fight=3
        )


def test_a_question_can_not_be_moved_out_of_what_readers_have_seen(quiz):
    question = quiz.questions.first()
    question.version = draft(quiz)
    question.key = "q99"
    with pytest.raises(VersionIsFixedError):
        question.save()


def test_a_draft_can_be_edited_and_deleted(quiz):
    version = draft(quiz)
    for part in parts(version):
        part.clean()
        part.save()
    version.delete()
    assert Question.objects.filter(key="q01", version__number=3).count() == 0


def test_releasing_a_draft_retires_the_present_version(quiz):
    version = draft(quiz)
    version.release()
    quiz.refresh_from_db()
    assert (version.state, quiz.state) == ("live", "retired")
    assert version.released_at
    with pytest.raises(VersionIsFixedError):
        quiz.release()


def test_an_old_copy_in_memory_can_not_write_over_a_released_version(quiz):
    version = draft(quiz)
    old_copy = Version.objects.get(pk=version.pk)
    version.release()
    with pytest.raises(VersionIsFixedError):
        old_copy.save()


def test_two_versions_can_not_be_live_at_once(quiz):
    version = draft(quiz)
    with pytest.raises(IntegrityError):
        Version.objects.filter(pk=version.pk).update(state="live")


def test_a_new_version_renews_the_pages(quiz):
    version = draft(quiz)
    before = CacheVersion.objects.get().number
    version.release()
    assert CacheVersion.objects.get().number > before
