"""The quiz on paper: scored by hand as the sheet says, it comes to what the screen says."""

import random
import re
from collections import Counter

import pytest

from quiz.scoring.paper import make_key
from quiz.scoring.scoring import RESPONSES, score
from tests.quiz.conftest import FIRST, NEWEST, bank
from tests.quiz.scoring.test_scoring import as_by_the_book

LETTERS = "ABCDE"


@pytest.fixture
def page(quiz, client, parse):
    return parse(client.get("/quiz/paper/"))


def table(page, text_of):
    """Read the key as a person does: by question and letter, the points."""
    rows = page.findall(".//section//tbody/tr")
    return [
        {
            letter: {
                name.lower(): int(points)
                for name, points in re.findall(r"(\w+) (\d)", text_of(cell))
            }
            for letter, cell in zip(LETTERS, row.findall("td"), strict=True)
        }
        for row in rows
    ]


def numbers(page, text_of):
    names = ("lead", "clear", "clear-lead", "second", "second-lead", "calm")
    return {name: int(text_of(page.find(f".//strong[@data-{name}]"))) for name in names}


def by_hand(key, at_least, letters):
    """Follow the sheet: count the calm ones, add up, put in order, take the first line that fits."""
    sums = Counter(dict.fromkeys(RESPONSES, 0))
    given = [row[letter] for row, letter in zip(key, letters, strict=True)]
    if at_least["calm"] and sum(not points for points in given) >= at_least["calm"]:
        return ("mostly-calm",)
    for points in given:
        sums.update(points)
    answers, total = sum(bool(points) for points in given), sum(sums.values())
    if answers < len(key) / 2:
        return ("low-signal",)
    (first, a), (second, b), (_, c), _ = sums.most_common()
    if a - c < at_least["lead"]:
        return "even-mix", tuple(name for name in RESPONSES if a - sums[name] < at_least["lead"])
    if a - b < at_least["lead"]:
        return "blend", tuple(name for name in RESPONSES if name in {first, second})
    clear = 2 * a >= total and 4 * (a - b) >= total and 3 * answers >= 2 * len(key)
    if answers == len(key):
        assert clear == (a >= at_least["clear"] and a - b >= at_least["clear-lead"])
        assert (4 * b >= total) == (b >= at_least["second"])
    some = 4 * b >= total and b - c >= at_least["second-lead"]
    return "primary", (first,), clear, second if some else ""


def sheets(form, count, calm=0.0):
    """Yield sheets that lean one way or another; so many of their answers are calm."""
    chance = random.Random(11)
    for _ in range(count):
        bias = dict(
            zip(
                RESPONSES,
                (1 + 9 * (place == chance.randrange(5)) for place in range(4)),
                strict=True,
            )
        )
        yield [choose(chance, question, bias, calm) for question in form.questions]


def choose(chance, question, bias, calm):
    letters = dict(zip(LETTERS, question.options, strict=False))
    if chance.random() < calm:
        return next(letter for letter, option in letters.items() if option.calm)
    weighed = {letter: option for letter, option in letters.items() if not option.calm}
    return chance.choices(
        [*weighed], [bias[max(o.weights, key=o.weights.get)] for o in weighed.values()]
    )[0]


def on_screen(form, letters):
    answers = {
        question.key: letter.lower()
        for question, letter in zip(form.questions, letters, strict=True)
    }
    return as_by_the_book(score(form, answers))


def test_by_hand_comes_to_what_the_screen_says(page, text_of):
    key, at_least, form = table(page, text_of), numbers(page, text_of), bank("short")
    told = Counter()
    for letters in sheets(form, 4_000):
        outcome = on_screen(form, letters)
        assert by_hand(key, at_least, letters) == outcome
        told[outcome[0]] += 1
    assert set(told) == {"primary", "blend", "even-mix"}


def test_with_calm_answers_it_nearly_always_does_too(page, text_of):
    """As the sheet says: exact for the calm result and for too few answers, and otherwise but for sums near a line."""
    key, at_least, form = table(page, text_of), numbers(page, text_of), bank("short")
    same, told = 0, Counter()
    for letters in [*sheets(form, 4_000, calm=0.3), *([letter] * 12 for letter in LETTERS)]:
        outcome, read = on_screen(form, letters), by_hand(key, at_least, letters)
        assert (read[0] in {"mostly-calm", "low-signal"}) == (
            outcome[0] in {"mostly-calm", "low-signal"}
        )
        same += read == outcome
        told[outcome[0]] += 1
    assert same > 0.96 * told.total()
    assert set(told) == {"primary", "blend", "even-mix", "mostly-calm"}


def test_the_first_version_has_no_calm_answers_to_count():
    key = make_key(bank("short", FIRST))
    assert key.calm == 0
    assert all(points for row in key.rows for points in row)


@pytest.mark.parametrize("files", [FIRST, NEWEST], ids=["first", "newest"])
@pytest.mark.parametrize("slug", ["short", "full"])
def test_the_leads_in_points_are_the_leads_in_shares(slug, files):
    form = bank(slug, files)
    key = make_key(form)
    rows = [
        {letter: dict(given) for letter, given in zip(LETTERS, row, strict=False)}
        for row in key.rows
    ]
    at_least = {
        "calm": key.calm,
        "lead": key.lead,
        "clear": key.clear,
        "clear-lead": key.clear_lead,
        "second": key.second,
        "second-lead": key.second_lead,
    }
    for letters in sheets(form, 2_000):
        assert by_hand(rows, at_least, letters) == on_screen(form, letters)


def test_all_questions_and_answers_are_on_the_sheet_in_their_order(page, text_of, quiz):
    asked = page.findall(".//ol")[0].findall("li")
    assert [text_of(item.find("p")) for item in asked] == [
        question.stem for question in quiz.questions.all()
    ]
    for item, question in zip(asked, quiz.questions.all(), strict=True):
        texts = [option.text for option in question.options.all()]
        assert [text_of(line) for line in item.findall("ul/li")] == [
            f"{letter} {text}" for letter, text in zip(LETTERS, texts, strict=True)
        ]


def test_it_says_what_it_is_before_the_questions_and_its_limits_after(page, text_of):
    words = text_of(page.find(".//main"))
    before, _, after = words.partition("Someone whose opinion")
    assert "It isn’t a medical test" in before
    assert "No study has tested it." in before
    assert "it isn’t a diagnosis" in after
    assert "Get help now" in after
    assert "your four sums come to 36" in after
    assert "If you left out more than 4 questions, stop here" in after
    assert "With 6 or more, your answers are mostly calm" in after


def test_the_page_is_the_same_for_everyone(client, quiz):
    assert client.get("/quiz/paper/").headers["Cache-Control"].startswith("public")
    assert client.post("/quiz/paper/").status_code == 405


@pytest.mark.django_db
def test_without_a_live_quiz_there_is_no_sheet(client):
    response = client.get("/quiz/paper/")
    assert response.status_code == 503
    assert "There is no quiz here for now" in response.content.decode()
