"""Dashboard items of the quiz: what waits for an editor."""

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import ngettext

from quiz.models import Quiz, Version
from trustsite.dashboard import DashboardItem, changelist_url


def dashboard_items(request: HttpRequest) -> Iterator[DashboardItem]:
    """Yield an item for each thing that waits."""
    if not request.user.has_perm("quiz.change_version"):
        return
    for quiz in Quiz.objects.exclude(versions__state=Version.State.LIVE):
        words = f"“{quiz.title}” has no live version, so nobody can take it."
        yield DashboardItem(None, words, reverse("admin:quiz_version_changelist"), is_urgent=True)
    number = Version.objects.filter(state=Version.State.DRAFT).count()
    words = ngettext("quiz draft isn’t released", "quiz drafts aren’t released", number)
    yield DashboardItem(
        number, words, changelist_url("quiz_version", state__exact=Version.State.DRAFT.value)
    )
