"""System checks of the quiz, run where the database is at hand."""

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError

from quiz.models import Version


@register(Tags.database)
def live_versions_meet_the_rules(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Check the live versions against the rules.

    Each was checked when it was released; the rules, or a row changed by hand, may be newer.
    """
    if not databases:
        return []
    try:
        live = list(Version.objects.live().with_questions())
    except DatabaseError:  # before the first migration there is no table
        return []
    return [_warning(version, problems) for version in live if (problems := version.problems())]


def _warning(version: Version, problems: list[str]) -> CheckMessage:
    return Warning(
        f"{version} has faults: {' '.join(problems)}",
        hint="Make a new draft of it in the admin, change what is named, and release it.",
        id="quiz.W001",
    )
