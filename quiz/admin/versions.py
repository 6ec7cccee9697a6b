"""Admin classes of the quiz: drafts can be edited; what is or was live can only be read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.forms import modelform_factory
from django.http import HttpRequest
from django.utils import timezone

from quiz.admin.views import VersionViewsAdmin
from quiz.models import Option, PartOfVersion, Question, Quiz, Rating, Review, Version, is_fixed
from trustsite.desk.publishing import PublishGuard, PublishGuardMixin

UNNAMED = "An owner enters first, under Reviewers, how you are named."
OWN_VERSION = "You have changed this version yourself. A check is a second person’s."


def _is_fixed(row: Any) -> bool:
    return row is not None and is_fixed(row.owner_id if isinstance(row, PartOfVersion) else row.pk)


class DraftsOnly(PublishGuardMixin):
    """Editing and deleting for drafts alone. (An inline is asked about the row it stands in.)"""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_fixed(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Without a row: the action that deletes many at once, which would pass over the models'
        # own guard.
        return (
            super().has_delete_permission(request, obj) and obj is not None and not _is_fixed(obj)
        )


class DraftsOnlyInline(DraftsOnly, admin.TabularInline):
    """Rows of a draft; they can be read, and no more, once it is live."""

    extra = 0
    template = "admin/quiz/rows.html"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field:  # a column's heading is no label to who can't see the table
            field.widget.attrs.setdefault("aria-label", str(field.label))
        return field

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and not _is_fixed(obj)


class OptionInline(DraftsOnlyInline):
    model = Option
    fields = ("position", "key", "text", "fight", "flight", "freeze", "fawn", "calm")


class QuestionInline(DraftsOnlyInline):
    model = Question
    form = modelform_factory(
        Question,
        fields=["position", "key", "context", "stem"],
        widgets={
            "position": forms.NumberInput(attrs={"class": "points__weight"}),
            "key": forms.TextInput(attrs={"size": 5}),
            "context": forms.TextInput(attrs={"size": 18}),
            "stem": forms.Textarea(attrs={"rows": 2, "cols": 48}),
        },
    )
    show_change_link = True


class RatingInline(DraftsOnlyInline):
    model = Rating


@admin.register(Quiz)
class QuizAdmin(PublishGuard):
    list_display = ("title", "slug")


@admin.register(Version)
class VersionAdmin(DraftsOnly, VersionViewsAdmin, PublishGuard):
    change_form_template = "admin/quiz/version/change_form.html"
    list_display = ("__str__", "state", "released_at", "retired_at")
    list_filter = ("quiz", "state")
    list_select_related = ("quiz",)
    fields = ("quiz", "note", "state", "released_at", "retired_at")
    readonly_fields = ("state", "released_at", "retired_at")
    inlines = (QuestionInline, RatingInline)

    class Media:
        css = {"all": ["admin/points.css"]}


class ReviewForm(forms.ModelForm):
    """A review of a version by whoever fills it in: nobody’s name or day is typed."""

    user: Any = None

    class Meta:
        model = Review
        fields = ("version",)

    def clean(self) -> dict[str, Any]:
        """Refuse a review that would name nobody, or a version of one’s own."""
        data = super().clean() or self.cleaned_data
        version = data.get("version")
        if getattr(self.user, "reviewer", None) is None:
            self.add_error(None, UNNAMED)
        elif version and _has_changed(self.user, version):
            self.add_error("version", OWN_VERSION)
        return data


def _has_changed(user: Any, version: Version) -> bool:
    """Whether `user` has made or changed a version at the desk."""
    kind = ContentType.objects.get_for_model(Version)
    done = LogEntry.objects.filter(user=user, content_type=kind, object_id=str(version.pk))
    return done.exclude(action_flag=DELETION).exclude(change_message="Released.").exists()


@admin.register(Review)
class ReviewAdmin(PublishGuard):
    """Reviews: entered by whoever read a version, which may be live already, and never changed."""

    form = ReviewForm
    list_display = ("__str__", "version")
    list_select_related = ("version__quiz",)
    readonly_fields = ("reviewer", "reviewed_on")

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        class FormOfReviewer(super().get_form(request, *args, **kwargs)):  # type: ignore[misc]
            user = request.user

        return FormOfReviewer

    def has_change_permission(self, request: HttpRequest, obj: Review | None = None) -> bool:
        return super().has_change_permission(request, obj) and obj is None

    def save_model(self, request: HttpRequest, obj: Review, form: Any, change: bool) -> None:
        obj.reviewer = str(request.user.reviewer)  # type: ignore[union-attr]
        obj.reviewed_on = timezone.localdate()
        super().save_model(request, obj, form, change)


@admin.register(Question)
class QuestionAdmin(DraftsOnly, PublishGuard):
    list_display = ("key", "stem", "context", "version")
    list_filter = ("version",)
    list_select_related = ("version__quiz",)
    search_fields = ("stem", "context")
    inlines = (OptionInline,)
