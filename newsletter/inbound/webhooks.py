"""Webhooks: a mail service tells us which mails came back and which were called unwanted.

/newsletter/webhooks/<service>/ (and, for services set up earlier, /newsletter/reports/<service>/)
is there only for the service the owner named (MAIL_SERVICE) and only with its secret: without one
it answers 404. What a report means for an address is in bounces/bounces.py.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsletter.bounces import bounces
from newsletter.bounces.bounce_classes import classify
from newsletter.inbound import receive as receive_report
from newsletter.inbound.amazon_sns import NotConfirmed
from newsletter.inbound.providers import Provider, current_provider, never
from newsletter.models import Bounce
from newsletter.retry_later import RETRY_AFTER, retry_later_on_db_error

MAX_BYTES = 256 * 1024  # no service sends more in one report; Amazon's own limit
MAX_CLOCK_SKEW = timedelta(minutes=5)  # a signed report may be this far from our clock
# A returned mail that is reported later than this is old news; a complaint never is.
MAX_AGE = timedelta(days=30)

# All that reading a report of the wrong shape can raise. The message might quote it, so only the
# type is ever named.
UNREADABLE = (
    AnymailError,
    ImproperlyConfigured,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)

Kind = Bounce.Kind
logger = logging.getLogger(__name__)


class Report(NamedTuple):
    """What an event says about its address; without a kind, that its person asked to leave."""

    event: AnymailTrackingEvent
    kind: Bounce.Kind | None


@csrf_exempt
@require_http_methods(["POST", "HEAD", "GET"])
@retry_later_on_db_error
def receive(request: HttpRequest, name: str) -> HttpResponse:
    """Take in a report, once it is proved to be the service's own."""
    provider = current_provider()
    if provider is None or name != settings.MAIL_SERVICE:
        raise Http404
    if request.method != "POST":
        return _tried_out(request, provider)
    refusal = _refuse(request, name, provider)
    if refusal:
        return refusal
    try:
        reports = _verified_reports(request, provider)
    except AnymailWebhookValidationFailure:
        return HttpResponse(status=403)
    except NotConfirmed:
        return HttpResponse(status=503, headers={"Retry-After": RETRY_AFTER})
    except UNREADABLE as error:
        # And nothing of its words.
        logger.warning("A report of %s could not be read: %s", name, type(error).__name__)
        return HttpResponse(status=400)
    for report in reports:
        _act(name, report)
    return HttpResponse()


def _tried_out(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Answer a service that only looks whether we are here."""
    if request.method == "HEAD" or provider.is_tried_by_get:
        return HttpResponse()
    return HttpResponseNotAllowed(["POST", "HEAD"])


def _refuse(request: HttpRequest, name: str, provider: Provider) -> HttpResponse | None:
    """Return the answer to what can't be a report, by its headers alone."""
    if _content_length(request) > MAX_BYTES:
        return HttpResponse(status=413)
    if request.content_type not in provider.content_types:
        return HttpResponse(status=400)
    if name == "amazon_ses" and "Authorization" not in request.headers:
        # Amazon gives the password when it is asked.
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="reports"'})
    return None


def _content_length(request: HttpRequest) -> int:
    try:
        return int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return 0


def _verified_reports(request: HttpRequest, provider: Provider) -> list[Report]:
    """Return what a request reports. Raises AnymailWebhookValidationFailure if it isn't proved."""
    view = provider.view()
    view.run_validators(request)
    _check_time(provider, request)
    reports = [_report(provider, event) for event in view.parse_events(request)]
    return list(filter(None, reports))


def _check_time(provider: Provider, request: HttpRequest) -> None:
    """Refuse what was signed long ago, or later than now: somebody may be replaying it."""
    if provider.signed_at is not never:
        seconds = float(provider.signed_at(request))
        signed = datetime.fromtimestamp(seconds, tz=UTC)
        if abs(timezone.now() - signed) > MAX_CLOCK_SKEW:
            raise AnymailWebhookValidationFailure


def _report(provider: Provider, event: AnymailTrackingEvent) -> Report | None:
    """Return what an event says about its address, if it says anything that concerns us."""
    event_type = event.event_type
    if event_type == EventType.COMPLAINED and provider.is_complaint(event):
        return Report(event, Kind.COMPLAINT)
    was_unsubscribed = event.reject_reason == RejectReason.UNSUBSCRIBED
    if event_type == EventType.UNSUBSCRIBED or (
        event_type in provider.returned and was_unsubscribed
    ):
        return Report(event, None)
    if event.timestamp and timezone.now() - event.timestamp > MAX_AGE:
        return None
    if event_type not in provider.returned:
        return None
    kind = bounces.REPORTED.get(classify(provider.refusal(event)))
    return Report(event, kind) if kind else None


def _act(name: str, report: Report) -> None:
    event = report.event
    event_id = event.event_id or event.message_id or event.timestamp
    key = f"{name}:{event.event_type}:{event_id}"
    receive_report.about_address(str(event.recipient), report.kind, key)
