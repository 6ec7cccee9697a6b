"""What the desk keeps of itself: the trash, and what was done by whom."""

from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from trustsite.desk import days, trash
from trustsite.desk.rows import change_url
from trustsite.models import TrashedRow

WRITES = "articles.add_article"


class ReadOnly(admin.ModelAdmin):
    """An admin of what nobody enters or changes by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(TrashedRow)
class TrashAdmin(ReadOnly):
    """The trash. Everybody sees what is of a kind that they may add, and brings it back."""

    list_display = ("title", "kind", "deleted_by", "deleted", "days_left")
    list_display_links = None
    list_select_related = ("deleted_by",)
    list_per_page = 50
    search_fields = ("title",)
    actions = ("bring_back",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrashedRow]:
        rows: QuerySet[TrashedRow] = super().get_queryset(request).defer("data")
        return rows.filter(label__in=self._kinds(request))

    def has_view_permission(self, request: HttpRequest, obj: TrashedRow | None = None) -> bool:
        kinds = self._kinds(request)
        return bool(kinds) and (obj is None or obj.label in kinds)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def _kinds(self, request: HttpRequest) -> list[str]:
        """Return the labels of the models of which who asks may add a row; of nobody’s who writes nothing."""
        if not request.user.has_perm(WRITES):
            return []
        site = self.admin_site
        found = []
        for model in filter(site.is_registered, apps.get_models()):
            if site.get_model_admin(model).has_add_permission(request):
                found.append(model._meta.label_lower)
        return found

    @admin.display(description="kind", ordering="label")
    def kind(self, row: TrashedRow) -> str:
        """What it was."""
        try:
            return str(apps.get_model(row.label)._meta.verbose_name)
        except LookupError:
            return row.label

    @admin.display(description="deleted", ordering="deleted_at")
    def deleted(self, row: TrashedRow) -> str:
        """When it was deleted."""
        return days.said(row.deleted_at)

    @admin.display(description="days left")
    def days_left(self, row: TrashedRow) -> int:
        """How long it can still be brought back."""
        return max(0, (row.deleted_at + trash.KEPT_FOR - timezone.now()).days)

    @admin.action(description="Bring back")
    def bring_back(self, request: HttpRequest, queryset: QuerySet[TrashedRow]) -> None:
        """Bring chosen rows back, each by itself."""
        for trashed in queryset.defer(None):
            try:
                row = trash.restore(trashed)
            except trash.NotRestoredError as error:
                messages.error(request, f"“{trashed}” can’t come back. {error}")
            else:
                self.log_addition(request, row, "Brought back from the trash.")
                words = format_html(
                    '“<a href="{}">{}</a>” is back, as it was.', change_url(row), row
                )
                messages.success(request, words)


@admin.register(LogEntry)
class AuditAdmin(ReadOnly):
    """The audit log: who did what at the desk, and when. It is kept for a year."""

    list_display = ("object_repr", "what", "content_type", "user", "at")
    list_display_links = None
    list_filter = ("user", "action_flag", "action_time", "content_type")
    list_select_related = ("user", "content_type")
    list_per_page = 50
    search_fields = ("object_repr", "change_message")
    search_help_text = "In names and in what was done."
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        # Asked as well when somebody’s account is deleted, with which its entries go.
        match = request.resolver_match
        return match is not None and not (match.url_name or "").startswith("admin_logentry")

    @admin.display(description="what was done", ordering="action_flag")
    def what(self, entry: LogEntry) -> str:
        """What was done, with the way to it while it is there."""
        words = entry.get_change_message() or {ADDITION: "Added.", DELETION: "Deleted."}.get(
            entry.action_flag, "Changed."
        )
        url = entry.get_admin_url() if entry.action_flag != DELETION else None
        return format_html('<a href="{}">{}</a>', url, words) if url else words

    @admin.display(description="when", ordering="action_time")
    def at(self, entry: LogEntry) -> str:
        """The moment, in the site’s time."""
        at = timezone.localtime(entry.action_time)
        return f"{days.day(at.date())}, {at:%H:%M %Z}"
