"""/newsletter/reports/<service>/: a mail service tells us which mails came back and which were called unwanted.

The address is there only for the service the owner named (MAIL_SERVICE) and only with its secret: without one it answers
404. What a report means for an address is in bounces.py.
"""

import json
import logging
from datetime import UTC, datetime, timedelta

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsletter import suppression
from newsletter.bounce_classes import classify
from newsletter.inbound import bounces
from newsletter.inbound.providers import Service, never, service
from newsletter.models import Bounce, Suppression
from newsletter.subscribing import signup
from newsletter.subscribing.views import or_later

MOST_BYTES = 256 * 1024  # no service sends more in one report; Amazon's own limit
FRESH = timedelta(minutes=5)  # a signed report may be this far from our clock
LATE = timedelta(
    hours=48
)  # a returned mail that is told later than this is old news; a complaint never is

# All that reading a report of the wrong shape can raise. The message might quote it, so only the type is ever named.
UNREADABLE = (
    *(
        AnymailError,
        ImproperlyConfigured,
        ArithmeticError,
        AttributeError,
        LookupError,
        OSError,
        RecursionError,
    ),
    *(TypeError, ValueError),
)

Kind = Bounce.Kind
logger = logging.getLogger(__name__)


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
@or_later
def report(request: HttpRequest, name: str) -> HttpResponse:
    """Take in a report, once it is proved to be the service's own."""
    teller = service()
    if teller is None or name != settings.MAIL_SERVICE:
        raise Http404
    if request.method == "HEAD":  # how some services try an address out
        return HttpResponse()
    if _length(request) > MOST_BYTES:
        return HttpResponse(status=413)
    if request.content_type not in teller.content_types:
        return HttpResponse(status=400)
    if (
        name == "amazon_ses" and "Authorization" not in request.headers
    ):  # Amazon gives the password when it is asked
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="reports"'})
    view = teller.view()
    try:
        view.run_validators(request)
        _check_time(teller, request)
    except AnymailWebhookValidationFailure:
        return HttpResponse(status=403)
    except UNREADABLE as error:
        return _unreadable(name, error)
    try:
        meanings = [_meaning(teller, event) for event in view.parse_events(request)]
    except UNREADABLE as error:
        return _unreadable(name, error)
    for meaning in meanings:
        if meaning:
            _act(name, *meaning)
    return HttpResponse()


def _length(request: HttpRequest) -> int:
    try:
        return int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return 0


def _check_time(teller: Service, request: HttpRequest) -> None:
    """Refuse what was signed long ago, or later than now: somebody may have kept it to send it again."""
    if teller.signed_at is not never:
        signed = datetime.fromtimestamp(float(teller.signed_at(json.loads(request.body))), tz=UTC)
        if abs(timezone.now() - signed) > FRESH:
            raise AnymailWebhookValidationFailure


def _unreadable(name: str, error: BaseException) -> HttpResponse:
    logger.warning(
        "A report of %s could not be read: %s", name, type(error).__name__
    )  # and nothing of its words
    return HttpResponse(status=400)


Meaning = tuple[AnymailTrackingEvent, "Bounce.Kind | None"]  # None: they asked the service to leave


def _meaning(teller: Service, event: AnymailTrackingEvent) -> Meaning | None:
    """Return what an event says about its address, if it says anything that concerns us."""
    kind, reason = event.event_type, event.reject_reason
    if kind == EventType.COMPLAINED and teller.is_complaint(event):
        return event, Kind.COMPLAINT
    if kind == EventType.UNSUBSCRIBED or (
        kind == EventType.REJECTED and reason == RejectReason.UNSUBSCRIBED
    ):
        return event, None
    if event.timestamp and timezone.now() - event.timestamp > LATE:
        return None
    if kind not in {EventType.BOUNCED, EventType.REJECTED}:
        return None
    counted = bounces.KINDS.get(classify(teller.refusal(event)))
    return (event, counted) if counted else None


def _act(name: str, event: AnymailTrackingEvent, kind: Bounce.Kind | None) -> None:
    try:
        fingerprint = suppression.fingerprint(signup.normalise(str(event.recipient)))
    except signup.AddressError:
        return
    if kind is not None:
        marks = (
            name,
            event.event_type,
            event.event_id or event.message_id or event.timestamp,
            fingerprint,
        )
        bounces.note(fingerprint, kind, ":".join(map(str, marks)))
    elif bounces.is_listed(fingerprint):
        suppression.forget(fingerprint, Suppression.Reason.UNSUBSCRIBED)
