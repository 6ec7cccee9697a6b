"""What the desk keeps beside texts: autosaves, notes of reviewers, and who signs off."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from trustsite.characters import Texts

LONGEST_QUOTE, LONGEST_NOTE = 300, 1000  # characters of a note


class Autosave(models.Model):
    """Autosave of the article form as the release before kept it; its rows are in `trustsite.Autosave` now.

    The release after takes it away. Until then a row goes with its article, as it always did.
    """

    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, null=True, related_name="drafts"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    fields = (
        models.JSONField()
    )  # the form's fields by name, each a list of texts, as they were posted
    base = models.DateTimeField(
        null=True
    )  # when the article had last changed, as its editor saw it
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "articles_draft"
        default_permissions = ()
        permissions = [
            ("add_draft", "Can add draft"),
            ("change_draft", "Can change draft"),
            ("delete_draft", "Can delete draft"),
            ("view_draft", "Can view draft"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "author"], name="one_draft_per_article_and_editor"
            ),
            models.UniqueConstraint(
                fields=["author"],
                condition=models.Q(article=None),
                name="one_draft_of_a_new_article_per_editor",
            ),
        ]

    def __str__(self) -> str:
        return f"Autosave {self.pk}"


class Reviewer(Texts):
    """How somebody who signs off texts is named under them."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reviewer"
    )
    name = models.CharField(max_length=80)
    profession = models.CharField(
        max_length=80, help_text="Such as “clinical psychologist”. Only what is true."
    )

    def __str__(self) -> str:
        return f"{self.name}, {self.profession}"


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
