"""The quiz on paper: scored by hand as the sheet says, it comes to what the screen says."""

import random
import re
from collections import Counter

import pytest

from quiz.scoring.paper import make_key
from quiz.scoring.scoring import RESPONSES, score
from tests.quiz.conftest import bank
from tests.quiz.scoring.test_scoring import as_by_the_book


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
            for letter, cell in zip("ABCD", row.findall("td"), strict=True)
        }
        for row in rows
    ]


def numbers(page, text_of):
    names = ("lead", "clear", "clear-lead", "second", "second-lead")
    return {name: int(text_of(page.find(f".//strong[@data-{name}]"))) for name in names}


def by_hand(key, at_least, letters):
    """Follow the sheet: add up, put in order, take the first line that fits."""
    sums = Counter(dict.fromkeys(RESPONSES, 0))
    for row, letter in zip(key, letters, strict=True):
        sums.update(row[letter])
    (first, a), (second, b), (_, c), _ = sums.most_common()
    if a - c < at_least["lead"]:
        return "even-mix", tuple(name for name in RESPONSES if a - sums[name] < at_least["lead"])
    if a - b < at_least["lead"]:
        return "blend", tuple(name for name in RESPONSES if name in {first, second})
    clear = a >= at_least["clear"] and a - b >= at_least["clear-lead"]
    some = b >= at_least["second"] and b - c >= at_least["second-lead"]
    return "primary", (first,), clear, second if some else ""


def sheets(size, count):
    chance = random.Random(11)
    for _ in range(count):
        leaning = [1 + 9 * (place == chance.randrange(5)) for place in range(4)]
        yield chance.choices("ABCD", leaning, k=size)


def test_by_hand_comes_to_what_the_screen_says(page, text_of):
    key, at_least, form = table(page, text_of), numbers(page, text_of), bank("short")
    told = Counter()
    for letters in [*sheets(12, 4_000), *([letter] * 12 for letter in "ABCD")]:
        answers = {
            question.key: letter.lower()
            for question, letter in zip(form.questions, letters, strict=True)
        }
        outcome = as_by_the_book(score(form, answers))
        assert by_hand(key, at_least, letters) == outcome
        told[outcome[0]] += 1
    assert set(told) == {"primary", "blend", "even-mix"}


@pytest.mark.parametrize(("slug", "size"), [("short", 12), ("full", 20)])
def test_the_leads_in_points_are_the_leads_in_shares(slug, size):
    form = bank(slug)
    key = make_key(form)
    rows = [
        {letter: dict(given) for letter, given in zip("ABCD", row, strict=True)} for row in key.rows
    ]
    at_least = {
        "lead": key.lead,
        "clear": key.clear,
        "clear-lead": key.clear_lead,
        "second": key.second,
        "second-lead": key.second_lead,
    }
    for letters in sheets(size, 2_000):
        answers = {q.key: letter.lower() for q, letter in zip(form.questions, letters, strict=True)}
        assert by_hand(rows, at_least, letters) == as_by_the_book(score(form, answers))


def test_all_questions_and_answers_are_on_the_sheet_in_their_order(page, text_of, quiz):
    asked = page.findall(".//ol")[0].findall("li")
    assert [text_of(item.find("p")) for item in asked] == [
        question.stem for question in quiz.questions.all()
    ]
    for item, question in zip(asked, quiz.questions.all(), strict=True):
        texts = [option.text for option in question.options.all()]
        assert [text_of(line) for line in item.findall("ul/li")] == [
            f"{letter} {text}" for letter, text in zip("ABCD", texts, strict=True)
        ]


def test_it_says_what_it_is_before_the_questions_and_its_limits_after(page, text_of):
    words = text_of(page.find(".//main"))
    before, _, after = words.partition("Someone whose opinion")
    assert "It isn’t a medical test" in before
    assert "No study has tested it." in before
    assert "it isn’t a diagnosis" in after
    assert "Get help now" in after
    assert "your four sums come to 36" in after


def test_the_page_is_the_same_for_everyone(client, quiz):
    assert client.get("/quiz/paper/").headers["Cache-Control"].startswith("public")
    assert client.post("/quiz/paper/").status_code == 405


@pytest.mark.django_db
def test_without_a_live_quiz_there_is_no_sheet(client):
    assert client.get("/quiz/paper/").status_code == 404
