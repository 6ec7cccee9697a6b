"""Notes on a text: what a second person says of its words, answered and settled beside it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from trustsite.characters import Texts

LONGEST_QUOTE, LONGEST_NOTE = 300, 1000


class ReviewNote(Texts):
    """A note on an article or a page, or an answer to one. It goes with its text."""

    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, null=True, related_name="notes"
    )
    page = models.ForeignKey(
        "articles.Page", on_delete=models.CASCADE, null=True, related_name="notes"
    )
    answers_to = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, related_name="answers"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    quote = models.CharField(max_length=LONGEST_QUOTE, blank=True)  # the words it is about
    text = models.TextField(max_length=LONGEST_NOTE)
    written_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        default_permissions = ()
        ordering = ["written_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(article=None) ^ Q(page=None), name="a_note_is_on_one_text"
            )
        ]

    def __str__(self) -> str:
        return f"Note {self.pk}"
