"""The deliveries' admin: how every mail fared, in plain words, and what pauses all sending."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from newsletter import setup_checklist
from newsletter.admin.keyset import KeysetChangeList, counted
from newsletter.admin.read_only import ReadOnlyAdmin, log_action
from newsletter.bounces import reputation
from newsletter.models import Delivery, Heartbeat, Letter, ListJob
from newsletter.outbox import queue, send_rate

LATELY = timedelta(days=7)
LETTERS = 20  # offered to filter by
SENT_AGAIN = {Delivery.State.FAILED, Delivery.State.UNKNOWN, Delivery.State.SUPPRESSED}
REASONS = {
    Delivery.State.QUEUED: "Waiting for the worker.",
    Delivery.State.SENDING: "A worker is sending it now.",
    Delivery.State.SENT: "The mail server took it.",
    Delivery.State.RETRY: "It didn't go through. We try again by ourselves.",
    Delivery.State.FAILED: (
        "It can't be delivered. Look at the reply, then send it again if that makes sense."
    ),
    Delivery.State.SUPPRESSED: (
        "Not sent: the person had left or no longer waited for it, or mail to them had come back."
    ),
    Delivery.State.HELD: "Its letter is paused. It goes on when the letter does.",
    Delivery.State.UNKNOWN: (
        "It may or may not have arrived. Send it again if one copy too many does no harm."
    ),
}


class LetterFilter(admin.SimpleListFilter):
    """By letter, of the latest: together with the state, who did not get letter 3 is a link."""

    title, parameter_name = "letter", "letter"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        letters = Letter.objects.exclude(started_at=None).order_by("-started_at")
        found = list(letters.values_list("pk", "subject")[:LETTERS])
        chosen = self.used_parameters.get(self.parameter_name)
        if str(chosen).isdecimal() and int(str(chosen)) not in dict(found):
            found += letters.filter(pk=int(str(chosen))).values_list("pk", "subject")
        return [(str(pk), subject) for pk, subject in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = str(self.value())
        return queryset.filter(letter=int(chosen)) if chosen.isdecimal() else queryset


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """How every mail fared, in plain words, and a way to send one again."""

    list_display = (
        "__str__",
        "kind",
        "subscriber",
        "state",
        "reason",
        "smtp_reply",
        "attempts",
        "next_try",
        "changed_at",
    )
    list_filter = ("state", LetterFilter, "kind")
    list_select_related = ("subscriber",)
    sortable_by = ()
    actions = ("send_again",)
    change_list_template = "admin/newsletter/delivery/change_list.html"

    def has_delete_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return (
            (*self.list_display, "again")
            if self.has_change_permission(request)
            else self.list_display
        )

    @admin.display(description="")
    def again(self, row: Delivery) -> str:
        """A button that sends it again, once nothing more happens to it by itself.

        It belongs to the list's own form.
        """
        if row.state in Delivery.OPEN:
            return ""
        where = reverse("admin:newsletter_delivery_again", args=[row.pk])
        return format_html(
            '<button class="button" type="submit" formaction="{}">Send again</button>', where
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def _filters(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the list is filtered by, as a job keeps it; empty without a state."""
        found: dict[str, Any] = {}
        state, kind = request.GET.get("state__exact"), request.GET.get("kind__exact")
        if state not in SENT_AGAIN:
            return {}
        found["state"] = state
        if kind in Delivery.Kind.values:
            found["kind"] = kind
        for name in ("letter", "subscriber__id__exact"):
            value = request.GET.get(name, "")
            if value.isdecimal() and len(value) < 19:
                found[name.partition("__")[0]] = int(value)
        return found

    def send_all_again(self, request: HttpRequest) -> HttpResponse:
        """Have the worker put all mails of a filter into the queue anew, in batches."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        filters = self._filters(request)
        newest = Delivery.objects.order_by("-pk").values_list("pk", flat=True).first()
        here = reverse("admin:newsletter_delivery_changelist")
        if filters and newest:
            working = {"kind": ListJob.Kind.RESEND, "state": ListJob.State.WORKING}
            options = {"filters": filters}
            ListJob.objects.create(
                **working, options=options, cursor=newest + 1, asked_by=request.user.pk
            )
            words = "The worker sends them again, a batch at a time."
            log_action(request, Delivery, "The outbox", CHANGE, f"{words} {filters}")
            messages.success(request, words)
        return HttpResponseRedirect(f"{here}?{request.GET.urlencode()}")

    def send_one_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put one mail into the queue anew, and stay at the list as it was filtered."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        self.send_again(request, Delivery.objects.filter(pk=pk))
        back = request.META.get("HTTP_REFERER", "")
        here = reverse("admin:newsletter_delivery_changelist")
        query = urlsplit(back).query if urlsplit(back).path == here else ""
        return HttpResponseRedirect(f"{here}?{query}" if query else here)

    @admin.display(description="what that means")
    def reason(self, row: Delivery) -> str:
        """Say in plain words what the state means, and what the mail server said."""
        return f"{REASONS[Delivery.State(row.state)]} {row.smtp_reply}".strip()

    @admin.display(description="next try", ordering="not_before")
    def next_try(self, row: Delivery) -> Any:
        """Return when it is tried next, if it is."""
        return row.not_before if row.state in Delivery.WAITING else None

    @admin.action(description="Send again", permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Put finished mails into the queue anew."""
        with transaction.atomic():
            number = queue.requeue_all([row.pk for row in queryset])
        for row in queryset:
            self.log_change(request, row, "Sent again.")
        messages.success(
            request,
            f"{number} put into the queue. Mails that are still on their way stay as they are.",
        )

    # -- the outbox as a whole --

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("test/", view(setup_checklist.send_test), name="newsletter_test_mail"),
            path(
                "again/",
                view(require_POST(self.send_all_again)),
                name="newsletter_outbox_again",
            ),
            path("pause/", view(require_POST(self.pause)), name="newsletter_outbox_pause"),
            path(
                "<int:pk>/again/",
                view(require_POST(self.send_one_again)),
                name="newsletter_delivery_again",
            ),
            path("resume/", view(require_POST(self.resume)), name="newsletter_outbox_resume"),
            path(
                "letters/", view(require_POST(self.resume_bulk)), name="newsletter_outbox_letters"
            ),
            *super().get_urls(),
        ]

    def pause(self, request: HttpRequest) -> HttpResponse:
        """Stop all sending."""
        return self._switch(
            request, send_rate.pause_sending, "All sending is paused. Mails wait until it goes on."
        )

    def resume(self, request: HttpRequest) -> HttpResponse:
        """Go on sending."""
        return self._switch(request, send_rate.resume_sending, "Sending goes on.")

    def resume_bulk(self, request: HttpRequest) -> HttpResponse:
        """Let letters and notes go on."""
        return self._switch(request, reputation.let_go_on, "Letters and notes go on.")

    def _switch(self, request: HttpRequest, act: Callable[[], None], words: str) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        act()
        log_action(request, Delivery, "The outbox", CHANGE, words)
        messages.success(request, words)
        return HttpResponseRedirect(reverse("admin:newsletter_delivery_changelist"))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, and above it whether mail is sent, what stops it, and what has failed."""
        heartbeat = Heartbeat.objects.filter(pk=1).first()
        lately = Delivery.objects.filter(changed_at__gt=timezone.now() - LATELY)
        outbox = {
            "heartbeat": heartbeat,
            "is_late": Heartbeat.is_late(),
            "is_paused": send_rate.is_paused(),
            "waiting": counted(Delivery.objects.filter(state__in=Delivery.WAITING)),
            "failed": counted(lately.filter(state=Delivery.State.FAILED)),
            "unsure": counted(lately.filter(state=Delivery.State.UNKNOWN)),
            "again": ListJob.objects.filter(
                kind=ListJob.Kind.RESEND, state=ListJob.State.WORKING
            ).first(),
            "may_send_all": bool(self._filters(request)) and self.has_change_permission(request),
            "may_switch": self.has_change_permission(request),
        }
        return super().changelist_view(request, {"outbox": outbox, **(extra_context or {})})
