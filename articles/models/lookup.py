"""Lookup of models that stand above the one that asks: what shows a source or a picture."""

from typing import Any, cast

from django.apps import apps


def articles() -> Any:
    """Return the manager of articles."""
    return cast(Any, apps.get_model("articles", "Article"))._default_manager.all()


def text_models() -> list[Any]:
    """Return the models of what readers read: articles, pages, responses."""
    return [apps.get_model("articles", name) for name in ("Article", "Page", "Response")]
