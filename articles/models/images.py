"""Pictures for articles."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from articles.images import renditions as pictures
from articles.models.synced import SyncedModel
from trustsite.web.django_internal import is_uploaded


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

    TYPESET = ("alt", "caption")

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key

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
            self.renditions = pictures.store_renditions(self.original.file, "pictures/")
            self.original = f"pictures/{self.original.name}"
        super().save(*args, **kwargs)
        if before and before.original != self.original:
            transaction.on_commit(before.discard_files)

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        result = super().delete(*args, **kwargs)
        transaction.on_commit(self.discard_files)
        return result

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
        return pictures.sources(self.renditions)

    @property
    def fallback(self) -> dict[str, Any]:
        """The address, width and height every browser can use."""
        return pictures.fallback(self.renditions)
