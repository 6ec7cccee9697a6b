"""Reviewers: who signs off texts, as readers see them named."""

from django.conf import settings
from django.db import models

from trustsite.characters import Texts


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
