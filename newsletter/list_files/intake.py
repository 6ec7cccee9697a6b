"""Import intake: an uploaded file becomes a job that the worker looks through."""

from collections.abc import Iterable
from typing import Any

from newsletter.list_files import storage
from newsletter.models import ListJob


def receive(pieces: Iterable[bytes], options: dict[str, Any], asked_by: int | None) -> ListJob:
    """Keep a file, encrypted, and have it looked through."""
    # Not to be taken up before the file is whole.
    job = ListJob.objects.create(
        kind=ListJob.Kind.IMPORT, state=ListJob.State.DROPPED, options=options, asked_by=asked_by
    )
    storage.write(job.pk, storage.SOURCE, pieces)
    job.state = ListJob.State.LOOKING
    job.save(update_fields=["state"])
    return job
