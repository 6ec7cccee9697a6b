"""Used in: the page that comes before a row goes.

It names every text that uses the row, asks what is to become of the links, shows what each text
would say, and then does all of it or nothing.
"""

from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_POST

from articles.editing import relinking, removing
from articles.editing.relinking import Choice, Order, TextChange
from articles.linking import uses
from articles.linking.uses import Use, Uses
from trustsite.desk.rows import RowNotesMixin

MOST_NAMED = 300  # texts named on one page
MOST_ROWS = 100  # rows deleted at a time
FEW = 5  # texts named beside a field
KINDS = {
    "article": ("article", "articles"),
    "page": ("page", "pages"),
    "response": ("response text", "response texts"),
    "snippet": ("snippet", "snippets"),
    "redirect": ("redirect", "redirects"),
    "letter": ("letter", "letters"),
    "mail": ("mail", "mails"),
}
NAME_FIELDS = {
    "topic": "slug",
    "article": "slug",
    "page": "slug",
    "response": "key",
    "source": "key",
    "offer": "key",
    "snippet": "key",
    "redirect": "path",
}
SHOWN = {*NAME_FIELDS, "picture", "helpline"}  # whose forms say where they are used
RENAMED = "Choose what becomes of the links before it gets another name."


class UsesForm(forms.Form):
    """What is to become of the links to what goes."""

    links = forms.ChoiceField(choices=[], widget=forms.RadioSelect, required=False)
    to = forms.CharField(required=False, max_length=200)
    other = forms.CharField(required=False, max_length=200)
    withdrawn_note = forms.CharField(
        required=False,
        max_length=240,
        label="Why it goes",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Readers see this sentence. Plain, and no blame.",
    )

    def __init__(self, *args: Any, rows: list[Any], act: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows, self.act = rows, act
        self.offered = removing.choices(rows, act)
        self.fields["links"].choices = [(one.value, one.value) for one in self.offered]  # type: ignore[attr-defined]

    @property
    def choice(self) -> Choice:
        """What was chosen, or else what hurts least."""
        return Choice(self.cleaned_data.get("links") or self.offered[0])

    @property
    def target(self) -> str:
        """Where links are to lead, or the key to stand in the place of one that goes."""
        return str(self.cleaned_data.get("other") or self.cleaned_data.get("to") or "").strip()

    def clean(self) -> dict[str, Any]:
        """Ask for a reason to withdraw, and for a place that is there."""
        data = super().clean() or self.cleaned_data
        if self.act == "withdraw" and not data.get("withdrawn_note", "").strip():
            self.add_error("withdrawn_note", "Say in a line why it goes: its address shows it.")
        if not self.errors and self.choice in {Choice.LEAD, Choice.REPLACE}:
            needs_one = self.choice is Choice.REPLACE
            if problem := removing.target_problem(self.rows, self.target, needs_one=needs_one):
                self.add_error("other", problem)
        return data


class UsesMixin(RowNotesMixin):
    """An admin that names what uses a row before the row is deleted, withdrawn or renamed."""

    # -- on the form of a row

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if self._asks_of_links(obj):
            kwargs["form"] = form_with_links(kwargs.get("form", self.form), obj)
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, "used_in") if obj and self.opts.model_name in SHOWN else fields

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        left_out = set() if self._asks_of_links(obj) else {"links"}
        left_out |= set() if obj else {"used_in"}
        return without_fields(super().get_fieldsets(request, obj), left_out)

    def _asks_of_links(self, obj: Any) -> bool:
        return bool(obj and obj.pk and self.opts.model_name in NAME_FIELDS and uses.number(obj))

    @admin.display(description="used in")
    def used_in(self, row: Any) -> str:
        """The first texts that use it, and the way to all of them."""
        found = uses.of(row, FEW)
        if not found.number:
            return "No text."
        named = format_html_join(
            ", ", '<a href="{}">{}</a>', ((one.url, one.title) for one in found.listed)
        )
        where = self._address("uses", row.pk)
        more = (
            format_html(' and <a href="{}">{} more</a>', where, found.number - FEW)
            if found.number > FEW
            else ""
        )
        return format_html("{}{}", named, more)

    def note_rows(self, rows: list[Any]) -> None:
        """Write on each row in how many texts it is used."""
        super().note_rows(rows)
        counted = uses.numbers(rows)
        for row in rows:
            row.number_of_uses = counted[row.pk]

    @admin.display(description="used in")
    def uses_count(self, row: Any) -> str:
        """In how many texts of ours it is used, with the way to them."""
        if not row.number_of_uses:
            return ""
        where = self._address("uses", row.pk)
        return format_html('<a href="{}">{}</a>', where, _count(row.number_of_uses))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        replaces = bool(form) and form.cleaned_data.get("links") == Choice.REPLACE
        stored = self.model._default_manager.filter(pk=obj.pk).first() if replaces else None
        super().save_model(request, obj, form, change)
        if stored is not None:
            order = Order(tuple(uses.targets(stored)), removing.name_of(obj), keeps_anchors=True)
            found = uses.of(stored, relinking.MOST)
            changes = relinking.plan(found.listed, order, request.user)
            changed = self._relink(request, changes, f"Its link to “{obj}” leads to the new name.")
            messages.success(request, f"The new name stands in {_count(len(changed))}.")
            _tell_left(request, changes)

    # -- before it goes

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("<path:object_id>/uses/", view(self.uses_view), name=f"{name}_uses"),
            path("delete-used/", view(require_POST(self.delete_used)), name=f"{name}_delete_used"),
            *super().get_urls(),
        ]

    def get_actions(self, request: HttpRequest) -> Any:
        actions: Any = super().get_actions(request)
        if "delete_selected" in actions:
            _, name, description = actions["delete_selected"]
            actions["delete_selected"] = (_delete_chosen, name, description)
        return actions

    def delete_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Delete a row; of one that something hangs on, ask first what becomes of that."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_delete_permission(request, row) or self.must_stay(row):
            return super().delete_view(request, object_id, *args, **kwargs)
        is_confirmed = "post" in request.POST and "act" not in request.POST
        is_used = bool(uses.of(row, 1).number)
        if is_confirmed and (not is_used or removing.guards_itself(row)):
            return super().delete_view(request, object_id, *args, **kwargs)
        if not (is_used or removing.notes(row)):
            return super().delete_view(request, object_id, *args, **kwargs)
        return self.ask_of_links(request, [row], "delete")

    def must_stay(self, row: Any) -> bool:
        """Whether it isn't deleted whatever becomes of its uses; Django’s page says why."""
        return removing.must_stay(row)

    def delete_used(self, request: HttpRequest) -> HttpResponse:
        """Delete several rows that texts use, once it is said what becomes of the links."""
        keys = [pk for pk in request.POST.getlist("chosen")[:MOST_ROWS] if pk.isdecimal()]
        rows = list(self.get_queryset(request).filter(pk__in=keys))
        if not rows:
            return redirect(self._address("changelist"))
        return self.ask_of_links(request, rows, "delete")

    def uses_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """List all that uses a row; a post puts its present address where old ones stand."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        former = uses.targets(row)[1:]
        if request.method == "POST" and former:
            order = Order(tuple(former), removing.name_of(row), keeps_anchors=True)
            found = uses.of_targets(former, most=relinking.MOST)
            changes = relinking.plan(found.listed, order, request.user)
            changed = self._relink(
                request, changes, f"Its link to “{row}” leads to the present address."
            )
            messages.success(request, f"The present address stands in {_count(len(changed))}.")
            _tell_left(request, changes)
            return redirect(self._address("uses", row.pk))
        extra = {"outdated": uses.of_targets(former, most=0).editable}
        return self._uses_page(request, [row], "look", uses.of(row, MOST_NAMED), extra)

    def ask_of_links(self, request: HttpRequest, rows: list[Any], act: str) -> HttpResponse:
        """Ask what becomes of the links, show what each text would say, then do it."""
        for row in rows:
            if act == "delete" and not self.has_delete_permission(request, row):
                raise PermissionDenied
        found = _merged(rows)
        posted = request.POST if "act" in request.POST else None
        form = UsesForm(posted, rows=rows, act=act, initial=self._initial(rows, act))
        extra: dict[str, Any] = {"form": form}
        if posted is None or not form.is_valid() or "look" in posted:
            return self._uses_page(request, rows, act, found, extra, 422 if form.errors else 200)
        changes, seen = self._changes(request, form, found), ""
        if changes:
            seen = relinking.fingerprint(changes)
            if posted.get("seen") != seen:
                extra |= {"changes": changes, "seen": seen}
                return self._uses_page(request, rows, act, found, extra)
        return self._do(request, form, changes, found.editable)

    def _changes(self, request: HttpRequest, form: UsesForm, found: Uses) -> list[TextChange]:
        if form.choice not in {Choice.REPLACE, Choice.TAKE_OUT}:
            return []
        names = tuple(name for row in form.rows for name in uses.targets(row))
        new = form.target if form.choice is Choice.REPLACE else ""
        order = Order(names, removing.written(form.rows[0], new))
        return relinking.plan(found.listed[: relinking.MOST], order, request.user)

    def _do(
        self, request: HttpRequest, form: UsesForm, changes: list[TextChange], number: int
    ) -> HttpResponse:
        """Change the texts, then take the rows away; all of it or nothing."""
        names, act, rows = ", ".join(f"“{row}”" for row in form.rows), form.act, form.rows
        try:
            with transaction.atomic():
                _refuse_what_stays_broken(rows, changes)
                changed = self._relink(
                    request, changes, f"Its links to {names} were changed: that goes."
                )
                if number > relinking.MOST and changes:
                    messages.warning(
                        request,
                        f"{_count(len(changed))} changed. Nothing else has yet: there are more. Go on.",
                    )
                    return (
                        redirect(request.path)
                        if act == "withdraw"
                        else redirect(self._address("change", rows[0].pk))
                    )
                for row in rows:
                    self._take_away(request, form, row)
        except ProtectedError as error:
            messages.error(request, f"{error.args[0]} Nothing has changed.")
            return redirect(self._address("change", rows[0].pk))
        done = "Withdrawn" if act == "withdraw" else "Deleted"
        left = uses_left(rows, form)
        messages.success(request, f"{done}: {names}. {_said(form, changed, left)}")
        return redirect(self._address("changelist"))

    def _take_away(self, request: HttpRequest, form: UsesForm, row: Any) -> None:
        target = form.target if form.choice is Choice.LEAD else ""
        if form.act == "withdraw":
            removing.withdraw(row, form.cleaned_data["withdrawn_note"].strip(), target)
            self.log_change(request, row, f"Withdrawn. {form.cleaned_data['withdrawn_note']}")
            return
        self.log_deletions(request, type(row)._default_manager.filter(pk=row.pk))
        address = removing.address(row)
        self.delete_model(request, row)
        removing.lead_on(address, target)

    def _relink(self, request: HttpRequest, changes: list[TextChange], why: str) -> list[Any]:
        user: Any = request.user
        changed = relinking.apply(changes, why)
        for text in changed:
            LogEntry.objects.create(
                user=user,
                content_type=ContentType.objects.get_for_model(text),
                object_id=text.pk,
                object_repr=str(text)[:200],
                action_flag=CHANGE,
                change_message=why,
            )
        return changed

    # -- the page

    def _initial(self, rows: list[Any], act: str) -> dict[str, Any]:
        places = removing.places(rows)
        return {"links": removing.choices(rows, act)[0], "to": places[0][0] if places else ""}

    def _uses_page(
        self,
        request: HttpRequest,
        rows: list[Any],
        act: str,
        found: Uses,
        extra: dict[str, Any],
        status: int = 200,
    ) -> HttpResponse:
        verb = {"withdraw": "Withdraw", "delete": "Delete"}.get(act, "")
        name = f"“{rows[0]}”" if len(rows) == 1 else f"{len(rows)} {self.opts.verbose_name_plural}"
        form = extra.get("form")
        places = removing.places(rows) if form else []
        context = {
            **self.admin_site.each_context(request),
            "title": f"{verb} {name}" if verb else f"Where {name} is used",
            "opts": self.opts,
            "rows": rows,
            "original": rows[0],
            "act": act,
            **_listed(request.user, found),
            "notes": [note for row in rows for note in removing.notes(row)],
            "places": places,
            "is_page": bool(removing.address(rows[0])),
            "choices": _described(form.offered, found, rows) if form else [],
            "chosen": (form.data.get("links") if form and form.is_bound else "")
            or (form.initial["links"] if form else ""),
            "reader": removing.reader_sees(rows[0], form) if form and act == "withdraw" else None,
            **extra,
        }
        return render(request, "admin/articles/uses.html", context, status=status)

    def _address(self, view: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{view}", args=args)


def without_fields(fieldsets: Any, names: Collection[str]) -> list[tuple[Any, dict[str, Any]]]:
    """Return fieldsets without the fields of these names."""
    kept = []
    for title, options in fieldsets:
        fields = [name for name in options["fields"] if name not in names]
        kept.append((title, {**options, "fields": fields}))
    return kept


def form_with_links(base: type[forms.ModelForm], row: Any) -> type[forms.ModelForm]:
    """Return a form of a row that asks what becomes of the links when the row's name changes."""
    name_field = NAME_FIELDS[row._meta.model_name]
    is_page = bool(removing.address(row))
    choices = [("", "Its name stays"), (Choice.REPLACE.value, "Put the new name into all of them")]
    if is_page:
        choices.insert(1, (Choice.LEAD.value, "Leave the links; the old address leads on"))

    class FormWithLinks(base):  # type: ignore[valid-type,misc]
        data: Any
        links = forms.ChoiceField(
            required=False,
            choices=choices,
            label="Links to it",
            help_text="Asked for when its name in addresses and texts changes.",
        )

        def clean(self) -> dict[str, Any]:
            data: dict[str, Any] = super().clean() or self.cleaned_data
            if self.errors or name_field not in self.changed_data:
                return data
            if data.get("links"):
                self.instance.carries_its_uses = True
                return data
            found = uses.of(row, FEW)
            self.add_error(None, f"Used in {_named(found)}. {RENAMED}")
            self.data = self.data.copy()
            self.data[self.add_prefix("links")] = choices[1][0]
            return data

    return FormWithLinks


def _delete_chosen(
    modeladmin: Any, request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse | None:
    """Delete the chosen rows; of those that something hangs on, ask first what becomes of that."""
    rows = list(queryset[: MOST_ROWS + 1])
    if len(rows) > MOST_ROWS:
        messages.error(request, f"Choose at most {MOST_ROWS} at a time. Nothing has changed.")
        return None
    is_confirmed = "post" in request.POST
    hangs = any(
        uses.of(row, 1).number or (removing.notes(row) and not is_confirmed) for row in rows
    )
    may = all(modeladmin.has_delete_permission(request, row) for row in rows)
    if may and hangs and not any(modeladmin.must_stay(row) for row in rows):
        page: HttpResponse = modeladmin.ask_of_links(request, rows, "delete")
        return page
    return delete_selected(modeladmin, request, queryset)


def _refuse_what_stays_broken(rows: list[Any], changes: list[TextChange]) -> None:
    """Raise ProtectedError when a text would go on citing or showing what is no longer there."""
    stuck = [one for one in changes if one.problem]
    if stuck and rows[0]._meta.model_name in uses.KEYED:
        said = " ".join(f"“{one.text}” can’t be changed: {one.problem}" for one in stuck[:FEW])
        raise ProtectedError(said, set(rows))


def uses_left(rows: list[Any], form: UsesForm) -> int:
    """Return how many texts still lead to what went; none when readers are led on."""
    if form.choice is Choice.LEAD and form.target:
        return 0
    names = [name for row in rows for name in uses.targets(row)]
    return uses.of_targets(names, most=0).editable


def _merged(rows: list[Any]) -> Uses:
    """Return what uses any of the rows, each text once; the rows themselves go and don't count."""
    names = [name for row in rows for name in uses.targets(row)]
    return uses.of_targets(names, rows, MOST_NAMED)


def dead_links_page(admin_of_articles: Any, request: HttpRequest) -> HttpResponse:
    """List the texts that readers see and that lead to an article taken back, which leads nowhere."""
    found = uses.leading_nowhere(MOST_NAMED)
    context = {
        **admin_of_articles.admin_site.each_context(request),
        "title": "Texts that lead to an article that was withdrawn",
        "opts": admin_of_articles.opts,
        "rows": [],
        "act": "look",
        **_listed(request.user, found),
    }
    return render(request, "admin/articles/uses.html", context)


def _may_see(user: Any, use: Use) -> bool:
    models = {"letter": "newsletter.view_letter", "mail": "newsletter.view_emailwords"}
    return bool(user.has_perm(models.get(use.kind, f"articles.view_{use.kind}")))


def _listed(user: Any, found: Uses) -> dict[str, Any]:
    """Return what the page says of the texts: how many there are, and those it names, by kind."""
    shown = [one for one in found.listed if _may_see(user, one)]
    return {
        "number": found.number,
        "groups": list(_groups(found, shown)),
        "more": found.number - len(shown),
    }


def _groups(found: Uses, shown: list[Use]) -> Iterator[dict[str, Any]]:
    """Yield the texts by kind, each kind with its name and what is special about some."""
    order = list(KINDS)
    for kind, group in groupby(
        sorted(shown, key=lambda one: order.index(one.kind)), lambda one: one.kind
    ):
        number = found.numbers[kind]
        yield {
            "name": f"{number} {KINDS[kind][number != 1]}",
            "uses": list(group),
            "checked": found.checked if kind == "article" else 0,
        }


def _described(offered: list[Choice], found: Uses, rows: list[Any]) -> list[dict[str, str]]:
    """Return each choice as the page offers it, in words."""
    number, fixed = found.editable, found.number - found.editable
    stays = " Letters, mails and redirects stay as they are." if fixed else ""
    words = {
        Choice.LEAD: (
            "Lead readers on",
            "The links stay as they are. Who follows one, here or from elsewhere, reads on at the page you choose.",
        ),
        Choice.REPLACE: (
            f"Put another in all {number}" if number != 1 else "Put another in its place",
            f"Each text gets a new state in its history. You see all of them before anything is saved.{stays}",
        ),
        Choice.TAKE_OUT: (
            "Take them out and keep the words",
            f"{_count(number)} would change; a check of one that changes no longer counts. "
            f"You see all of them before anything is saved.{stays}",
        ),
        Choice.LEAVE: (
            "Leave everything as it is",
            "Who follows a link finds that the page is gone. The desk’s first page counts the texts that are left with one.",
        ),
    }
    return [
        {"value": one.value, "title": words[one][0], "detail": words[one][1]} for one in offered
    ]


def _named(found: Uses) -> str:
    names = ", ".join(f"“{one.title}”" for one in found.listed)
    return f"{names} and {found.number - FEW} more" if found.number > FEW else names


def _count(number: int) -> str:
    return f"{number} text{'' if number == 1 else 's'}"


def _said(form: UsesForm, changed: list[Any], left: int) -> str:
    if form.choice is Choice.LEAD and form.target:
        return f"Readers are led on to {form.target}."
    told = [f"{_count(len(changed))} changed."] if changed else []
    told += [f"{_count(left)} still lead{'s' if left == 1 else ''} there."] if left else []
    return " ".join(told) or "Nothing led there."


def _tell_left(request: HttpRequest, changes: list[TextChange]) -> None:
    for one in changes:
        if one.problem:
            messages.warning(request, f"“{one.text}” stayed as it is. {one.problem}")
