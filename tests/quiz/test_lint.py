"""What keeps a version from its readers: each fault is found, alone, and says what to change."""

from dataclasses import replace

import pytest
from django.core.checks import run_checks
from django.db import DatabaseError

from quiz import content_files, lint
from quiz.models import Option, Version
from quiz.scoring.scoring import RESPONSES, Question
from quiz.scoring.scoring import Option as Weighed
from quiz.scoring.simulation import Simulation, simulate
from tests.quiz.conftest import FIRST, bank

FORMS = {slug: bank(slug, FIRST) for slug in ("short", "full")}  # without calm answers
SHORT = FORMS["short"]
CALM = bank("short")


def changed(form, key, change):
    """Return `form` with question `key` changed by a function."""
    return replace(form, questions=tuple(change(q) if q.key == key else q for q in form.questions))


def weigh(form, key, option, **weights):
    """Return `form` with other points for one option."""

    def change(question):
        return replace(
            question,
            options=tuple(
                replace(o, weights=weights) if o.key == option else o for o in question.options
            ),
        )

    return changed(form, key, change)


def found(form, wording=()):
    return lint.problems(form, wording, None)


@pytest.mark.parametrize("slug", ["short", "full"])
def test_the_launch_questions_have_no_fault(quiz, slug):
    assert Version.objects.live().get(quiz__slug=slug).problems() == []


@pytest.mark.parametrize("slug", ["short", "full"])
def test_the_first_version_has_no_fault_to_this_day(db, slug):
    draft = content_files.read(slug, FIRST[slug].read_text())
    assert Version.objects.with_questions().get(pk=draft.pk).problems() == []


def without_calm(question):
    return replace(question, options=question.weighed)


def test_every_question_has_one_calm_answer_or_none_has():
    assert found(CALM) == []
    told = "q05 has 0 calm answers. Make it one, here and in every question, or take them all out."
    assert found(changed(CALM, "q05", without_calm)) == [told]
    all_out = replace(CALM, questions=tuple(map(without_calm, CALM.questions)))
    assert not list(lint.check_structure(all_out))
    two = changed(
        CALM, "q05", lambda q: replace(q, options=(*q.options, Weighed("f", {}, calm=True)))
    )
    assert found(two) == [told.replace("has 0", "has 2")]


def test_a_calm_answer_gives_no_points():
    key = next(option.key for option in CALM.questions[1].options if option.calm)
    [told] = found(weigh(CALM, "q03", key, fawn=3))
    assert told.startswith("q03, ")
    assert told.endswith("answer: it’s calm, so let it give no points.")


def test_the_calm_answer_is_none_of_the_four():
    key = next(option.key for option in CALM.questions[3].options if not option.calm)
    form = changed(
        CALM, "q05", lambda q: replace(q, options=tuple(o for o in q.options if o.key != key))
    )
    assert found(form) == ["q05 has 3 answers beside the calm one. Give it 4."]


def test_the_calm_answer_has_no_place_of_its_own():
    def last(question):
        return replace(
            question, options=tuple(sorted(question.options, key=lambda option: option.calm))
        )

    told = found(replace(CALM, questions=tuple(map(last, CALM.questions))))
    assert any(
        line.startswith("As the fifth answer stand fight 0") and "calm 12" in line for line in told
    )


def test_a_version_without_questions_has_little_to_say():
    assert found(replace(SHORT, questions=())) == ["There are no questions yet. Add some."]


def test_each_question_has_four_answers():
    form = changed(SHORT, "q05", lambda question: replace(question, options=question.options[:3]))
    assert found(form) == ["q05 has 3 answers. Give it 4."]


@pytest.mark.parametrize(
    "weights", [{"fight": 4}, {"fight": 1, "fawn": 1}, {"fight": 1, "flight": 1, "fawn": 1}, {}]
)
def test_each_answer_gives_three_points(weights):
    option = next(
        option.key for option in SHORT.questions[1].options if lint.leader(option) == "fight"
    )
    assert (
        "answer: give 3 points to one response, or 2 and 1 to two."
        in found(weigh(SHORT, "q03", option, **weights))[0]
    )


def test_each_response_has_its_answer_in_each_question():
    option = next(
        option.key for option in SHORT.questions[1].options if lint.leader(option) == "fight"
    )
    assert found(weigh(SHORT, "q03", option, fawn=3)) == [
        "q03 has 0 answers that speak mainly for fight. Make it one.",
        "q03 has 2 answers that speak mainly for fawn. Make it one.",
    ]


def test_no_response_has_an_advantage_in_the_points():
    option = next(
        option.key for option in SHORT.questions[1].options if lint.leader(option) == "flight"
    )  # 2 and 1
    told = found(weigh(SHORT, "q03", option, flight=3))
    assert (
        "The most points within reach differ: fight 35, flight 36, freeze 35, fawn 35. Make them equal."
        in told
    )
    assert any(line.startswith("The answers that give 1 point differ:") for line in told)


def test_no_response_has_an_advantage_in_the_order():
    def swap(question):
        return replace(
            question, options=(question.options[1], question.options[0], *question.options[2:])
        )

    told = found(changed(SHORT, "q01", swap))
    assert told == [
        "As the first answer stand fight 4, flight 3, freeze 3, fawn 2. Reorder answers until each stands there 3 times.",
        "As the second answer stand fight 2, flight 3, freeze 3, fawn 4. Reorder answers until each stands there 3 times.",
    ]


def test_a_number_of_questions_that_four_does_not_divide_may_be_off_by_one():
    form = replace(SHORT, questions=SHORT.questions[:4])
    assert not list(lint.check_order(replace(form, questions=())))
    rotated = tuple(
        replace(question, options=question.options[turn:] + question.options[:turn])
        for turn, question in enumerate(
            replace(
                question,
                options=tuple(
                    sorted(question.options, key=lambda o: RESPONSES.index(lint.leader(o)))
                ),
            )
            for question in form.questions
        )
    )
    assert list(lint.check_order(replace(form, questions=rotated))) == []
    assert list(lint.check_order(replace(form, questions=rotated[:3]))) == []
    assert "there 0 or 1 times" in next(
        iter(lint.check_order(replace(form, questions=(rotated[0], *rotated[:2]))))
    )
    thirteen = replace(form, questions=rotated * 3 + rotated[:1])
    assert list(lint.check_order(thirteen)) == []
    assert "there 3 or 4 times" in next(
        iter(lint.check_order(replace(form, questions=rotated[:1] * 5 + rotated * 2)))
    )


def test_the_same_place_everywhere_may_name_nobody():
    def sort(question):
        return replace(
            question,
            options=tuple(sorted(question.options, key=lambda o: RESPONSES.index(lint.leader(o)))),
        )

    told = list(
        lint.check_straight_lines(replace(SHORT, questions=tuple(map(sort, SHORT.questions))))
    )
    assert (
        told[0]
        == "Always ticking the first answer comes to fight. Reorder answers so that it leans nowhere."
    )
    assert len(told) == 4


def test_every_response_can_be_told():
    assert list(lint.check_reach(SHORT)) == []
    told = list(lint.check_reach(replace(SHORT, margin=1300)))
    assert len(told) == 4
    assert told[0].startswith("Nobody can be told fight: even all answers for it come to")


def test_answering_at_random_names_each_about_equally_often():
    even = dict.fromkeys(RESPONSES, 7.7)
    assert not list(lint.check_random(Simulation(1, 1, even, {})))
    assert not list(lint.check_random(Simulation(1, 1, even | {"fawn": 8.7}, {})))
    [told] = lint.check_random(Simulation(1, 1, even | {"fawn": 8.8}, {}))
    assert "fawn 8.8" in told
    [never] = lint.check_random(Simulation(1, 1, {"fight": 30.0}, {}))
    assert "fight 30, flight 0, freeze 0, fawn 0" in never


def test_a_form_that_favours_one_is_found_by_random_answers():
    forms = [SHORT]
    for question in SHORT.questions[:4]:
        option = next(option.key for option in question.options if lint.leader(option) == "fight")
        forms.append(weigh(forms[-1], question.key, option, fight=2, fawn=1))
    assert simulate(SHORT).spread <= lint.MAX_SPREAD < simulate(forms[-1]).spread


def words(text, stem="Something happens to you."):
    return list(lint.check_wording([lint.Wording("q01", stem, (text,))]))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("I go very still now.", "q01, first answer: 5 words. Use 7 to 14."),
        ("I " * 15, "q01, first answer: 15 words. Use 7 to 14."),
        ("I tell them to stop it right now!", "q01, first answer: leave out the exclamation mark."),
        (
            "I feel triggered and I cannot say so.",
            "q01, first answer: “triggered” is a label. Say it in other words.",
        ),
        ("I freeze and cannot think what to say.", "“freeze” is a label."),
        (
            "I worry that she will be cross again.",
            "“she” is about a gender or a relation not everybody has.",
        ),
        ("I wonder what he’s cross about this time.", "“he” is about a gender"),
        ("I worry about being a victim once again.", "“victim” is a harsh word."),
        ("I call the police before I think twice.", "“police” is about harm or diagnosis."),
    ],
)
def test_words_are_plain_and_name_no_label(text, says):
    [told] = words(text)
    assert says in told


def test_the_situation_is_read_too_and_its_length_is_free():
    assert words("I go very still and wait for it.", stem="A narcissist comes in.") == [
        "q01, the situation: “narcissist” is a label. Say it in other words."
    ]


@pytest.mark.parametrize(
    "text", ["I feel there is nothing in the way here.", "I think that his-and-hers is fine."]
)
def test_a_word_inside_another_is_no_fault(text):
    assert not [line for line in words(text) if "“he”" in line or "“his”" in line]


def test_ratings_ask_both_ways():
    form = FORMS["full"]
    assert found(replace(form, ratings=form.ratings[:3])) == [
        "Of the ratings, let as many speak for settling soon as against it, or leave them all out."
    ]


def test_an_option_leads_for_one_response_or_for_none():
    assert lint.leader(Weighed("a", {"fight": 2, "fawn": 1})) == "fight"
    assert lint.leader(Weighed("a", {"fight": 1, "fawn": 1})) == ""
    assert lint.leader(Weighed("a", {})) == ""


# -- the system check ----------------------------------------------------------------------------------------------


def quiz_warnings():
    return [
        found
        for found in run_checks(databases=["default"], include_deployment_checks=False)
        if "quiz" in found.id
    ]


def test_the_check_is_silent_while_all_is_well(quiz):
    assert quiz_warnings() == []


def test_the_check_names_a_live_version_with_a_fault(quiz):
    Option.objects.filter(question__version=quiz, question__key="q05", key="a").update(freeze=5)
    [warning] = quiz_warnings()
    assert warning.id == "quiz.W001"
    assert "The 3-minute quiz, version 2" in warning.msg
    assert "q05, first answer" in warning.msg


def test_the_check_does_not_stand_in_the_way_of_an_empty_database(quiz, monkeypatch):
    def no_table(self):
        raise DatabaseError

    monkeypatch.setattr("quiz.models.versions.VersionQuerySet.live", no_table)
    monkeypatch.setattr("quiz.checks.Version.objects", Version.objects.all())
    assert quiz_warnings() == []


def test_the_strongest_option_for_a_response_is_the_one_that_speaks_for_it_at_all():
    options = (Weighed("a", {"flight": 3}), Weighed("b", {"fawn": 1}), Weighed("c", {}))
    assert lint._strongest(Question("q01", options), "fawn").key == "b"
    assert lint._strongest(Question("q01", options[::-1]), "fawn").key == "b"


def test_each_number_of_points_that_is_uneven_is_named():
    definition = bank("short", FIRST)
    place, option = next(
        (place, option)
        for place, question in enumerate(definition.questions)
        for option in question.options
        if 2 in option.weights.values()
    )
    weights = {name: 1 if points == 2 else points for name, points in option.weights.items()}
    questions = list(definition.questions)
    options = tuple(
        replace(one, weights=weights) if one is option else one for one in questions[place].options
    )
    questions[place] = replace(questions[place], options=options)
    said = " ".join(lint.check_points(replace(definition, questions=tuple(questions))))
    assert "The answers that give 2 points differ" in said
    assert "The answers that give 1 point differ" in said
    assert "The answers that give 3 points" not in said


def test_a_quiz_without_questions_has_no_options():
    definition = bank("short", FIRST)
    assert lint._option_count(definition) == max(len(one.options) for one in definition.questions)
    assert lint._option_count(replace(definition, questions=())) == 0


def test_leaders_are_looked_at_where_a_question_has_one_option_for_each_response_alone():
    options = tuple(Weighed(key, {"fight": 3}) for key in "abcde")
    for number, is_looked_at in ((3, False), (4, True), (5, False)):
        question = Question("q01", options[:number])
        assert bool(list(lint._check_leaders(question))) is is_looked_at
