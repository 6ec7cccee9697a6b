"""Form values: what the fields of a change form say, as plain texts that can be compared and joined.

A field of the form itself goes by its name, one of an inline row by the row's key, so that rows may
change places between two forms.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.forms.boundfield import BoundField
from django.forms.widgets import Input
from django.http import HttpRequest, QueryDict

MOST_ROWS = 1000  # of an inline that are looked for; Django refuses more fields than that

Values = dict[str, str]


@dataclass(frozen=True)
class Place:
    """One field of one row: what it is called, and what is saved in it."""

    label: str
    field: forms.Field
    name: str  # of the field, within its row
    text: str  # what is saved
    prefix: str = ""  # of the formset of its row; empty for the form itself
    row: str = ""  # key of its row

    @property
    def key(self) -> str:
        """What it is known by, wherever its row stands."""
        return f"{self.prefix}#{self.row}-{self.name}" if self.prefix else self.name

    def posted_as(self, posted: QueryDict) -> str:
        """Return the name of its input in a posted form; empty when its row isn't there."""
        if not self.prefix:
            return self.name
        for number in range(MOST_ROWS):
            row = posted.get(f"{self.prefix}-{number}-id")
            if row is None:
                return ""
            if row == self.row:
                return f"{self.prefix}-{number}-{self.name}"
        return ""


def places(model_admin: admin.ModelAdmin, request: HttpRequest, row: Any) -> list[Place]:
    """Return every field that `request`'s editor may change in a saved row and its inlines."""
    form = model_admin.get_form(request, row, change=True)(instance=row)
    found = list(places_of(form))
    for prefix, formset_class, inline in _formsets(model_admin, request, row):
        formset = formset_class(instance=row, prefix=prefix, queryset=inline.get_queryset(request))
        found += places_of_rows(formset)
    return found


def places_of_rows(formset: forms.BaseModelFormSet) -> Iterator[Place]:
    """Yield the fields of a formset's saved rows."""
    for form in formset.initial_forms:
        yield from places_of(form, str(formset.prefix), str(form.instance.pk))


def places_of(form: forms.BaseForm, prefix: str = "", row: str = "") -> Iterator[Place]:
    """Yield the fields of a form that a browser posts as text."""
    instance = getattr(form, "instance", None)
    for name, field in form.fields.items():
        is_key = bool(prefix) and isinstance(field.widget, forms.HiddenInput)
        if isinstance(field, forms.FileField) or field.disabled or is_key or name == "DELETE":
            continue
        label = str(field.label or name.replace("_", " "))
        label = f"{instance}: {label}" if prefix else label
        yield Place(label[:1].upper() + label[1:], field, name, saved(form[name]), prefix, row)


def _formsets(
    model_admin: admin.ModelAdmin, request: HttpRequest, row: Any
) -> Iterator[tuple[str, Any, Any]]:
    """Yield prefix, class and inline of each formset, named as the admin names them."""
    seen: dict[str, int] = {}
    for formset_class, inline in model_admin.get_formsets_with_inlines(request, row):
        prefix = str(formset_class.get_default_prefix())
        seen[prefix] = seen.get(prefix, 0) + 1
        yield prefix if seen[prefix] == 1 else f"{prefix}-{seen[prefix]}", formset_class, inline


def saved(field: BoundField) -> str:
    """Return what a form that isn't posted shows in a field."""
    return as_text(field.value(), field.field)


def typed(field: forms.Field, posted: QueryDict, name: str) -> str:
    """Return what was posted for a field."""
    return as_text(field.widget.value_from_datadict(posted, {}, name), field)


def is_posted(field: forms.Field, posted: QueryDict, name: str) -> bool:
    """Whether a form with this field was posted: a box that isn't ticked leaves no trace."""
    return not field.widget.value_omitted_from_data(posted, {}, name)


def as_text(value: Any, field: forms.Field) -> str:
    """Return a field's value as text, whether it comes from a row or from a posted form."""
    if isinstance(field.widget, forms.MultiWidget):
        parts = value if isinstance(value, list) else field.widget.decompress(value) or []
        shown = []
        for widget, part in zip(field.widget.widgets, parts, strict=True):
            shown.append(widget.format_value(part))
        return " ".join(str(part) for part in shown if part)
    if isinstance(field.widget, forms.CheckboxInput):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set):
        return "\n".join(str(one) for one in value)
    shown_value = field.widget.format_value(value) if _is_plain(field.widget) else value
    return plain_lines(str(shown_value)) if shown_value is not None else ""


def _is_plain(widget: forms.Widget) -> bool:
    return isinstance(widget, Input | forms.Textarea)


def plain_lines(text: str) -> str:
    """Return a text with one kind of line end and nothing blank around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def put(posted: QueryDict, field: forms.Field, name: str, text: str) -> None:
    """Put a text into a posted form, as the field's inputs would send it."""
    if isinstance(field.widget, forms.CheckboxInput):
        posted.pop(name, None)
        if text == "yes":
            posted[name] = "on"
    elif isinstance(field.widget, forms.MultiWidget):
        parts = text.split(" ", len(field.widget.widgets) - 1)
        for number, suffix in enumerate(field.widget.widgets_names):  # type: ignore[attr-defined]
            posted[name + suffix] = parts[number] if number < len(parts) else ""
    elif isinstance(field.widget, forms.SelectMultiple):
        posted.setlist(name, text.split("\n") if text else [])
    else:
        posted[name] = text


def values(found: Iterable[Place]) -> Values:
    """Return what is saved, by key."""
    return {place.key: place.text for place in found}
