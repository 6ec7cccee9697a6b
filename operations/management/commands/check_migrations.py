"""`manage.py check_migrations`: whether the last release's code can still write after the migrations since."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations.upgrading import migration_rules, released


class Command(BaseCommand):
    help = "Look at the migrations since the last release, and refuse what its code couldn’t live with. `make check` runs it."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if problems := migration_rules.problems():
            words = "\n".join(problems)
            raise CommandError(f"{released.version()} must be able to write after these:\n{words}")
