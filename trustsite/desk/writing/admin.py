"""Admin of what is written: one mixin for every model whose change form must lose nothing.

A draft of each opened form, a save that joins what others saved meanwhile, no save of what says the
same, who else is here, and a login that runs out without taking the words along.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import BaseModelFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from trustsite.desk.writing import drafts, form_note, page, presence
from trustsite.desk.writing.form_note import FormNote
from trustsite.desk.writing.form_values import (
    Place,
    Values,
    places,
    places_of,
    places_of_rows,
    values,
)
from trustsite.desk.writing.joining import Joined, join

NOTHING_CHANGED = "Nothing was changed, so nothing was saved."
TAKEN_OVER = "{who} saved this while you were writing. What they changed and you didn’t is taken over: {places}."
SCRIPTS = ("autosave", "save", "presence")  # of the page, one a behaviour; it works without
BY_SCRIPT = "X-Desk-Save"  # header of a save that doesn't leave the page (static/admin/save.js)
View = Callable[..., HttpResponse]


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
            and drafts.keep_posted(request.POST)
        ):
            return response if logged_out else HttpResponseRedirect(request.path)
        return response

    return inner


def _without_draft(answer: HttpResponse) -> HttpResponse:
    """Return the answer to a save; where it leads, no draft is named, for that is saved and gone."""
    if answer.status_code == 302:
        parts = urlsplit(answer.headers["Location"])
        named = parse_qsl(parts.query, keep_blank_values=True)
        query = urlencode([pair for pair in named if pair[0] != "draft"])
        answer.headers["Location"] = urlunsplit(parts._replace(query=query))
    return answer


class WritingMixin(admin.ModelAdmin):
    """An admin whose change form is a writing page."""

    change_form_template = "admin/writing/change_form.html"

    class Media:
        js = [forms.Script(f"admin/{name}.js", type="module") for name in SCRIPTS]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        urls = [
            # Not behind the login, which may run out while somebody types: the form's signed note
            # says whose words these are.
            path("keep/", csrf_exempt(require_POST(self.keep)), name=self._name("keep")),
            path("forget/", view(require_POST(self.forget)), name=self._name("forget")),
            path("here/", view(require_POST(self.here)), name=self._name("here")),
            *super().get_urls(),
        ]
        for url in urls:
            if url.name in {self._name("add"), self._name("change")}:
                url.callback = keep_post_on_logout(url.callback)
        return urls

    def _name(self, what: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{what}"

    # -- what is typed

    def keep(self, request: HttpRequest) -> HttpResponse:
        """Keep what is being typed (static/admin/autosave.js)."""
        draft = drafts.keep_posted(request.POST)
        if draft is None:
            raise PermissionDenied
        return JsonResponse({"kept": draft.saved_at.isoformat()})

    def forget(self, request: HttpRequest) -> HttpResponse:
        """Throw away what was typed and not saved: one of this editor's drafts."""
        row = request.POST.get("row", "")
        draft = drafts.find(request.user, self.opts.label_lower, row, request.POST.get("draft", ""))
        if draft:
            drafts.forget([draft.key])
            messages.success(request, "Thrown away. The text is as it was last saved.")
        stored = self.get_object(request, row) if row else None
        where = self._name("change") if stored else self._name("add")
        return redirect(f"admin:{where}", *([stored.pk] if stored else []))

    def here(self, request: HttpRequest) -> HttpResponse:
        """Note that a form is open, and say who else has it open and who saved it since."""
        note = form_note.read(request.POST.get(form_note.NAME, ""))
        if note is None or note.user != request.user.pk or note.model != self.opts.label_lower:
            raise PermissionDenied
        if "leaving" in request.POST or not note.row:
            presence.leave(note)
            return JsonResponse({"here": []})
        others = presence.enter(note, is_writing="writing" in request.POST)
        entry = self._last_save(note.row)
        is_new = entry and str(entry.pk) != request.POST.get("last") and entry.user_id != note.user
        return JsonResponse(
            {
                "here": [{"name": one.name, "writes": one.is_writing} for one in others],
                "saved_by": presence.name_of(entry.user) if entry and is_new else "",
            }
        )

    def _last_save(self, row: str) -> LogEntry | None:
        kind = ContentType.objects.get_for_model(self.model, for_concrete_model=False)
        entries = LogEntry.objects.filter(content_type=kind, object_id=row)
        return entries.select_related("user").order_by("-action_time", "-pk").first()

    # -- saving

    @method_decorator(csrf_protect)
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Join what is posted with what others have saved since; then let Django save it."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            answer = self._join(request, object_id) if object_id else None
            answer = answer or _without_draft(
                super().changeform_view(request, object_id, form_url, extra_context)
            )
        if BY_SCRIPT in request.headers and answer.status_code == 302:
            return JsonResponse({"to": answer.headers["Location"]})  # what it says waits there
        return answer

    def _join(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        """Put the joined form in the place of the posted one; or answer what can't be saved yet."""
        if form_note.NAME not in request.POST:
            return None
        row = self.get_object(request, object_id)
        if row is None or not self.has_change_permission(request, row):
            return None
        self.model._base_manager.select_for_update().filter(pk=row.pk).exists()
        note = self._note_of(request, row)
        found = places(self, request, row)
        joined = join(found, self._base_of(request, row), request.POST)
        if not joined.is_settled or "_back" in request.POST:
            here = note or FormNote.new(request.user, self.opts.label_lower, row, {})
            return self._keep_and_ask(request, row, found, joined, here)
        is_changed = joined.is_changed or request.FILES or _has_new_rows(request.POST)
        if not is_changed and self.may_save(request, row):
            return self._nothing_changed(request, row, note, found, joined)
        self._take(request, row, joined)
        return None

    def join_rows(
        self, request: HttpRequest, row: Any, formset: BaseModelFormSet
    ) -> HttpResponse | None:
        """Join a posted formset that is a page of its own with its rows as they are saved (`formset`)."""
        if form_note.NAME not in request.POST:
            return None
        joined = join(list(places_of_rows(formset)), self._base_of(request, row), request.POST)
        if not joined.is_settled:
            return self._ask(request, row, joined, may_go_back=False)
        self._take(request, row, joined)
        return None

    def note_of_rows(self, request: HttpRequest, row: Any, formset: BaseModelFormSet) -> str:
        """Return the signed note of a formset that is a page of its own."""
        base = values(places_of_rows(formset))
        return FormNote.new(request.user, self.opts.label_lower, row, base).sign()

    def _take(self, request: HttpRequest, row: Any, joined: Joined) -> None:
        """Put a joined form in the place of the posted one, and say what was taken over."""
        request.joined = joined  # type: ignore[attr-defined]
        request.typed = request.POST  # type: ignore[attr-defined]
        request.POST = joined.posted  # type: ignore[assignment]
        if joined.theirs:
            where = ", ".join(dict.fromkeys(change.label for change in joined.theirs))
            messages.info(request, TAKEN_OVER.format(who=self._who_saved(row), places=where))

    def _note_of(self, request: HttpRequest, row: Any) -> FormNote | None:
        """Return the posted form's note, if it is this editor's and of this row."""
        note = form_note.read(request.POST.get(form_note.NAME, ""))
        of = (request.user.pk, self.opts.label_lower, str(row.pk) if row else "")
        return note if note and (note.user, note.model, note.row) == of else None

    def _base_of(self, request: HttpRequest, row: Any) -> Values | None:
        """Return what was saved when the posted form was opened; None where that isn't known."""
        note = form_note.read(request.POST.get(form_note.NAME, ""))
        is_of_row = note and (note.model, note.row) == (self.opts.label_lower, str(row.pk))
        return note.base or None if note and is_of_row else None

    def _who_saved(self, row: Any) -> str:
        entry = self._last_save(str(row.pk))
        return presence.name_of(entry.user) if entry else "Somebody else"

    def _keep_and_ask(
        self, request: HttpRequest, row: Any, found: list[Place], joined: Joined, note: FormNote
    ) -> HttpResponse:
        """Show where two wrote, to be chosen from; or go back to writing with what was chosen."""
        if joined.is_settled:
            note = replace(note, base=values(found))
            if draft := drafts.keep(note, joined.posted):
                return HttpResponseRedirect(f"{request.path}?draft={draft.key}")
        drafts.keep(note, request.POST)
        return self._ask(request, row, joined, may_go_back=True)

    def _ask(
        self, request: HttpRequest, row: Any, joined: Joined, *, may_go_back: bool
    ) -> HttpResponse:
        skipped = {"csrfmiddlewaretoken", "_seen", "_back"}
        hidden = []
        for name, texts in request.POST.lists():
            if name not in skipped and not name.startswith(("_choice-", "_other-")):
                hidden += [(name, text) for text in texts]
        entry = self._last_save(str(row.pk))
        context = {
            **self.admin_site.each_context(request),
            "title": f"{self._who_saved(row)} saved this while you were writing",
            "opts": self.opts,
            "original": row,
            "joined": joined,
            "hidden": hidden,
            "who": self._who_saved(row),
            "saved_at": entry.action_time if entry else None,
            "may_go_back": may_go_back,
        }
        return render(request, "admin/writing/conflict.html", context, status=409)

    def _nothing_changed(
        self,
        request: HttpRequest,
        row: Any,
        note: FormNote | None,
        found: list[Place],
        joined: Joined,
    ) -> HttpResponse:
        if note:
            drafts.forget([note.draft])
        if note and joined.drops_mine:
            drafts.keep(replace(note, base=values(found)), joined.all_mine)
        messages.info(request, NOTHING_CHANGED)
        if "_save" in request.POST:
            return self.response_post_save_change(request, row)
        return HttpResponseRedirect(request.path)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Keep in the history, before the joined text is saved, what its editor had written."""
        joined = getattr(request, "joined", None)
        if joined and joined.drops_mine and hasattr(self.model, "history"):
            stored = self.model._base_manager.get(pk=form.instance.pk)
            mine = self.get_form(request, stored, change=True)(request.typed, instance=stored)  # type: ignore[attr-defined]
            mine.is_valid()
            self.model.history.bulk_history_create(
                [mine.instance],
                update=True,
                default_user=request.user,
                default_change_reason="Written beside another’s, and not all of it used.",
                default_date=timezone.now(),
            )
        return super().save_form(request, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Let go of the draft, now that its words are saved."""
        super().save_related(request, form, formsets, change)
        note = form_note.read(request.POST.get(form_note.NAME, ""))
        joined = getattr(request, "joined", None)
        if note and note.user == request.user.pk:
            drafts.forget([note.draft])
            presence.leave(note)
        if joined and (joined.drops_mine or joined.drops_theirs):
            self._set_aside(request, form.instance, joined)

    def _set_aside(self, request: HttpRequest, row: Any, joined: Joined) -> None:
        """Offer to each of the two, as a draft, what a choice left out of theirs."""
        base = values(places(self, request, self.model._base_manager.get(pk=row.pk)))
        last = self._last_save(str(row.pk))  # theirs: this save isn't logged yet
        if joined.drops_mine and not hasattr(self.model, "history"):
            note = FormNote.new(request.user, self.opts.label_lower, row, base)
            drafts.keep(note, joined.all_mine)
        if joined.drops_theirs and last and last.user_id != request.user.pk:
            note = FormNote.new(last.user, self.opts.label_lower, row, base)
            drafts.keep(note, joined.all_theirs)

    # -- the page

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add what the writing page shows: drafts, who else is here, and the form's note."""
        row = kwargs.get("obj")
        may_write = (
            self.has_change_permission(request, row) if row else self.has_add_permission(request)
        )
        if may_write:
            context |= self._writing(request, row, context)
        context["is_text"] = "body" in context["adminform"].form.fields
        context["parts"] = list(page.parts(context["adminform"]))
        return super().render_change_form(request, context, *args, **kwargs)

    def _writing(self, request: HttpRequest, row: Any, context: dict[str, Any]) -> dict[str, Any]:
        form, model, pk = (
            context["adminform"].form,
            self.opts.label_lower,
            str(row.pk) if row else "",
        )
        found = self._places(request, row, form)
        base = values(found) if row else {}
        note = self._note_of(request, row) if request.method == "POST" else None
        note = replace(note, base=base) if note else FormNote.new(request.user, model, row, base)
        own, shown = drafts.of_text(request.user, model, pk), None
        if request.method == "GET" and "draft" in request.GET:
            shown = drafts.find(request.user, model, pk, request.GET["draft"])
        if shown:
            note = replace(note, draft=shown.key, base=shown.base if row else {})
            page.fill(context, shown)
        page.lead_in(context, is_new=row is None)
        return {
            "may_write": True,
            "note": note.sign(),
            "note_name": form_note.NAME,
            "draft_shown": shown,
            "drafts": list(page.offers(own, found, note.draft)) if request.method == "GET" else [],
            "others": page.of_others(request.user, model, pk),
            "last_save": self._last_save(pk) if row else None,
            "addresses": {
                what: reverse(f"admin:{self._name(what)}") for what in ("keep", "forget", "here")
            },
            "state": self.state_label(row),
            "steps": self.steps(request, row),
        }

    def _places(self, request: HttpRequest, row: Any, form: Any) -> list[Place]:
        if row is None:
            return list(places_of(type(form)(initial=self.get_changeform_initial_data(request))))
        return places(self, request, self.model._base_manager.get(pk=row.pk))

    def may_save(self, request: HttpRequest, row: Any) -> bool:
        """Whether this editor may save a row as it is; else the form itself says why not."""
        return True

    def state_label(self, row: Any) -> str:
        """Return in a word what readers have of a row; empty where that goes without saying."""
        return ""

    def steps(self, request: HttpRequest, row: Any) -> list[page.Step]:
        """Return the buttons of the bar beside Save."""
        return []


def _has_new_rows(posted: QueryDict) -> bool:
    """Whether rows of an inline are added or taken away."""
    for name, value in posted.items():
        if name.endswith("-DELETE") and value:
            return True
        if name.endswith("-TOTAL_FORMS"):
            initial = posted.get(name.replace("-TOTAL_FORMS", "-INITIAL_FORMS"), "")
            if str(value) != initial:
                return True
    return False
