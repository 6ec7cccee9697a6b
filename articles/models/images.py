"""Pictures for articles."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from articles.images import renditions as pictures
from articles.models.synced import SyncedModel, texts_showing
from trustsite.web.django_internal import is_uploaded
from trustsite.web.serving.page_cache import EVERYTHING, invalidate, soft


class Picture(SyncedModel):
    """A picture for articles.

    Uploaded once, kept in several sizes, with its words for those who don't see it.
    """

    key = models.SlugField(unique=True)
    original = models.ImageField(upload_to="pictures/", width_field="width", height_field="height")
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    alt = models.CharField(
        "alternative text",
        max_length=240,
        blank=True,
        help_text="What a person who can't see it misses.",
    )
    decorative = models.BooleanField(
        default=False, help_text="It adds nothing that needs words; then leave the text empty."
    )
    caption = models.CharField(max_length=240, blank=True)
    renditions = models.JSONField(default=list, editable=False)
    # How often its sizes were tried, and when next (articles.editing.picture_sizes).
    prepare_attempts = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    prepare_after = models.DateTimeField(null=True, editable=False)

    TYPESET = ("alt", "caption")
    SEEN_AT_ONCE = False
    # At the desk: the sizes are made by the worker (`prepare`), not while somebody waits.
    prepares_later = False

    class Meta:
        ordering = ["key"]
        indexes = [models.Index(fields=["alt", "decorative"], name="picture_by_words")]

    def __str__(self) -> str:
        return self.key

    def is_seen(self) -> bool:
        """Whether a text shows it that readers see, or will by the clock."""
        return any(text.is_seen() for text in self.shown_in())

    def shown_in(self) -> list[Any]:
        """Return the texts that show it, drafts too."""
        return texts_showing(f"picture:{self.key}")

    def clean(self) -> None:
        super().clean()
        if not re.fullmatch(r"[a-z0-9-]+", self.key):
            raise ValidationError({"key": "Use small letters, digits and hyphens alone."})
        if not self.alt and not self.decorative:
            raise ValidationError(
                {"alt": "Say what a person who can’t see it misses, or mark it as decorative."}
            )
        if self.alt and self.decorative:
            raise ValidationError(
                {"alt": "A decorative picture has no text: take it out, or the mark."}
            )
        try:
            self._reencode()
        except ValidationError as error:
            raise ValidationError({"original": error.messages}) from error

    def save(self, *args: Any, **kwargs: Any) -> None:
        before = Picture.objects.filter(pk=self.pk).first()
        self._reencode()
        if is_uploaded(self.original):
            self._store()
            self.original = f"pictures/{self.original.name}"
        super().save(*args, **kwargs)
        if before and before.original != self.original:
            transaction.on_commit(before.discard_files)

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        result = super().delete(*args, **kwargs)
        transaction.on_commit(self.discard_files)
        return result

    def _store(self) -> None:
        if self.prepares_later:
            pictures.store_original(self.original.file, "pictures/")
            self.renditions = []
            self.prepare_attempts, self.prepare_after = 0, None
        else:
            self.renditions = pictures.store_renditions(self.original.file, "pictures/")

    @property
    def is_prepared(self) -> bool:
        """Whether its sizes are there. Until then pages show the picture as it is kept."""
        return bool(self.renditions)

    def prepare(self) -> bool:
        """Make its sizes; return whether it was still there and in need of them. Safe to repeat after a crash."""
        with self.original.open() as file:
            original = pictures.stored_original(file.read(), str(self.original.name))
        made = pictures.store_renditions(original, "pictures/")
        waiting = Picture.objects.filter(pk=self.pk, original=self.original.name, renditions=[])
        is_kept = bool(waiting.update(renditions=made))
        if is_kept:
            invalidate(soft(EVERYTHING))
        elif not Picture.objects.filter(original=self.original.name).exists():
            pictures.delete([str(self.original.name), *(item["name"] for item in made)])
        return is_kept

    def _reencode(self) -> None:
        """Put a picture of our own writing in the place of a new upload."""
        if is_uploaded(self.original) and not isinstance(
            self.original.file, pictures.ReencodedImage
        ):
            self.original = pictures.reencode(self.original.file)

    def discard_files(self) -> None:
        """Delete the picture and its renditions from the store, unless another row shows the very
        same picture.
        """
        if not Picture.objects.filter(original=self.original.name).exists():
            pictures.delete([str(self.original.name), *(item["name"] for item in self.renditions)])

    @property
    def sources(self) -> list[pictures.PictureSource]:
        """Type and srcset of each format a browser may choose."""
        return pictures.sources(self.renditions) if self.renditions else []

    @property
    def fallback(self) -> dict[str, Any]:
        """The address, width and height every browser can use."""
        if self.renditions:
            return pictures.fallback(self.renditions)
        return {"url": self.original.url, "width": self.width, "height": self.height}
