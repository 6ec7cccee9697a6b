"""Setup checklist of the mail: what to do before readers come, and a test mail on request."""

from collections.abc import Iterator
from email.utils import formataddr

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from newsletter.models import Delivery
from newsletter.outbox.smtp_errors import classify_send_error
from trustsite.setup_checklist import OWNER_PERMISSION, SetupStep

FOLDER_BACKEND = "newsletter.emails.dev_mailbox.FolderBackend"
WORDS = "This is a test. Your site can send mail; nothing else needs to be done.\n"


def steps(request: HttpRequest) -> Iterator[SetupStep]:
    """Yield the setup steps of the mail."""
    how = (
        "Mails are files in a folder now, and reach nobody. "
        "Set EMAIL_HOST and its like in the server’s settings."
    )
    yield SetupStep("Set a mail server", settings.EMAIL_BACKEND != FOLDER_BACKEND, how)
    how = "See that it arrives, and not among the unwanted."
    button, address = "Send a test mail to my own address", reverse("admin:newsletter_test_mail")
    yield SetupStep(
        "Send yourself a test mail", _tests().exists(), how, address, button_label=button
    )


@require_POST
def send_test(request: HttpRequest) -> HttpResponse:
    """Send a mail to who asks, at once, by the way all mail goes."""
    if not request.user.has_perm(OWNER_PERMISSION):
        raise PermissionDenied
    address = getattr(request.user, "email", "")
    if not address:
        messages.error(
            request, "Your account has no e-mail address to send a test to. Enter one under Users."
        )
        return redirect("admin:index")
    sender = formataddr((settings.FROM_NAME, settings.FROM_EMAIL))
    try:
        EmailMessage("A test from the desk", WORDS, sender, [address]).send()
    except Exception as error:
        messages.error(request, f"The test didn’t go out: {classify_send_error(error).reply}")
        return redirect("admin:index")
    _log_test(request)
    messages.success(request, "A test was sent to your own address. See that it arrives.")
    return redirect("admin:index")


def _tests() -> QuerySet[LogEntry]:
    """Return the log of tests that went out by the server that is set now."""
    kind = ContentType.objects.get_for_model(Delivery)
    return LogEntry.objects.filter(content_type=kind, object_repr=_test_label())


def _test_label() -> str:
    backend = settings.EMAIL_BACKEND.removesuffix(".EmailBackend").removesuffix(".Backend")
    return f"Test mail by {backend}, {settings.EMAIL_HOST}:{settings.EMAIL_PORT}"[:200]


def _log_test(request: HttpRequest) -> None:
    LogEntry.objects.create(
        user_id=request.user.pk,  # type: ignore[misc]
        content_type=ContentType.objects.get_for_model(Delivery),
        object_repr=_test_label(),
        action_flag=CHANGE,
        change_message="It was handed over.",
    )
