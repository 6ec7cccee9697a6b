"""/readyz: whether this process could serve everything, for monitors; what isn't ready, by name alone."""

import ipaddress
import shutil
from collections.abc import Callable
from datetime import timedelta
from hmac import compare_digest

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from newsletter.models import Delivery, FormRequest, Heartbeat
from operations import metrics
from operations.backups import store, version
from trustsite.web.client_network import UNKNOWN, client_network

BACKUP_WITHIN = timedelta(hours=26)
OUTBOX_WITHIN = timedelta(minutes=15)
MIN_FREE = 0.05
FORGED = "192.0.2.66"  # of a range that nobody has: what doctor pretends to be


class Monitors:
    """Answers monitors under whatever name the machine is asked by: they may know no other."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/readyz" and may_ask(request):
            return readyz(request)
        if request.path == "/metrics" and metrics.may_ask(request):
            return metrics.metrics(request)
        return self.get_response(request)


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200, or 503 with the names of what isn't ready; 404 to who may not ask."""
    if not may_ask(request):
        raise Http404
    not_ready = [name for name, is_ready in CHECKS.items() if not _holds(is_ready)]
    body = {"ready": not not_ready, "not_ready": not_ready, "arrives": _arrives(request)}
    return JsonResponse(body, status=503 if not_ready else 200)


def may_ask(request: HttpRequest) -> bool:
    """Whether a request has the token, or comes from this machine and through no proxy."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.READY_TOKEN and compare_digest(token.encode(), settings.READY_TOKEN.encode()):
        return True
    forwarded = {"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "Via"}
    is_forwarded = request.META.get("trustsite.is_forwarded", False)
    if is_forwarded or any(name in request.headers for name in forwarded):
        return False
    peer = request.META.get("trustsite.peer", request.META.get("REMOTE_ADDR", ""))
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False


def _holds(is_ready: Callable[[], bool]) -> bool:
    try:
        return is_ready()
    except Exception:  # whatever breaks, what it asks for isn't ready
        return False


def _arrives(request: HttpRequest) -> dict[str, bool]:
    """Say how this request arrived, for doctor: never the address itself."""
    network = client_network(request)
    return {
        "https": request.is_secure(),
        "address": network != UNKNOWN,
        "forged": network == FORGED,
    }


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _migrations() -> bool:
    return not version.pending_migrations()


def _cache() -> bool:
    cache.set("readyz", "1", 10)
    return bool(cache.get("readyz") == "1")


def _worker() -> bool:
    return not Heartbeat.is_late()


def _intake() -> bool:
    return not FormRequest.objects.late().exists()


def _outbox() -> bool:
    return not Delivery.objects.due().filter(not_before__lt=timezone.now() - OUTBOX_WITHIN).exists()


def _disk() -> bool:
    usage = shutil.disk_usage(settings.DATA_DIR)
    return usage.free / usage.total > MIN_FREE


def _backup() -> bool:
    found = store.stored()
    return bool(found) and timezone.now() - found[0].at < BACKUP_WITHIN


CHECKS = {
    "database": _database,
    "migrations": _migrations,
    "cache": _cache,
    "worker": _worker,
    "intake": _intake,
    "outbox": _outbox,
    "disk": _disk,
    "backup": _backup,
}
