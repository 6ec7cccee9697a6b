"""The quiz on paper: a key in whole points that gives the outcome the scoring gives.

It does so exactly if every question gets an answer with points. Then each response can reach the same
number of points and all four together come to the same sum (quiz/lint.py sees to both), so a share is
points over that sum, and each rule about shares is one about points.

With fewer, an answer is worth more and the margin grows as much: the same lead in points still counts.
What "clearly" takes is a part of the points there are. Only where a question with an answer of two points
is among those answered or left out can a sum near an edge read otherwise.
"""

from dataclasses import dataclass
from math import ceil
from string import ascii_uppercase

from quiz.scoring.scoring import CLEAR_LEAD, CLEAR_SHARE, RESPONSES, SECONDARY_SHARE, Form, Option


@dataclass(frozen=True)
class Key:
    """`rows`: for each question, for each of its answers, the responses that get points and how many. The rest are points.

    `lead`: so far ahead counts as ahead. `clear`, `clear_lead`: needed for "clearly". `second`, `second_lead`: to be named
    second. `calm`: so many calm answers make it "mostly calm"; 0 if there are none to give. An answer of
    `rows` that gives no points is a calm one.
    """

    rows: list[list[list[tuple[str, int]]]]
    total: int
    lead: int
    clear: int
    clear_lead: int
    second: int
    second_lead: int
    calm: int

    @property
    def fewest(self) -> int:
        """How many answers with a response "clearly" takes."""
        return ceil(2 * len(self.rows) / 3)

    @property
    def half(self) -> int:
        """How many answers with a response any pattern takes."""
        return ceil(len(self.rows) / 2)

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
    total = sum(sum(question.weighed[0].weights.values()) for question in form.questions)
    has_calm = any(option.calm for question in form.questions for option in question.options)

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
        calm=ceil(size / 2) if has_calm else 0,
    )


def _given(option: Option) -> list[tuple[str, int]]:
    return [(name, points) for name in RESPONSES if (points := option.weights.get(name, 0))]
