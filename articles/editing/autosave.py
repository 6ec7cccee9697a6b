"""Autosave: what an editor has typed and not saved, kept beside the article and offered back."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.views.decorators.csrf import csrf_exempt

from articles.editing.article_form import ArticleForm, read_form_token
from articles.models import Article, Autosave, Topic
from prose.text_diff import Row, compare

MOST_BYTES = 512 * 1024
NOT_KEPT = {"csrfmiddlewaretoken", "form_token", "initial-updated_at_0", "initial-updated_at_1"}
FORMER_NAMES = {"dek": "standfirst"}  # of fields, in autosaves from before they changed
View = Callable[..., HttpResponse]


def keep(user: Any, article: Article | None, posted: QueryDict, base: Any) -> Autosave | None:
    """Keep the fields of a posted form as `user`'s draft of `article` (None: of a new one)."""
    fields = {
        name: values
        for name, values in posted.lists()
        if name not in NOT_KEPT and not name.startswith("_")
    }
    if sum(len(text) for values in fields.values() for text in values) > MOST_BYTES:
        return None
    draft, _ = Autosave.objects.update_or_create(
        article=article, author=user, defaults={"fields": fields, "base": base}
    )
    return draft


def keep_posted(posted: QueryDict) -> Autosave | None:
    """Keep a posted form for the editor whose signed note it carries, whoever sent it."""
    user_pk, article_pk, base = read_form_token(posted.get("form_token", ""))
    user = get_user_model().objects.filter(pk=user_pk or 0, is_active=True, is_staff=True).first()
    article = Article.objects.filter(pk=article_pk).first() if article_pk else None
    if user is None or (article_pk and article is None):
        return None
    return keep(user, article, posted, base)


def offered(user: Any, article: Article | None) -> Autosave | None:
    """Return `user`'s draft of `article` if it says anything else than what is saved."""
    draft = Autosave.objects.filter(author=user, article=article).first()
    return draft if draft and differences(draft) else None


def forget(user: Any, article: Article | None) -> None:
    """Throw a draft away."""
    Autosave.objects.filter(author=user, article=article).delete()


def as_posted(draft: Autosave) -> QueryDict:
    """Return a draft's fields as they were posted."""
    posted = QueryDict(mutable=True)
    for name, values in draft.fields.items():
        posted.setlist(FORMER_NAMES.get(name, name), values)
    return posted


def initial(draft: Autosave) -> dict[str, Any]:
    """Return a draft's fields as a form shows them."""
    posted = as_posted(draft)
    fields = ArticleForm.base_fields
    return {
        name: field.widget.value_from_datadict(posted, {}, name)
        for name, field in fields.items()
        if name != "form_token" and _is_in(posted, field, name)
    }


def _is_in(posted: QueryDict, field: forms.Field, name: str) -> bool:
    return isinstance(field.widget, forms.CheckboxInput) or name in posted or f"{name}_0" in posted


def differences(draft: Autosave) -> list[tuple[str, list[Row]]]:
    """Return, for each field that a draft changes, its label and both texts side by side."""
    return differing(draft.article, initial(draft))


def differing(article: Article | None, typed: dict[str, Any]) -> list[tuple[str, list[Row]]]:
    """Return, for each field whose typed value isn't that of `article`, its label and both texts
    side by side.
    """
    saved = ArticleForm(instance=article) if article else ArticleForm()
    results = []
    for name, field in saved.fields.items():
        if name in typed and (
            rows := compare(_text(saved[name].value(), field), _text(typed[name], field))
        ):
            results.append((str(field.label or name), rows))
    return results


def _text(value: Any, field: forms.Field) -> str:
    """Return a field's value as text that can be compared with what was posted."""
    if isinstance(field.widget, forms.MultiWidget):
        parts = value if isinstance(value, list) else field.widget.decompress(value) or []
        shown = [
            widget.format_value(part)
            for widget, part in zip(field.widget.widgets, parts, strict=True)
        ]
        return " ".join(str(part) for part in shown if part)
    if isinstance(field.widget, forms.CheckboxInput):
        return "yes" if value else "no"
    return "" if value is None else str(value).strip()


def keep_post_on_logout(view: View) -> View:
    """Keep what is posted to `view` when its editor's login has run out, or another tab has renewed
    it.
    """

    @csrf_exempt  # `view` checks it itself; this way what was typed is kept when it refuses
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        logged_out = response.status_code == 302 and not request.user.is_authenticated
        if (
            request.method == "POST"
            and (logged_out or response.status_code == 403)
            and keep_posted(request.POST)
        ):
            return response if logged_out else HttpResponseRedirect(request.path)
        return response

    return inner


def unsaved(posted: QueryDict) -> Article:
    """Return an article made of a posted form, as far as it is valid; nothing is saved."""
    form = ArticleForm(posted)
    form.full_clean()
    article: Article = form.instance
    for name, value in form.cleaned_data.items():
        setattr(article, name, value)
    article.body = posted.get("body", "")
    if article.topic_id is None:
        article.topic = Topic.objects.first() or Topic(slug="topic", title="Topic")
    article.slug = article.slug or "preview"
    article.render()
    return article
