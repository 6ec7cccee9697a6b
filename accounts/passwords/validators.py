"""Password validators, beyond Django's."""

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

MIN_ADDED = 8  # letters and figures that must be there besides the site's name


class SiteNameValidator:
    """Refuses the site's own name, with little or nothing added."""

    def validate(self, password: str, user: User | None = None) -> None:
        letters = _letters(password)
        rest = letters
        for name in (settings.SITE_NAME, settings.FROM_NAME):
            rest = rest.replace(_letters(name), "")
        if rest != letters and len(rest) < MIN_ADDED:
            raise ValidationError("This is too close to the site’s name.", code="our_name")

    def get_help_text(self) -> str:
        return "Your password can’t be the site’s name."


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
