"""Models: quizzes, their versions, and the parts of a version.

Imports scoring and lint; everything above may import it.
"""

from quiz.models.parts import Option, PartOfVersion, Question, Rating
from quiz.models.versions import NotReadyError, Quiz, Review, Version, VersionIsFixedError, is_fixed

__all__ = [
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
