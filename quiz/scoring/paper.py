"""Scoring key of the quiz on paper, in whole points: it gives the outcome the scoring gives.

It does so exactly if every question gets an answer with points. Then each response can reach the
same number of points and all four together come to the same sum (quiz/lint.py sees to both), so a
share is points over that sum, and each rule about shares is one about points.

With fewer, an answer is worth more and the margin grows as much: the same lead in points still
counts. What "clearly" takes is a part of the points there are. Only where a question with an answer
of two points is among those answered or left out can a sum near an edge read otherwise.
"""

from dataclasses import dataclass
from math import ceil
from string import ascii_uppercase

from quiz.scoring.scoring import (
    CLEAR_LEAD,
    CLEAR_SHARE,
    RESPONSES,
    SECONDARY_SHARE,
    Option,
    QuizDefinition,
)

# Of one answer: the responses that get points from it, and how many.
AnswerPoints = list[tuple[str, int]]


@dataclass(frozen=True)
class ScoringKey:
    """Scoring key.

    `rows`: for each question, the points of each of its answers; one that gives none is a calm
    one. The rest are points. `lead`: so far ahead counts as ahead. `clear`, `clear_lead`:
    needed for "clearly". `second`, `second_lead`: to be named second. `calm`: so many calm
    answers make it "mostly calm"; 0 if there are none to give.
    """

    rows: list[list[AnswerPoints]]
    total: int
    lead: int
    clear: int
    clear_lead: int
    second: int
    second_lead: int
    calm: int

    @property
    def fewest(self) -> int:
        """Fewest answers with a response that "clearly" takes."""
        return ceil(2 * len(self.rows) / 3)

    @property
    def half(self) -> int:
        """Fewest answers with a response that any pattern takes."""
        return ceil(len(self.rows) / 2)

    @property
    def spare(self) -> int:
        """Most questions that can be left out before the rest says too little."""
        return len(self.rows) // 3

    @property
    def letters(self) -> str:
        """Letters of the answers."""
        return ascii_uppercase[: max(map(len, self.rows), default=0)]


def make_key(definition: QuizDefinition) -> ScoringKey:
    """Return the scoring key of `definition`."""
    size = len(definition.questions)
    total = sum(sum(question.weighed[0].weights.values()) for question in definition.questions)

    def at_least(share: int, of: int = 1) -> int:
        """Return the fewest points that make `share` / `of` per cent of all."""
        return -(-share * total // (100 * of))

    return ScoringKey(
        rows=[list(map(_points, question.options)) for question in definition.questions],
        total=total,
        lead=at_least(definition.margin, size),
        clear=at_least(CLEAR_SHARE),
        clear_lead=at_least(CLEAR_LEAD),
        second=at_least(SECONDARY_SHARE),
        second_lead=at_least(definition.second_margin, size),
        calm=ceil(size / 2) if definition.has_calm else 0,
    )


def _points(option: Option) -> AnswerPoints:
    return [(name, points) for name in RESPONSES if (points := option.weights.get(name, 0))]
