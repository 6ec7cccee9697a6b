"""Signing off: what a text says of the second person who went through it, for as long as its words stand."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from prose.text_hash import text_hash

# What a text says: once a person has checked it, a change to one of these undoes the check. A page
# has fewer of them than an article.
HASHED_FIELDS = (
    "title",
    "standfirst",
    "body",
    "takeaways",
    "content_note",
    "evidence",
    "evidence_note",
)


class SignedOffModel(models.Model):
    """A text that a second person signs off. `editing/review.py` alone sets these fields."""

    checked_on = models.DateField(
        "last checked",
        null=True,
        blank=True,
        help_text="The day a person went through text and sources. Empty: nobody yet.",
    )
    checked_by = models.CharField(
        max_length=160,
        blank=True,
        default="",
        db_default="",
        help_text="Name and profession of who checked it, with the person's consent.",
    )
    # What the text said when it was checked: once its words differ, it no longer counts as checked.
    checked_text = models.CharField(
        max_length=32, blank=True, default="", db_default="", editable=False
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.checked_on and self.checked_on > timezone.localdate():
            raise ValidationError({"checked_on": "That day hasn’t come yet."})

    @property
    def is_checked(self) -> bool:
        """Whether a person has checked the text as it stands."""
        return self.checked_on is not None and self.checked_text == words_hash(self)


def words_hash(row: Any) -> str:
    """Return the hash of a text's words, or of a stored state's in its history."""
    return text_hash(getattr(row, name) for name in HASHED_FIELDS if hasattr(row, name))
