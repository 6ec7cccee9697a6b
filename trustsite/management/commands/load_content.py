from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from articles import content_files as articles_files
from articles.api import index_pages, relate_all
from articles.content_files import Change, SyncResult
from articles.models import Article
from newsletter.issues.content_files import ContentError as NewsletterFileError
from newsletter.issues.content_files import FileChange
from newsletter.issues.content_files import emails as mail_files
from newsletter.issues.content_files import letters as letter_files
from quiz import content_files as quiz_files

FILE_ERRORS = (articles_files.ContentError, NewsletterFileError, quiz_files.ContentError)
WRITTEN = {SyncResult.NEW, SyncResult.CHANGED}


def drafts_among(changes: list[Change]) -> list[str]:
    """Return the slugs of those articles just loaded that readers don't see."""
    loaded = {change.key for change in changes if change.result in WRITTEN}
    drafts = Article.objects.filter(state=Article.State.DRAFT, slug__in=loaded)
    return list(drafts.order_by("slug").values_list("slug", flat=True))


class Command(BaseCommand):
    help = (
        "Load a content folder into the database, wholly or not at all. Rows made anew are added, rows whose file changed are "
        "brought to it. A row edited in the admin since it was last loaded or exported is refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=settings.CONTENT_DIR)
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument(
            "--check", action="store_true", help="say what would happen and write nothing"
        )
        choice.add_argument(
            "--keep",
            action="store_true",
            help="leave rows edited in the admin as they are, and go on",
        )
        parser.add_argument(
            "--force", action="store_true", help="write files over rows edited in the admin"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder, check, keep = options["folder"], options["check"], options["keep"]
        try:
            with transaction.atomic():
                written = Counter(quiz_files.load(folder))
                changes = articles_files.sync(
                    folder, force=options["force"], keep=keep, check=check
                )
                # After the articles that their links lead to.
                mails = mail_files.sync(folder, force=options["force"], keep=keep, check=check)
                letters = letter_files.sync(folder, keep=keep, check=check)
                if check:
                    transaction.set_rollback(True)
        except FILE_ERRORS as error:
            raise CommandError(f"Nothing was loaded.\n{error}") from error
        refused = [change.reason for change in changes if change.result is SyncResult.REFUSED]
        refused += [one.reason for one in (*mails, *letters) if one.result == SyncResult.REFUSED]
        if check:
            self.tell(folder, [*changes, *mails, *letters])
            if refused:
                raise CommandError("These would be refused:\n" + "\n".join(refused))
        written.update(change.kind for change in changes if change.result in WRITTEN)
        written["words of e-mails"] += sum(mail.result in WRITTEN for mail in mails)
        written["letters"] += sum(letter.result in WRITTEN for letter in letters)
        if written and not check:
            index_pages()
            relate_all()
        would = "would be " if check else ""
        self.stdout.write(
            f"{would}loaded: "
            + (", ".join(f"{n} {kind}" for kind, n in written.items() if n) or "nothing")
        )
        for slug in drafts_among(changes):
            self.stdout.write(
                f"{slug} is a draft, shown in the admin alone: it has no “published:” yet"
            )
        for reason in refused:
            self.stdout.write(f"left as it is: {reason}")

    def tell(self, folder: Path, changes: list[Change | FileChange]) -> None:
        """Say what would happen, a line each; of what is as it was, how much."""
        for change in changes:
            if change.result != SyncResult.SAME:
                place = change.file.relative_to(folder)
                name = "" if change.key == place.stem else f" {change.key}"
                self.stdout.write(f"{change.result:9}{place}{name}")
        self.stdout.write(
            f"{sum(change.result == SyncResult.SAME for change in changes)} unchanged"
        )
