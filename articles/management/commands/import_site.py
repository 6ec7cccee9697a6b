from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles.importing import jobs
from articles.importing.items import UnreadableExportError
from articles.models import ImportJob


class Command(BaseCommand):
    help = (
        "Bring in another site: an export of WordPress (XML) or Ghost (JSON). Its posts and pages become drafts, its "
        "pictures come from a ZIP file, its old addresses lead on. Nothing is fetched from anywhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("export", type=Path)
        parser.add_argument("--pictures", type=Path, help="a ZIP file with the site's pictures")
        parser.add_argument(
            "--check", action="store_true", help="say what would become of each and save nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        pictures = options["pictures"]
        try:
            job = jobs.receive(
                options["export"].name,
                [options["export"].read_bytes()],
                [pictures.read_bytes()] if pictures else None,
                None,
            )
        except (OSError, UnreadableExportError) as error:
            raise CommandError(str(error)) from error
        jobs.run(job)
        if job.state == ImportJob.State.LOOKED and not options["check"]:
            jobs.say_yes(job)
            job.refresh_from_db()
            jobs.run(job)
        if job.state == ImportJob.State.FAILED:
            raise CommandError(job.problem)
        self.tell(job)
        if options["check"]:
            jobs.drop(job)

    def tell(self, job: ImportJob) -> None:
        """Say what became of each, or would."""
        for outcome in job.outcomes:
            here = f" /articles/{outcome['slug']}/" if outcome["slug"] else ""
            self.stdout.write(f"{outcome['becomes']:9}{outcome['title']}{here}")
            for remark in outcome["remarks"]:
                self.stdout.write(f"         {remark}")
        counts = ", ".join(f"{number} {name}" for name, number in sorted(job.counts.items()))
        self.stdout.write(f"{job.program}: {counts}")
