"""Read-only admin: rows that are looked at, not edited; and the log of actions on whole tables."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse


def log_action(request: HttpRequest, model: type[Model], what: str, flag: int, words: str) -> None:
    """Log in the admin's history what somebody did to a whole table. No words with an address."""
    user: Any = request.user
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(model),
        object_repr=what,
        action_flag=flag,
        change_message=words,
    )


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that are looked at, not edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in self.model._meta.fields]

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Act on the ticked rows of a page. What is done with a whole list is the worker's."""
        if request.POST.get("select_across", "0") != "0":
            messages.error(request, "Nothing was done: tick the rows it is for, a page at a time.")
            return None
        return super().response_action(request, queryset, *args, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show no button to save: there is nothing to."""
        context |= {"show_save": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)
