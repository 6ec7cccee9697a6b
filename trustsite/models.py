"""What the pages of the whole site share: the version of the page cache, and content that invalidates it."""

from collections.abc import Collection, Iterable
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction

from trustsite.characters import Texts
from trustsite.web.serving.page_cache import EVERYTHING, invalidate, soft
from trustsite.web.smart_quotes import typeset

MAX_CHANGES = 64  # that the log holds
MAX_TAGS = 20  # of one change; more are everything


class CacheVersion(models.Model):
    """One row: a number that grows when public pages change, and what the latest changes were. Every worker watches it.

    The row is locked until its writer commits, so numbers come to be seen in their order. A worker that finds a number
    missing from the log drops everything, and so does one that meets a number that another release counted up.
    """

    number = models.PositiveBigIntegerField(default=1)
    changes = models.JSONField(default=list, db_default=[])  # [[number, [tag, …]], …]

    class Meta:
        db_table = "trustsite_pagestamp"

    @classmethod
    @transaction.atomic
    def add(cls, tags: Iterable[str]) -> None:
        """Count up, and note what changed."""
        names = sorted(set(tags))
        names = names if len(names) <= MAX_TAGS else [EVERYTHING]
        row = cls.objects.select_for_update().filter(pk=1).first()
        if row is None:
            row = cls.objects.select_for_update().get_or_create(pk=1)[0]
        row.number += 1
        row.changes = [*row.changes, [row.number, names]][-MAX_CHANGES:]
        row.save(force_update=True)

    @classmethod
    def current(cls) -> int:
        """Return the number."""
        return cls.objects.filter(pk=1).values_list("number", flat=True).first() or 0


class Autosave(models.Model):
    """Autosave of a form at the desk: what was typed into one opened form and isn't saved."""

    # Of the form, in its signed note: two forms of one text have two.
    key = models.CharField(max_length=22, unique=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    model = models.CharField(max_length=60)  # such as “articles.article”
    row = models.CharField(max_length=40, blank=True)  # primary key; empty for a new one
    fields = models.JSONField()  # by name of the input, each a list of texts, as they were posted
    base = models.JSONField(default=dict)  # what was saved when the form was opened
    saved_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["model", "row", "author"], name="autosave_of_a_text")]

    def __str__(self) -> str:
        return f"Autosave {self.pk}"


class Presence(models.Model):
    """Presence: who has a form of the desk open. It is forgotten within a minute."""

    key = models.CharField(max_length=22, unique=True)  # of the form
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    model = models.CharField(max_length=60)
    row = models.CharField(max_length=40)
    is_writing = models.BooleanField(default=False)
    seen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["model", "row"], name="presence_at_a_text")]

    def __str__(self) -> str:
        return f"Presence {self.pk}"


class TrashedRow(models.Model):
    """A row that somebody deleted at the desk, with what went with it, for 30 days (trustsite/desk/trash.py)."""

    label = models.CharField("kind", max_length=100)  # of its model
    title = models.CharField(max_length=200)
    data = models.TextField()  # the row and what went with it, as Django serialises them
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    deleted_at = models.DateTimeField("deleted", auto_now_add=True, db_index=True)

    class Meta:
        verbose_name, verbose_name_plural = "deleted row", "trash"
        default_permissions = ()
        ordering = ["-deleted_at", "-pk"]

    def __str__(self) -> str:
        return self.title


class DeskDigest(models.Model):
    """Digest of one person who works at the desk: whether they want it, and what became of the last (accounts/digest/)."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    is_off = models.BooleanField(default=False)
    done_on = models.DateField(null=True)  # the day for which it was sent, or found to be empty
    sent_on = models.DateField(null=True)
    said = models.CharField(max_length=64, blank=True)  # hash of what the last one said
    tries = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=200, blank=True)  # why the last try failed; no address

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Digest of user {self.user_id}"


class CachedPageModel(Texts):
    """What public pages are made of: saving or deleting it invalidates them. `TYPESET` names the fields of plain prose."""

    TYPESET: tuple[str, ...] = ()
    COMPARES = False  # whether `cache_tags` wants to see the row as it was
    SEEN_AT_ONCE = True  # whether readers see every row from when it is first saved
    CHECK_FIELDS: tuple[str, ...] = ()  # those that say that somebody looked it up

    class Meta:
        abstract = True

    def cache_tags(self, before: Self | None) -> Iterable[str]:
        """Return what a change to this row changes on pages; `before` is the row as it was.

        What says nothing of itself changes everything, which is served until it has been made anew: within seconds, the pages
        most recently asked for first. What must not be read a moment longer says so by tags that aren't soft.
        """
        return (soft(EVERYTHING),)

    def is_seen(self) -> bool:
        """Whether public pages show it, so that the right to publish guards it (trustsite/desk/publishing.py)."""
        return True

    def loss(self, after: Self | None, gone: Collection[Any] = ()) -> str:
        """Return what readers would lose if `after` (None: nothing) stood in its place and the rows with the primary
        keys `gone` were deleted with it; empty when nothing that the site can't do without.
        """
        return ""

    def save(self, *args: Any, **kwargs: Any) -> None:
        typeset(self, self.TYPESET)
        before = None
        if self.COMPARES and self.pk:
            before = type(self)._base_manager.filter(pk=self.pk).first()
        super().save(*args, **kwargs)
        if tags := tuple(self.cache_tags(before)):
            invalidate(*tags)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        result = super().delete(*args, **kwargs)
        invalidate()
        return result
