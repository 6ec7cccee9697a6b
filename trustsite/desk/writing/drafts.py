"""Drafts: what was typed into a form and isn't saved, kept by the key of the opened form and offered back.

A draft stays until its own words are saved or thrown away, whatever else is saved meanwhile.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from prose.text_diff import Row, compare
from trustsite.desk.writing import form_note
from trustsite.desk.writing.form_note import FormNote
from trustsite.desk.writing.form_values import Place, is_posted, typed
from trustsite.models import Autosave

MOST_BYTES = 512 * 1024
MOST_DRAFTS = 30  # of one text and editor; the oldest gives way
NOT_KEPT = {"csrfmiddlewaretoken", form_note.NAME}


def keep(note: FormNote, posted: QueryDict) -> Autosave | None:
    """Keep a posted form under its note's key; None when it is too long."""
    fields = {
        name: values
        for name, values in posted.lists()
        if name not in NOT_KEPT and not name.startswith("_")
    }
    if sum(len(text) for values in fields.values() for text in values) > MOST_BYTES:
        return None
    kept = {"fields": fields, "base": note.base, "saved_at": timezone.now()}
    of = {"author_id": note.user, "model": note.model, "row": note.row}
    with transaction.atomic():
        draft, is_new = Autosave.objects.update_or_create(key=note.draft, defaults={**of, **kept})
        if is_new:
            spare = Autosave.objects.filter(**of).order_by("-saved_at", "-pk")[MOST_DRAFTS:]
            Autosave.objects.filter(pk__in=[one.pk for one in spare]).delete()
    return draft


def keep_posted(posted: QueryDict) -> Autosave | None:
    """Keep a posted form for the editor whose signed note it carries, whoever sent it."""
    note = form_note.read(posted.get(form_note.NAME, ""))
    users = get_user_model().objects.filter(is_active=True, is_staff=True)
    if note is None or not users.filter(pk=note.user).exists():
        return None
    return keep(note, posted)


def of_text(user: Any, model: str, row: str) -> list[Autosave]:
    """Return `user`'s drafts of a text, the newest first."""
    return list(Autosave.objects.filter(author=user, model=model, row=row).order_by("-saved_at"))


def find(user: Any, model: str, row: str, key: str) -> Autosave | None:
    """Return one of `user`'s drafts of a text: the newest for no key, or “1”."""
    drafts = of_text(user, model, row)
    if key in {"", "1"}:
        return drafts[0] if drafts else None
    return next((draft for draft in drafts if draft.key == key), None)


def forget(keys: Iterable[str]) -> None:
    """Throw drafts away."""
    Autosave.objects.filter(key__in=list(keys)).delete()


def as_posted(draft: Autosave) -> QueryDict:
    """Return a draft's fields as they were posted."""
    posted = QueryDict(mutable=True)
    for name, values in draft.fields.items():
        posted.setlist(name, values)
    return posted


def differences(draft: Autosave, found: list[Place]) -> list[tuple[str, list[Row]]]:
    """Return, for each field that a draft changes, its label and both texts side by side."""
    posted = as_posted(draft)
    results = []
    for place in found:
        name = place.posted_as(posted)
        if not name or not is_posted(place.field, posted, name):
            continue
        if rows := compare(place.text, typed(place.field, posted, name)):
            results.append((place.label, rows))
    return results


def initial(draft: Autosave, form: Any) -> dict[str, Any]:
    """Return a draft's fields as a form of its row shows them."""
    posted = as_posted(draft)
    results = {}
    for name, field in form.fields.items():
        input_name = form.add_prefix(name)
        if is_posted(field, posted, input_name):
            results[name] = field.widget.value_from_datadict(posted, {}, input_name)
    return results
