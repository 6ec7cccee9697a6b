"""Models: quizzes, their versions, and the parts of a version.

Imports scoring and lint; everything above may import it.
"""

from quiz.models.parts import Option, PartOfVersion, Question, Rating
from quiz.models.versions import (
    LastVersionError,
    NotReadyError,
    Quiz,
    Review,
    Version,
    VersionIsFixedError,
    is_fixed,
)

__all__ = [
    "LastVersionError",
    "NotReadyError",
    "Option",
    "PartOfVersion",
    "Question",
    "Quiz",
    "Rating",
    "Review",
    "Version",
    "VersionIsFixedError",
    "is_fixed",
]
