"""What the desk's search finds of letters and the words of mails; never a person."""

from collections.abc import Iterator, Sequence
from typing import Any

from newsletter.models import EmailWords, Letter
from trustsite.desk.find import Group, Hit, group
from trustsite.desk.rows import change_url


def find(words: Sequence[str], user: Any) -> Iterator[Group]:
    """Yield letters and mails that `user` may see."""
    if user.has_perm("newsletter.view_letter"):
        yield group("Letters", Letter.objects.all(), words, ("subject", "body"), _letter)
    if user.has_perm("newsletter.view_emailwords"):
        yield group("Words of mails", EmailWords.objects.all(), words, ("subject", "body"), _mail)


def _letter(row: Letter) -> Hit:
    return Hit(row.subject, row.get_state_display(), change_url(row))


def _mail(row: EmailWords) -> Hit:
    return Hit(row.subject, row.get_kind_display(), change_url(row))
