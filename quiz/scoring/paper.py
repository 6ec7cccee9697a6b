"""The quiz on paper: a key in whole points that gives the outcome the scoring gives, if every question is answered.

With all questions answered, each response can reach the same number of points and all four together come to the same sum
(quiz/lint.py sees to both), so a share is points over that sum, and each rule about shares is one about points.
"""

from dataclasses import dataclass
from string import ascii_uppercase

from quiz.scoring.scoring import CLEAR_LEAD, CLEAR_SHARE, RESPONSES, SECONDARY_SHARE, Form, Option


@dataclass(frozen=True)
class Key:
    """`rows`: for each question, for each of its answers, the responses that get points and how many. The rest are points.

    `lead`: so far ahead counts as ahead. `clear`, `clear_lead`: needed for "clearly". `second`, `second_lead`: to be named
    second.
    """

    rows: list[list[list[tuple[str, int]]]]
    total: int
    lead: int
    clear: int
    clear_lead: int
    second: int
    second_lead: int

    @property
    def spare(self) -> int:
        """How many questions can be left out before the rest says too little."""
        return len(self.rows) // 3

    @property
    def letters(self) -> str:
        """What the answers are called."""
        return ascii_uppercase[: max(map(len, self.rows), default=0)]


def make_key(form: Form) -> Key:
    """Return the key of `form`."""
    size = len(form.questions)
    total = sum(sum(question.options[0].weights.values()) for question in form.questions)

    def at_least(share: int, of: int = 1) -> int:
        """Return the fewest points that make `share` / `of` per cent of all."""
        return -(-share * total // (100 * of))

    return Key(
        rows=[[_given(option) for option in question.options] for question in form.questions],
        total=total,
        lead=at_least(form.margin, size),
        clear=at_least(CLEAR_SHARE),
        clear_lead=at_least(CLEAR_LEAD),
        second=at_least(SECONDARY_SHARE),
        second_lead=at_least(form.second_margin, size),
    )


def _given(option: Option) -> list[tuple[str, int]]:
    return [(name, points) for name in RESPONSES if (points := option.weights.get(name, 0))]
