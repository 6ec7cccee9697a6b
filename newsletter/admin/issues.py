"""The issues' admin: the list, and where one is written. Sending it is in issue_actions.py."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.timezone import localtime
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from newsletter.admin import emails, issue_actions
from newsletter.emails.email import one_line
from newsletter.emails.preview import preview_response
from newsletter.issues import body, lifecycle, preflight, scheduling, uses
from newsletter.models import Delivery, Letter
from trustsite.desk.rows import RowNotesMixin
from trustsite.desk.writing.admin import WritingMixin


class LetterForm(forms.ModelForm):
    """A letter's words. What can't be sent isn't kept."""

    class Meta:
        model = Letter
        fields = ("subject", "body")
        widgets = {
            "subject": forms.TextInput(attrs={"class": "vTextField", "size": 60}),
            "body": forms.Textarea(
                attrs={"rows": 26, "class": "vLargeTextField", "spellcheck": "true"}
            ),
        }
        help_texts = {
            "subject": "Others may see it in an inbox: "
            "plain words that don’t tell what the letter is about.",
            "body": "Markdown, as in articles: :::note, :::exercise, :::quote. "
            ":::quiz and :::guide become links. Links to pages of ours may begin with /. "
            "No pictures, no footnotes.",
        }

    def clean(self) -> dict[str, Any]:
        """Refuse what can't stand in a mail, and words for a letter that isn't a draft any more."""
        values = self.cleaned_data
        values["subject"] = one_line(values.get("subject", ""))
        problems = body.problems(values["subject"], values.get("body", ""))
        for name, messages_of_field in problems.items():
            if name not in self.errors:
                self.add_error(name, messages_of_field)
        drafts = Letter.objects.filter(pk=self.instance.pk, state=Letter.State.DRAFT)
        if self.instance.pk and not drafts.exists():
            raise ValidationError(
                "This letter isn’t a draft any more. "
                "Copy your words, unschedule it, then save them."
            )
        return values


class LinksFilter(admin.SimpleListFilter):
    """Letters to come that lead to what readers can't open."""

    title, parameter_name = "what it asks for", "asks"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("links", "Links broken")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Letter]) -> QuerySet[Letter]:
        if self.value() != "links":
            return queryset
        return queryset.filter(pk__in=uses.leading_nowhere().values("pk"))


@admin.register(Letter)
class LetterAdmin(RowNotesMixin, WritingMixin):
    """Issues: a draft is edited here; what is scheduled, on its way or sent can be read."""

    form = LetterForm
    list_display = ("subject", "state", "when", "to_look_at", "words", "gone_out")
    list_filter = ("state", LinksFilter)
    search_fields = ("subject", "body")
    ordering = ("-changed_at",)
    actions = None
    fields = ("subject", "body")
    change_form_template = "admin/newsletter/letter/change_form.html"
    change_list_template = "admin/newsletter/letter/change_list.html"

    class Media:
        css = {"all": ["admin/newsletter.css"]}
        js = [
            forms.Script(f"admin/{name}.js", type="module")
            for name in ("toolbar", "insert", "slash", "paste", "issue_preview")
        ]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("preview/", view(require_POST(self.preview)), name="newsletter_letter_preview"),
            path("mails/", view(emails.mails), name="newsletter_mails"),
            path("mails/<str:kind>/", view(emails.mail), name="newsletter_mail"),
            path(
                "mails/<str:kind>/test/",
                view(require_POST(emails.send_test)),
                name="newsletter_mail_test",
            ),
            path(
                "mails/<str:kind>/look/", view(emails.mail_preview), name="newsletter_mail_preview"
            ),
            path(
                "<int:pk>/sending/", view(issue_actions.sending), name="newsletter_letter_sending"
            ),
            path("<int:pk>/look/", view(issue_actions.as_mail), name="newsletter_letter_look"),
            path("<int:pk>/sending/<str:step>/", view(self.step), name="newsletter_letter_step"),
            *super().get_urls(),
        ]

    def step(self, request: HttpRequest, pk: int, step: str) -> HttpResponse:
        """Take a step with a letter, and write into its history what was done."""
        return issue_actions.step(
            request, pk, step, lambda letter, words: self.log_change(request, letter, words)
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Letter]:
        letters: QuerySet[Letter] = super().get_queryset(request)
        return letters.defer("sent_html", "sent_text")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Letter | None = None
    ) -> tuple[str, ...]:
        # Words that are posted are always read, so that the answer to a late save can show them
        # again.
        is_read = obj is not None and obj.state != Letter.State.DRAFT and request.method == "GET"
        return ("subject", "body") if is_read else ()

    def has_delete_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (
            obj is None or obj.state == Letter.State.DRAFT
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show no button to save where there is nothing to."""
        if self.get_readonly_fields(request, kwargs.get("obj")):
            context |= {
                "show_save": False,
                "show_save_and_continue": False,
                "show_save_and_add_another": False,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="when")
    def when(self, letter: Letter) -> str:
        """When it goes out, or went."""
        if lifecycle.missed(letter):
            return "Missed its time. Schedule it anew."
        moment = letter.finished_at or letter.started_at or letter.send_at
        return f"{localtime(moment):%-d %B %Y, %H:%M %Z}" if moment else ""

    def note_rows(self, rows: list[Any]) -> None:
        """Write on each letter how many of its links lead nowhere."""
        found = uses.broken_links(rows)
        for row in rows:
            row.broken_links = found.get(row.pk, 0)

    @admin.display(description="to look at")
    def to_look_at(self, letter: Any) -> str:
        """How many of its links lead nowhere."""
        number = letter.broken_links
        words = ngettext("%d link broken", "%d links broken", number)
        return words % number if number else ""

    @admin.display(description="words")
    def words(self, letter: Letter) -> str:
        """How many words it has, as it is written."""
        return f"{len(letter.body.split()):,}"

    @admin.display(description="sent")
    def gone_out(self, letter: Letter) -> str:
        """How many of its mails the mail server has taken."""
        reached = letter.reached
        if letter.state in {Letter.State.SENDING, Letter.State.PAUSED}:
            reached = lifecycle.progress(letter).get(Delivery.State.SENT, 0)
        return f"{reached} of {letter.copies}" if letter.copies else ""

    def save_model(
        self, request: HttpRequest, obj: Letter, form: forms.ModelForm, change: bool
    ) -> None:
        scheduling.write(obj)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (
            lifecycle.InvalidTransition
        ) as refused:  # it was scheduled between our look and our write
            messages.error(request, str(refused))
            return HttpResponseRedirect(request.path)

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Show the posted words as the mail they would be; nothing is saved."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        letter = Letter(subject=request.POST.get("subject", ""), body=request.POST.get("body", ""))
        return preview_response(request, preflight.as_email(letter), preflight.check(letter))
