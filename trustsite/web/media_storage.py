"""Media storage: pictures in an object store that speaks S3, for a site on more than one machine.

Readers go on asking this site for them, and load nothing from elsewhere. Needs requirements-s3.txt.
"""

from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from storages.backends.s3 import S3Storage


class ObjectStorage(S3Storage):  # type: ignore[misc, unused-ignore]
    """An S3 bucket whose files have this site's addresses."""

    def url(self, name: str | None, *args: Any, **kwargs: Any) -> str:
        return urljoin(settings.MEDIA_URL, name or "")
