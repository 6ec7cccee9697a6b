"""Changing several articles at once at the desk: choose, see what would become of each, say yes."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from articles.editing import bulk_edit, relinking, workflow
from articles.linking import site_links
from articles.models import Article, Topic

LINKS = [("", "Leave them as they are"), ("take-out", "Take them out and keep the words")]
YES_NO = [("", "Leave as it is"), ("yes", "Yes"), ("no", "No")]
TOO_MANY = (
    f"More than {relinking.MOST} texts lead to them. Withdraw them one by one, or fewer at a time."
)


class BulkEditForm(forms.Form):
    """What is to become of all of them. What is left empty stays as it is."""

    topic = forms.ModelChoiceField(Topic.objects, required=False, empty_label="Leave as it is")
    state = forms.ChoiceField(required=False)
    withdrawn_note = forms.CharField(
        required=False,
        max_length=240,
        label="Why they are withdrawn",
        help_text="Only for withdrawing. Shown at the address of each.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    leads_to = forms.CharField(
        required=False,
        max_length=200,
        label="Who comes to them reads on at",
        help_text="Only for withdrawing. A path of this site, such as /articles/grounding-techniques/.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    links = forms.ChoiceField(
        required=False,
        choices=LINKS,
        label="Links to them",
        help_text="Only for withdrawing. Each text that changes gets a new state in its history.",
    )
    publish_at = forms.SplitDateTimeField(
        required=False,
        label="Publish at",
        help_text=f"Only for publishing, in the site’s time, {settings.TIME_ZONE}. "
        "Those published together may lead to each other.",
        widget=AdminSplitDateTime,
    )
    affiliate = forms.ChoiceField(required=False, choices=YES_NO, label="May hold an offer")
    forget_check = forms.BooleanField(
        required=False, label="Forget when they were checked, so that they are due"
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = {
            step
            for ways in workflow.STEPS.values()
            for step, right in ways.items()
            if user.has_perm(right)
        }
        labels = [(value, label) for value, label in Article.State.choices if value in steps]
        self.fields["state"].choices = [("", "Leave as it is"), *labels]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for a reason to withdraw, and for anything at all."""
        data = super().clean() or self.cleaned_data
        if (
            data.get("state") == Article.State.WITHDRAWN
            and not data.get("withdrawn_note", "").strip()
        ):
            self.add_error(
                "withdrawn_note", "Say in a line why they are withdrawn: their addresses show it."
            )
        leads_to = data.get("leads_to", "").strip()
        if leads_to and not site_links.leads_somewhere(leads_to):
            self.add_error("leads_to", "There is no page at this address that readers can open.")
        if not self.errors and not any(
            data.get(name) for name in ("topic", "state", "affiliate", "forget_check")
        ):
            raise forms.ValidationError("Choose what is to change.")
        return data

    def changes(self) -> bulk_edit.Changes:
        """Return what was asked for."""
        data = self.cleaned_data
        return bulk_edit.Changes(
            topic=data["topic"],
            state=data["state"] or None,
            withdrawn_note=data["withdrawn_note"].strip(),
            affiliate={"yes": True, "no": False}.get(data["affiliate"]),
            forget_check=data["forget_check"],
            publish_at=data["publish_at"],
            leads_to=data["leads_to"].strip(),
            takes_out_links=data["links"] == "take-out",
        )


class BulkEditMixin(admin.ModelAdmin):
    """The list's action that leads to a page of its own. Nothing changes before its last step."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        page = path(
            "together/", view(require_POST(self.several)), name="articles_article_bulk_edit"
        )
        return [page, *super().get_urls()]

    @admin.action(description="Change several at once …", permissions=["change"])
    def change_several(
        self, request: HttpRequest, queryset: QuerySet[Article]
    ) -> HttpResponse | None:
        """Open the page for the chosen articles."""
        chosen = list(queryset.values_list("pk", flat=True)[: bulk_edit.MOST + 1])
        if len(chosen) > bulk_edit.MOST:
            messages.error(
                request, f"Choose at most {bulk_edit.MOST} articles at a time. Nothing has changed."
            )
            return None
        return self._page(request, chosen, BulkEditForm(user=request.user))

    def several(self, request: HttpRequest) -> HttpResponse:
        """Show what would become of each, or do it when that is what was shown."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        chosen = [
            int(pk) for pk in request.POST.getlist("chosen")[: bulk_edit.MOST] if pk.isdecimal()
        ]
        form = BulkEditForm(request.POST, user=request.user)
        if not form.is_valid():
            return self._page(request, chosen, form, status=422)
        with transaction.atomic():
            outcomes = bulk_edit.plan(self._chosen(chosen), form.changes(), request.user)
            seen = bulk_edit.fingerprint(outcomes)
            wanted = form.changes()
            if wanted.takes_out_links and bulk_edit.texts_with_links(outcomes) > relinking.MOST:
                form.add_error("links", TOO_MANY)
                return self._page(request, chosen, form, status=422)
            if "sure" in request.POST and request.POST.get("seen") == seen:
                return self._apply(request, outcomes, wanted)
        if "sure" in request.POST:
            messages.warning(
                request, "Something has changed since you looked. Nothing is saved; look once more."
            )
        return self._page(request, chosen, form, outcomes=outcomes, seen=seen)

    def _apply(
        self, request: HttpRequest, outcomes: list[bulk_edit.Outcome], wanted: bulk_edit.Changes
    ) -> HttpResponse:
        changed = bulk_edit.apply(outcomes, wanted, request.user)
        for outcome in outcomes:
            if outcome.is_applied:
                self.log_change(
                    request, outcome.article, f"With others: {' '.join(outcome.changes)}"
                )
        left = (
            f" {len(outcomes) - len(changed)} stayed as they were."
            if len(changed) < len(outcomes)
            else ""
        )
        message = f"{len(changed)} article{'' if len(changed) == 1 else 's'} changed.{left}"
        (messages.success if changed else messages.warning)(request, message)
        return redirect("admin:articles_article_changelist")

    def _chosen(self, chosen: list[int]) -> QuerySet[Article]:
        return Article.objects.select_related("topic").filter(pk__in=chosen)

    def _page(
        self,
        request: HttpRequest,
        chosen: list[int],
        form: BulkEditForm,
        status: int = 200,
        **extra: Any,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Change several articles at once",
            "opts": self.opts,
            "form": form,
            "chosen": list(
                self._chosen(chosen).only(
                    "title", "state", "publish_at", "first_published_at", "topic__title"
                )
            ),
            **extra,
        }
        if outcomes := extra.get("outcomes"):
            context["number"] = sum(outcome.is_applied for outcome in outcomes)
        return render(request, "admin/articles/article/bulk_edit.html", context, status=status)
