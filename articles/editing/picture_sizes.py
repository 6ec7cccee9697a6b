"""Queue of pictures whose sizes the worker makes: one at a time, each tried a few times.

A try is counted before it begins. So a picture that ends the whole process, and not only its own
decoding, is let alone after a few lives and doesn't keep the worker's mails from leaving.
"""

import logging
from datetime import timedelta

from django.db import DatabaseError
from django.db.models import Q, QuerySet
from django.utils import timezone

from articles.models import Picture

MAX_ATTEMPTS = 4
# After a try that failed or was cut off; each further one waits four times as long.
RETRY_AFTER = timedelta(minutes=1)

logger = logging.getLogger(__name__)


def prepare_next() -> bool:
    """Make the sizes of one picture that waits for them; return whether one did.

    One at a time, so that the worker's other work never waits for more than one. A picture that
    can't be made ready is left as it is: pages show it as it is kept.
    """
    picture = _claim()
    if picture is None:
        return False
    try:
        picture.prepare()
    except DatabaseError:
        raise
    except Exception:  # decoders raise nearly anything, and a disk may be full
        logger.exception("Picture %d could not be made ready.", picture.pk)
    return True


def given_up() -> QuerySet[Picture]:
    """Return the pictures that were tried as often as we do, and still have no sizes."""
    return Picture.objects.filter(renditions=[], prepare_attempts__gte=MAX_ATTEMPTS)


def is_given_up(picture: Picture) -> bool:
    """Whether a picture is one of those."""
    return not picture.is_prepared and picture.prepare_attempts >= MAX_ATTEMPTS


def _claim() -> Picture | None:
    """Take the next picture that is due, and count the try: before it begins, or a crash wouldn't."""
    now = timezone.now()
    is_due = Q(prepare_after=None) | Q(prepare_after__lte=now)
    waiting = Picture.objects.filter(is_due, renditions=[], prepare_attempts__lt=MAX_ATTEMPTS)
    picture = waiting.order_by("pk").first()
    if picture is None:
        return None
    attempts = picture.prepare_attempts
    wait = RETRY_AFTER * 4**attempts
    mine = Picture.objects.filter(pk=picture.pk, prepare_attempts=attempts, renditions=[])
    taken = mine.update(prepare_attempts=attempts + 1, prepare_after=now + wait)
    return picture if taken else None
