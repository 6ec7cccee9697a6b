"""A text as it stands in a form that isn't saved: for its preview, its findings and a link that shows the newest words."""

from typing import Any

from articles.models import MarkdownModel, Topic


def text_of(form: Any) -> MarkdownModel:
    """Return the text of a posted form, as far as it is valid; nothing is saved."""
    form.full_clean()
    text: Any = form.instance
    for name, value in form.cleaned_data.items():
        setattr(text, name, value)
    text.body = form.data.get("body", "")
    if hasattr(text, "topic_id") and text.topic_id is None:
        text.topic = Topic.objects.first() or Topic(slug="topic", title="Topic")
    for name in ("slug", "key"):
        if hasattr(text, name):
            setattr(text, name, getattr(text, name) or "preview")
    text.render()
    return text  # type: ignore[no-any-return]
