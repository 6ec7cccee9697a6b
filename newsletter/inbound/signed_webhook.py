"""Signed webhook: reports from any program of the owner's that has BOUNCE_WEBHOOK_SECRET.

POST /newsletter/webhooks/signed/, signed as signatures.py says. The body is a returned mail or a
complaint as it came (`message/rfc822`), or events in JSON:

{"events": [{"type": "bounced", "recipient": "…", "status": "5.1.1", "text": "…", "id": "…"}]}
"""

import json
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from newsletter.bounces import bounces
from newsletter.bounces.bounce_classes import Refusal, classify
from newsletter.inbound import mail_reports, receive
from newsletter.inbound.signatures import is_signed
from newsletter.models import Bounce
from newsletter.retry_later import retry_later_on_db_error

MAX_EVENTS = 1000
TYPES = {"bounced", "complained", "unsubscribed"}


class UnreadableReport(Exception):  # noqa: N818  said to the caller in its own words
    """A report isn't of the shape that this module's first lines show."""


@csrf_exempt
@require_POST
@retry_later_on_db_error
def receive_signed(request: HttpRequest) -> HttpResponse:
    """Take in reports, once they are proved to be the owner's own."""
    if not settings.BOUNCE_WEBHOOK_SECRET:
        raise Http404
    try:
        if len(request.body) > mail_reports.MAX_BYTES:
            return HttpResponse(status=413)
    except RequestDataTooBig:
        return HttpResponse(status=413)
    if not is_signed(request, settings.BOUNCE_WEBHOOK_SECRET):
        return HttpResponse(status=403)
    if request.content_type == "message/rfc822":
        outcome = receive.mail(request.body, request.headers.get("Webhook-Recipient", ""))
        return JsonResponse({"outcome": outcome.name.lower()})
    try:
        events = _events(request.body)
    except UnreadableReport as error:
        return JsonResponse({"error": str(error)}, status=400)
    for number, event in enumerate(events):
        _act(event, f"{request.headers['webhook-id']}:{number}")
    return JsonResponse({"events": len(events)})


def _events(body: bytes) -> list[dict[str, Any]]:
    """Return the events of a body: all of them are good, or none is taken."""
    try:
        report = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableReport("This is no JSON.") from None
    events = report.get("events") if isinstance(report, dict) else None
    if not isinstance(events, list) or len(events) > MAX_EVENTS:
        raise UnreadableReport(f"“events” is a list of at most {MAX_EVENTS}.")
    for event in events:
        if not isinstance(event, dict) or event.get("type") not in TYPES:
            raise UnreadableReport(f"Each event has a “type”: {', '.join(sorted(TYPES))}.")
        if not isinstance(event.get("recipient"), str):
            raise UnreadableReport("Each event has a “recipient”, an address.")
    return events


def _act(event: dict[str, Any], fallback: str) -> None:
    key = f"signed:{event['type']}:{event.get('id') or fallback}"
    if event["type"] == "unsubscribed":
        receive.about_address(event["recipient"], None, key)
        return
    kind = Bounce.Kind.COMPLAINT if event["type"] == "complained" else _bounce_kind(event)
    if kind:
        receive.about_address(event["recipient"], kind, key)


def _bounce_kind(event: dict[str, Any]) -> Bounce.Kind | None:
    code = event.get("code")
    refusal = Refusal(
        _text(event, "text"),
        code=code if isinstance(code, int) and 400 <= code < 600 else None,
        status=_text(event, "status"),
    )
    return bounces.REPORTED.get(classify(refusal))


def _text(event: dict[str, Any], name: str) -> str:
    value = event.get(name)
    return value[: mail_reports.MAX_TEXT] if isinstance(value, str) else ""
