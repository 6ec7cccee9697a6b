"""Admin classes of the quiz: drafts can be edited; what is or was live can only be read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.forms import modelform_factory
from django.http import HttpRequest

from quiz.admin.views import VersionViewsAdmin
from quiz.models import Option, PartOfVersion, Question, Quiz, Rating, Review, Version, is_fixed
from trustsite.desk.publishing import PublishGuard, PublishGuardMixin


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


@admin.register(Review)
class ReviewAdmin(PublishGuard):
    """Reviews: entered for a version that may be live already."""

    list_display = ("__str__", "version")
    list_select_related = ("version__quiz",)


@admin.register(Question)
class QuestionAdmin(DraftsOnly, PublishGuard):
    list_display = ("key", "stem", "context", "version")
    list_filter = ("version",)
    list_select_related = ("version__quiz",)
    search_fields = ("stem", "context")
    inlines = (OptionInline,)
