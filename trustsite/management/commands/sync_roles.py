"""`manage.py sync_roles`: the roles as groups."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from trustsite import roles


class Command(BaseCommand):
    help = "Make the groups of the roles, with their permissions. Harmless to repeat; who is in which stays."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for role, number in roles.sync().items():
            if number and options["verbosity"]:
                self.stdout.write(f"{role}: {number} permissions changed.")
