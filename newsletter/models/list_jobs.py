"""List jobs: work on the whole list that a person asked for and the worker does, with progress."""

from typing import Any

from django.db import models
from django.utils import timezone


class ListJob(models.Model):
    """A file that is brought in, or mails that are sent again. It holds no address."""

    class Kind(models.TextChoices):
        IMPORT = "import", "Bring in a list"
        RESEND = "resend", "Send mails again"

    class State(models.TextChoices):
        LOOKING = "looking", "Being looked through"
        LOOKED = "looked", "Looked through; waits for a word"
        WORKING = "working", "At work"
        DONE = "done", "Done"
        FAILED = "failed", "Not done"
        DROPPED = "dropped", "Thrown away"

    AT_WORK = [State.LOOKING, State.WORKING]

    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State)
    options = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)  # entries by what becomes, or became, of them
    cursor = models.BigIntegerField(default=0)  # how far it has got
    total = models.BigIntegerField(null=True)
    problem = models.CharField(max_length=300, blank=True)
    asked_by = models.BigIntegerField(null=True)  # the key of who asked
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(default=timezone.now)  # held by a worker until then

    def __str__(self) -> str:
        return f"List job {self.pk}"

    @property
    def is_at_work(self) -> bool:
        """Whether the worker has something to do."""
        return self.state in self.AT_WORK

    def count(self, **numbers: Any) -> None:
        """Add to the counts."""
        for name, number in numbers.items():
            self.counts[name] = self.counts.get(name, 0) + number
