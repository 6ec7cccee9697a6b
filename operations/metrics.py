"""/metrics: figures for a Prometheus in the owner's own network, behind a token. Numbers alone, of nobody.

The text format is a few lines, so no library writes it: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hmac import compare_digest

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from newsletter.models import Delivery, Heartbeat
from operations import error_log
from operations.backups import store
from trustsite.web.serving import traffic

FORMAT = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[str, float]  # its labels, and the number


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with every figure that can be had just now; 404 to who may not ask."""
    if not may_ask(request):
        raise Http404
    lines: list[str] = []
    for name, (kind, help_text, figures) in FIGURES.items():
        try:
            samples = list(figures())
        except Exception:  # what can't be asked is missing, and trustsite_up says so
            samples = []
        lines += _written(f"trustsite_{name}", kind, help_text, samples)
    return HttpResponse("\n".join(lines) + "\n", content_type=FORMAT)


def may_ask(request: HttpRequest) -> bool:
    """Whether a request has the token; without one set nobody has."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    is_right = compare_digest(token.encode(), settings.METRICS_TOKEN.encode())
    return bool(settings.METRICS_TOKEN) and is_right


def _written(name: str, kind: str, help_text: str, samples: list[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {help_text}"
    yield f"# TYPE {name} {kind}"
    for labels, number in samples:
        yield f"{name}{{{labels}}} {number:g}" if labels else f"{name} {number:g}"


def _up() -> Iterator[Sample]:
    try:
        Heartbeat.last()
    except Exception:
        yield 'part="database"', 0
    else:
        yield 'part="database"', 1


def _due() -> Iterator[Sample]:
    yield "", Delivery.objects.due().count()


def _mails() -> Iterator[Sample]:
    counted = dict(Delivery.objects.values_list("state").annotate(Count("id")))
    for state in Delivery.State.values:
        yield f'state="{state}"', counted.get(state, 0)


def _heartbeat() -> Iterator[Sample]:
    yield from _age(Heartbeat.last())


def _backup() -> Iterator[Sample]:
    yield from _age(max((backup.at for backup in store.stored()), default=None))


def _age(at: datetime | None) -> Iterator[Sample]:
    if at is not None:
        yield "", round((timezone.now() - at).total_seconds())


def _errors() -> Iterator[Sample]:
    day = timezone.now() - timedelta(days=1)
    yield "", sum(number for _, number in error_log.summary(day))


def _answers() -> Iterator[Sample]:
    for (by, status), (number, _) in sorted(traffic.read(settings.TRAFFIC_DIR).items()):
        yield f'by="{by}",status="{status}xx"', number


def _bytes() -> Iterator[Sample]:
    for (by, status), (_, size) in sorted(traffic.read(settings.TRAFFIC_DIR).items()):
        yield f'by="{by}",status="{status}xx"', size


Figures = Callable[[], Iterator[Sample]]
FIGURES: dict[str, tuple[str, str, Figures]] = {
    "up": ("gauge", "Whether a part answers.", _up),
    "mails_due": ("gauge", "Mails that could go out now.", _due),
    "mails": ("gauge", "Mails of the last 90 days, by state.", _mails),
    "worker_heartbeat_age_seconds": ("gauge", "Since the mail worker last ran.", _heartbeat),
    "backup_age_seconds": ("gauge", "Since the latest backup.", _backup),
    "errors_of_a_day": ("gauge", "Errors of the last 24 hours.", _errors),
    "answers_total": ("counter", "Answers: of memory, of a file, by the site, refused.", _answers),
    "answer_bytes_total": ("counter", "Bytes of their bodies.", _bytes),
}
