from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from trustsite.web import fonts


class Command(BaseCommand):
    help = "Cut the web fonts from their packages into build/fonts. Files that are there already are kept."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        for file in fonts.build(settings.BUILD_DIR / "fonts"):
            self.stdout.write(f"{file.name}: {file.stat().st_size / 1024:.0f} KB")
