"""Reviewing at the desk: a text as readers have it, its sources, notes on its words, and the sign-off.

What the sign-off says is set by its button and by nothing else.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from articles.admin.history import HistoryMixin
from articles.editing import notes, review, status
from articles.models import Article
from articles.models.desk import LONGEST_NOTE, LONGEST_QUOTE
from articles.models.markdown import words_hash
from prose.document import trusted
from trustsite.desk import days, openings
from trustsite.desk.marks import PUBLIC, Mark
from trustsite.desk.publishing import REVIEW, may_publish

SIGNED = ("checked_on", "checked_by")  # what a sign-off says: no form takes it
OWN_WORDS = "You have written words of this text yourself. A check is a second person’s."
OTHER_WORDS = "Its words have changed since you opened this page. Read them once more."
NO_NOTE = "Say first, in a note, what is to change. Nothing was sent back."
TOO_MANY = f"There are {notes.MOST} open notes on this text. Settle some of them first."


class NoteForm(forms.Form):
    """A note on the words of a text, or an answer to one."""

    quote = forms.CharField(
        label="The words it is about",
        required=False,
        max_length=LONGEST_QUOTE,
        help_text="Copied from the text. Left empty, the note is about all of it.",
    )
    text = forms.CharField(
        label="Your note", max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 3})
    )
    answers_to = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, on: Any, data: Any = None) -> None:
        super().__init__(data)
        self._on = on

    def clean_quote(self) -> str:
        """Refuse words that don’t stand in the text, which nobody could find there."""
        quote: str = " ".join(self.cleaned_data["quote"].split())
        if quote and not notes.stands_in(self._on, quote):
            raise forms.ValidationError("These words don’t stand in the text as it is now.")
        return quote

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        open_still = self._on.notes.filter(answers_to=None, settled_at=None)
        if not data.get("answers_to") and open_still.count() >= notes.MOST:
            raise forms.ValidationError(TOO_MANY)
        return data


class ReviewMixin(HistoryMixin):
    """An admin of texts that a second person signs off."""

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        presses: list[tuple[str, str, Any]] = [
            ("sign-off/", "sign_off", self.sign_off),
            ("review/note/", "note", self.note),
            ("review/send-back/", "send_back", self.send_back),
            ("review/<int:number>/settle/", "settle", self.settle),
        ]
        urls = [path("<int:pk>/review/", view(require_safe(self.review)), name=f"{name}_review")]
        for end, called, press in presses:
            urls.append(path(f"<int:pk>/{end}", view(require_POST(press)), name=f"{name}_{called}"))
        return [*urls, *super().get_urls()]

    @admin.display(description="next check", ordering="checked_on")
    def next_check(self, text: Any) -> str:
        """The day on which its check runs out, or that there is none yet; it leads to the check."""
        url = reverse(f"admin:articles_{self.opts.model_name}_review", args=[text.pk])
        if not text.checked_on:
            return format_html('<a href="{}">nobody yet</a>', url)
        day = text.checked_on + review.DUE_AFTER
        late = "late" if day <= timezone.localdate() + review.SOON else ""
        return format_html('<a class="{}" href="{}">{}</a>', late, url, days.day(day))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), *SIGNED)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Lead from the form of a text to its review."""
        if text := kwargs.get("obj"):
            name = f"admin:{self.opts.app_label}_{self.opts.model_name}_review"
            context["review_url"] = reverse(name, args=[text.pk])
        return super().render_change_form(request, context, *args, **kwargs)

    def review(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a text as readers have it, with what a reviewer needs beside it."""
        return self._show(request, self._text(request, pk), None)

    def note(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep a note on its words, or an answer to one."""
        text = self._text(request, pk)
        self._require_voice(request, text)
        form = NoteForm(text, request.POST)
        if not form.is_valid():
            return self._show(request, text, form)
        data = form.cleaned_data
        question = None
        if data["answers_to"]:
            question = get_object_or_404(text.notes, pk=data["answers_to"], answers_to=None)
        text.notes.create(
            author=request.user, answers_to=question, quote=data["quote"], text=data["text"]
        )
        messages.success(request, "Your answer is kept." if question else "Your note is kept.")
        return self._back(pk)

    def settle(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Close a note: whoever wrote it, or may publish, says that it is settled."""
        text = self._text(request, pk)
        note = get_object_or_404(text.notes, pk=number, answers_to=None)
        if note.author_id != request.user.pk and not may_publish(request.user):
            raise PermissionDenied
        notes.settle(note, request.user)
        messages.success(request, "Settled.")
        return self._back(pk)

    def sign_off(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Enter that a second person has gone through the text as it stands."""
        text = self._text(request, pk)
        if not request.user.has_perm(REVIEW):
            raise PermissionDenied
        if request.POST.get("seen") != words_hash(text):
            messages.error(request, OTHER_WORDS)
        elif request.user.pk in review.writers(text):
            messages.error(request, OWN_WORDS)
        else:
            review.sign_off(text, signs_as(request.user))
            self.log_change(request, text, "Signed off the text as it stands.")
            messages.success(request, "Signed off. The page says so until its words change.")
        return self._back(pk)

    def send_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a draft again of what is in review, for the reasons that its notes give."""
        text = self._text(request, pk)
        if not (request.user.has_perm(REVIEW) or may_publish(request.user)):
            raise PermissionDenied
        if not _is_in_review(text):
            messages.error(request, "It isn’t in review any more. Nothing was sent back.")
        elif not notes.open_notes(text):
            messages.error(request, NO_NOTE)
        else:
            text.state = Article.State.DRAFT
            text.save()
            self.log_change(request, text, "Sent back with notes.")
            messages.success(request, "Sent back: it is a draft again, and its notes say why.")
        return self._back(pk)

    def _show(self, request: HttpRequest, text: Any, form: NoteForm | None) -> HttpResponse:
        open_notes = notes.open_notes(text)
        shown = [(part.kind, part.key) for part in text.parts]
        html = notes.marked([str(part.html) for part in text.parts], open_notes)
        sources = [_source(request, one) for one in _references(text)]
        left = sum(not is_opened for _, is_opened in sources)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Check “{text}”",
            "opts": self.opts,
            "original": text,
            "mark": _mark(text),
            "parts": [
                (kind, key, trusted(words)) for (kind, key), words in zip(shown, html, strict=True)
            ],
            "sources": sources,
            "opened": len(sources) - left,
            "not_opened": left,
            "notes": open_notes,
            "form": form or NoteForm(text),
            "seen": words_hash(text),
            "today": timezone.localdate(),
            "signs_as": signs_as(request.user),
            "may_note": self._has_voice(request, text),
            "may_settle_all": may_publish(request.user),
            "may_sign_off": request.user.has_perm(REVIEW),
            "is_own": request.user.pk in review.writers(text),
            "is_in_review": _is_in_review(text),
        }
        return render(request, "admin/articles/review.html", context)

    def _has_voice(self, request: HttpRequest, text: Any) -> bool:
        # Who writes answers on texts of others as well; what readers see is theirs to talk about.
        writes = request.user.has_perm(f"articles.change_{self.opts.model_name}")
        return bool(writes or request.user.has_perm(REVIEW))

    def _require_voice(self, request: HttpRequest, text: Any) -> None:
        if not self._has_voice(request, text):
            raise PermissionDenied

    def _back(self, pk: int) -> HttpResponse:
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_review", pk)


def signs_as(user: Any) -> str:
    """Return the name and profession that stand under what `user` signs off; empty for nobody named."""
    return str(user.reviewer) if hasattr(user, "reviewer") else ""


def _is_in_review(text: Any) -> bool:
    return getattr(text, "state", "") == Article.State.IN_REVIEW


def _mark(text: Any) -> Mark:
    return status.mark(text) if isinstance(text, Article) else Mark(PUBLIC, "Public")


def _references(text: Any) -> list[Any]:
    return (
        [reference.source for reference in text.references()] if isinstance(text, Article) else []
    )


def _source(request: HttpRequest, source: Any) -> tuple[Any, bool]:
    """Return a source, and whether this person has opened it today or there is nothing to open."""
    return source, not source.url or openings.has_opened(request, source, source.url)
