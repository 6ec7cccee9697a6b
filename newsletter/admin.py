"""The list manager's view: who is on the list, and how every mail fared. Nothing is typed here, and no address logged."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from newsletter import (
    delivery,
    letter_admin,  # noqa: F401  registers the letters
    signup,
)
from newsletter.models import Delivery, Heartbeat, Subscriber, Suppression

REASONS = {
    Delivery.State.QUEUED: "Waiting for the worker.",
    Delivery.State.SENDING: "A worker is sending it now.",
    Delivery.State.SENT: "The mail server took it.",
    Delivery.State.RETRY: "It didn't go through. We try again by ourselves.",
    Delivery.State.FAILED: "It can't be delivered. Look at the reply, then send it again if that makes sense.",
    Delivery.State.SUPPRESSED: "Not sent, because the person had left or no longer waited for it.",
    Delivery.State.HELD: "Its letter is paused. It goes on when the letter does.",
    Delivery.State.UNKNOWN: "It may or may not have arrived. Send it again if one copy too many does no harm.",
}


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that are looked at, not edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in self.model._meta.fields]


@admin.register(Subscriber)
class SubscriberAdmin(ReadOnly):
    """People on the list. No search box: it would put addresses into the address bar and its history."""

    list_display = (
        "__str__",
        "address",
        "state",
        "wants_letters",
        "wording",
        "asked_at",
        "confirmed_at",
        "guide_sent_at",
    )
    list_filter = ("state", "wants_letters", "wording")
    ordering = ("-asked_at",)
    fields = ("address", "state", "wants_letters", "wording", "asked_at", "confirmed_at", "guide_sent_at")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Say what goes with a person: their mails, which nobody may delete alone."""
        found, counts, _, protected = super().get_deleted_objects(objs, request)
        return found, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: Subscriber) -> None:
        """Erase a person who asked for it; nobody writes to them again."""
        signup.leave(obj.fingerprint, Suppression.Reason.ERASED)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        """Erase several."""
        for subscriber in queryset:
            self.delete_model(request, subscriber)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
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
    list_filter = ("state", "kind")
    list_select_related = ("subscriber",)
    ordering = ("-changed_at",)
    actions = ("send_again",)

    def has_delete_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

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
        number = sum(delivery.send_again(row) for row in queryset)
        for row in queryset:
            self.log_change(request, row, "Sent again.")
        messages.success(request, f"{number} put into the queue. Mails that are still on their way stay as they are.")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list, and say above it when the worker isn't running."""
        if request.method == "GET" and Heartbeat.is_late():
            last = Heartbeat.objects.filter(pk=1).first()
            when = f"last ran on {last.at:%-d %B at %H:%M} UTC" if last else "has never run"
            messages.warning(
                request, f"No mail is being sent: the worker {when}. {last.trouble if last else ''}".strip()
            )
        return super().changelist_view(request, extra_context)
