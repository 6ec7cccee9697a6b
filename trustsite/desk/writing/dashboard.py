"""What the writing pages hold that waits, for the desk's first page: words typed and not saved."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse

from trustsite.dashboard import DashboardItem
from trustsite.models import Autosave

OWN_LINE = "articles.article"  # articles have lines of their own, with a list of just these


def dashboard_items(request: HttpRequest) -> Iterator[DashboardItem]:
    """Yield a line for each kind of text that holds words this person hasn't saved."""
    user: Any = request.user
    kept = Autosave.objects.filter(author=user).exclude(model=OWN_LINE)
    rows = defaultdict(set)
    for model, row in kept.values_list("model", "row"):
        rows[model].add(row)
    for label, keys in sorted(rows.items()):
        opts = apps.get_model(label)._meta
        if user.has_perm(f"{opts.app_label}.change_{opts.model_name}"):
            name = opts.verbose_name if len(keys) == 1 else opts.verbose_name_plural
            words = f"{name} with words you haven’t saved"
            yield DashboardItem(len(keys), words, _address(opts, keys))


def _address(opts: Any, keys: set[str]) -> str:
    """Return where the words are: the one text, or the list."""
    base = f"admin:{opts.app_label}_{opts.model_name}"
    if len(keys) > 1:
        return reverse(f"{base}_changelist")
    [key] = keys
    return reverse(f"{base}_change", args=[key]) if key else reverse(f"{base}_add")
