"""What a writing page shows beside its fields: drafts that are offered, its parts, the way to the first error."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms

from prose.text_diff import Row
from trustsite.desk.writing import drafts
from trustsite.desk.writing.form_values import Place
from trustsite.models import Autosave

MOST_OFFERED = 5  # drafts of one text that are shown; older ones follow when these are dealt with
MOST_ROWS = 100  # of an inline that a draft adds
MOST_FACTS = 3  # that a folded part shows

Offer = tuple[Autosave, list[tuple[str, list[Row]]]]


@dataclass(frozen=True)
class Part:
    """A part of the form that folds; `facts` say what is in it while it is folded."""

    name: str
    facts: str
    is_open: bool
    fieldset: Any  # of Django’s admin


@dataclass(frozen=True)
class Step:
    """A button of the bar that saves and does something more."""

    name: str
    label: str


def parts(admin_form: Any) -> Iterator[Part]:
    """Yield the parts of a form. One that holds an error, or lacks what it can't be without, is open."""
    form = admin_form.form
    for fieldset in admin_form:
        names: list[str] = []
        for line in fieldset.fields:
            names += [line] if isinstance(line, str) else line
        shown = [name for name in names if name in form.fields]
        is_open = any(_asks(form, name) for name in shown)
        yield Part(fieldset.name or "", " · ".join(_facts(form, shown)), is_open, fieldset)


def _asks(form: Any, name: str) -> bool:
    is_empty = form[name].value() in (None, "") if form.fields[name].required else False
    return is_empty or (form.is_bound and name in form.errors)


def _facts(form: Any, names: list[str]) -> list[str]:
    found = []
    for name in names:
        found.append(_fact(form.fields[name], form[name].value()))
    return [fact for fact in found if fact][:MOST_FACTS]


def _fact(field: forms.Field, value: Any) -> str:
    if isinstance(field.widget, forms.CheckboxInput):
        return str(field.label) if value else ""
    if isinstance(field, forms.ChoiceField | forms.ModelChoiceField) and value not in (None, ""):
        choices: Any = field.choices
        labels = {str(key): str(label) for key, label in choices}
        return labels.get(str(value), "")
    return ""


def offers(own: list[Autosave], found: list[Place], shown: str) -> Iterator[Offer]:
    """Yield the drafts that say something else than what is saved, each with what differs."""
    number = 0
    for draft in own:
        if draft.key == shown or number == MOST_OFFERED:
            continue
        if differences := drafts.differences(draft, found):
            number += 1
            yield draft, differences


def of_others(user: Any, model: str, row: str) -> list[Autosave]:
    """Return the newest draft that each other editor has of a text."""
    if not row:
        return []
    kept = Autosave.objects.filter(model=model, row=row).exclude(author=user)
    latest: dict[int, Autosave] = {}
    for draft in kept.select_related("author").order_by("-saved_at")[: drafts.MOST_DRAFTS]:
        latest.setdefault(draft.author_id, draft)
    return list(latest.values())


def fill(context: dict[str, Any], draft: Autosave) -> None:
    """Show a draft in the form and in its inlines, rows that were added too."""
    form = context["adminform"].form
    form.initial |= drafts.initial(draft, form)
    posted = drafts.as_posted(draft)
    for inline in context["inline_admin_formsets"]:
        formset = inline.formset
        total = posted.get(f"{formset.prefix}-TOTAL_FORMS", "")
        begun = posted.get(f"{formset.prefix}-INITIAL_FORMS", "")
        if total.isdecimal() and begun.isdecimal() and int(begun) == formset.initial_form_count():
            formset.extra = min(int(total) - int(begun), MOST_ROWS)
            del formset.forms
            for one in formset.forms:
                one.initial |= drafts.initial(draft, one)


def lead_in(context: dict[str, Any], *, is_new: bool) -> None:
    """Give the focus to the first field with an error, or to the first of a new form."""
    for form in _forms(context):
        for name, field in form.fields.items():
            is_first = is_new and not form.is_bound and not field.widget.is_hidden
            if is_first or (form.is_bound and name in form.errors):
                widget = getattr(field.widget, "widgets", [field.widget])[0]
                widget.attrs["autofocus"] = True
                return


def _forms(context: dict[str, Any]) -> Iterator[Any]:
    yield context["adminform"].form
    for inline in context["inline_admin_formsets"]:
        yield from inline.formset.forms
