"""What the desk keeps beside texts: autosaves, what each text uses, imports, notes of reviewers, and who signs off."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

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


class TextUse(models.Model):
    """One thing that a text uses, and how often.

    Made from the text each time it is saved (articles/receivers.py). `target` is a path of this
    site, `source:key`, `offer:key`, `picture:key`, `snippet:key` or `number:digits`; `text_id` is the
    primary key of an article, a page, a response or a snippet.
    """

    class How(models.TextChoices):
        LINK = "link", "Leads to it"
        RELATED = "related", "Names it among related articles"
        CITES = "cites", "Cites it"
        SHOWS = "shows", "Shows it"

    text_kind = models.CharField(max_length=10)
    text_id = models.PositiveBigIntegerField()
    how = models.CharField(max_length=10, choices=How)
    target = models.CharField(max_length=220)
    times = models.PositiveIntegerField(default=1)
    # Of a link: from when on readers find a page there; empty for now (linking/link_targets.py).
    opens_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["text_kind", "text_id", "how", "target"], name="one_use_per_text_and_target"
            )
        ]
        indexes = [
            models.Index(fields=["target"], name="text_use_by_target"),
            models.Index(
                fields=["text_kind", "text_id", "opens_at"],
                condition=Q(opens_at__isnull=False),
                name="text_use_not_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.text_kind} {self.text_id}: {self.target}"


class ImportJob(models.Model):
    """An export file that somebody chose, how far it has got, and what becomes of its entries."""

    class State(models.TextChoices):
        LOOKING = "looking", "Being looked through"
        LOOKED = "looked", "Looked through; waits for a word"
        WORKING = "working", "Being brought in"
        DONE = "done", "Done"
        FAILED = "failed", "Not done"
        DROPPED = "dropped", "Thrown away"

    AT_WORK = (State.LOOKING, State.WORKING)

    state = models.CharField(max_length=10, choices=State, default=State.LOOKING)
    name = models.CharField("file", max_length=200)
    program = models.CharField(max_length=20, blank=True)
    hosts = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    outcomes = models.JSONField(default=list)  # the first of them, as they are shown
    cursor = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    asked_by = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Import {self.pk}: {self.name}"

    @property
    def is_at_work(self) -> bool:
        """Whether the worker has something to do."""
        return self.state in self.AT_WORK

    @property
    def percent(self) -> int:
        """How far it has got."""
        return 100 * self.cursor // self.total if self.total else 0


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
