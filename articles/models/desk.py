"""What the editors' desk keeps beside the texts: work in progress, reviewers, and addresses that lead elsewhere."""

from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from articles.models.article import Article
from articles.models.synced import Filed
from trustsite.characters import Texts


class Draft(models.Model):
    """What an editor has typed into the article form and not saved: one per editor and article, or for a new article."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, null=True, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    fields = (
        models.JSONField()
    )  # the form's fields by name, each a list of texts, as they were posted
    base = models.DateTimeField(
        null=True
    )  # when the article had last changed, as its editor saw it
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
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
        return f"Draft {self.pk}"


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


class Redirect(Filed):
    """An address of ours that leads elsewhere on the site, or is gone for good. Asked only when nothing else answers."""

    path = models.CharField(
        unique=True, max_length=200, help_text="Such as /old-page/; with its leading slash."
    )
    is_prefix = models.BooleanField("and all below it", default=False)
    target = models.CharField(
        max_length=200, blank=True, help_text="A path on this site. Empty: gone for good (410)."
    )
    note = models.CharField(max_length=200, blank=True, help_text="Why; for editors.")

    class Meta:
        ordering = ["path"]

    def __str__(self) -> str:
        return self.path

    def cache_tags(self, before: "Redirect | None") -> Iterable[str]:
        """It shows on no page."""
        return ("redirects",)

    def clean(self) -> None:
        from articles.linking.redirects import problems

        if found := problems(self):
            raise ValidationError(found)
