"""What tests of content files do to a folder and to rows, and how they look at what came of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError

from articles.models import Article, Helpline, Page, Picture, SlugRedirect, Source, Topic


def rewrite(folder: Path, name: str, old: str, new: str) -> None:
    file = folder / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def edit(model: Any, **values: Any) -> Any:
    """Save the one row of `model` as the admin does."""
    row = model.objects.get()
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    return row


def refusal(run: Callable[..., Any], **options: Any) -> Any:
    with pytest.raises(CommandError) as refused:
        run(**options)
    return str(refused.value)


def state_of_everything() -> Any:
    models = (Topic, Source, Picture, Helpline, Page, Article, SlugRedirect)
    rows = [list(model.objects.order_by("pk").values()) for model in models]
    for article in rows[models.index(Article)]:
        del article["nearest"], article["nearest_due"]  # found after a load, not read from files
    return rows, sorted(default_storage.listdir("pictures")[1])
