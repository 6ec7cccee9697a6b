"""`manage.py document_settings`: the table of settings and the example file."""

from typing import Any

from django.core.management.base import BaseCommand

from trustsite.configuration import settings_docs


class Command(BaseCommand):
    help = (
        "Write the table of settings into docs/operators.md, and .env.example, from the one list."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        for path in settings_docs.write():
            self.stdout.write(f"written: {path.name}")
