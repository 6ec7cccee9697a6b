import sys
from typing import Any

from django.core.management.base import BaseCommand

from articles.models import Helpline


class Command(BaseCommand):
    help = (
        "List the helplines that no person has looked up within the last 180 days, or that name no page to look them up on. "
        "Changes nothing. Exit code 0: none. 1: those listed, or no helpline at all."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        helplines = list(Helpline.objects.all())
        doubtful = [helpline for helpline in helplines if helpline.doubt]
        for line in doubtful:
            self.stdout.write(f"{line.key}: {line.name} ({line.numbers}): {line.doubt}")
        if doubtful or not helplines:
            self.stdout.write(f"{len(doubtful)} of {len(helplines)} helplines are to be looked up.")
            sys.exit(1)
        self.stdout.write(
            f"All {len(helplines)} helplines were looked up within the last 180 days."
        )
