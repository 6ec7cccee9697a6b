"""Form note: signed, in every change form. Whose form it is, of which row, and what was saved when it was opened.

It lets words be kept that arrive after their editor's login has run out, and tells a save what others
have changed meanwhile. A note holds what the form showed, so nothing is stored when a page is opened.
"""

import secrets
from dataclasses import dataclass
from typing import Any, Self

from django.core import signing

from trustsite.desk.writing.form_values import Values

SALT = "trustsite.desk.form"
NAME = "form_token"  # of the input
GOOD_FOR = 30 * 86_400  # seconds


@dataclass(frozen=True)
class FormNote:
    """What a form's note says."""

    user: int
    model: str  # such as “articles.article”
    row: str  # primary key; empty for a new one
    draft: str  # key of the draft that keeps what is typed into this form
    base: Values  # what was saved when the form was opened

    @classmethod
    def new(cls, user: Any, model: str, row: Any, base: Values) -> Self:
        """Return the note of a form that is opened now."""
        pk = "" if row is None or row.pk is None else str(row.pk)
        return cls(user.pk, model, pk, secrets.token_urlsafe(12), base)

    def sign(self) -> str:
        """Return it as the form holds it."""
        said = [self.user, self.model, self.row, self.draft, self.base]
        return signing.dumps(said, salt=SALT, compress=True)


def read(text: str) -> FormNote | None:
    """Return a form's note; None for one that isn't ours, or is older than thirty days."""
    try:
        user, model, row, draft, base = signing.loads(text, salt=SALT, max_age=GOOD_FOR)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return FormNote(user, model, row, draft, base)
