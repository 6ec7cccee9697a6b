"""Import and export pages of the subscribers' admin: a file is looked through, then confirmed."""

import json
import logging
from collections.abc import Iterator
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from newsletter.admin.read_only import log_action
from newsletter.admin.subscriber_export import HEADINGS, SubscriberExport
from newsletter.admin.subscriber_forms import ExportForm, UploadForm
from newsletter.list_files import intake, jobs, storage
from newsletter.list_files.importing import Outcome
from newsletter.models import Heartbeat, ListJob, Subscriber

RECENT = 10
Response = TypeVar("Response", bound=HttpResponseBase)
logger = logging.getLogger(__name__)


def may_import(request: HttpRequest) -> bool:
    """Whether somebody may bring people in."""
    return request.user.has_perm("newsletter.add_subscriber")


def may_export(request: HttpRequest) -> bool:
    """Whether somebody may take the whole list out: to look at one person takes less."""
    return request.user.has_perm("newsletter.change_subscriber")


def import_file(request: HttpRequest) -> HttpResponse:
    """Show the form for a file; a posted one is handed to the worker, who looks through it."""
    if not may_import(request):
        raise PermissionDenied
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        recent = ListJob.objects.filter(kind=ListJob.Kind.IMPORT).order_by("-pk")[:RECENT]
        return _page(request, "import.html", {"form": form, "recent": recent})
    file: UploadedFile = form.cleaned_data["import_file"]
    job = intake.receive(file.chunks(storage.PIECE), form.options(), request.user.pk)
    return _to(job)


def import_job(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a file holds and how far it has got; bring it in, or throw it away."""
    if not may_import(request):
        raise PermissionDenied
    job = get_object_or_404(ListJob, pk=pk, kind=ListJob.Kind.IMPORT)
    if request.method == "POST":
        _answer(request, job)
        return _to(job)
    counted = [(Outcome(name), number) for name, number in sorted(job.counts.items())]
    context = {
        "job": job,
        "rows": [
            {"what": outcome.label, "number": number, "examples": examples}
            for outcome, number, examples in _with_examples(job, counted)
        ],
        "has_problems": storage.exists(job.pk, storage.PROBLEMS),
        "percent": 100 * job.cursor // job.total if job.total else None,
        "worker_is_late": job.is_at_work and Heartbeat.is_late(),
    }
    return _page(request, "job.html", context)


@require_safe
def import_problems(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out the lines that can't be read: their numbers and reasons, no address."""
    if not may_import(request):
        raise PermissionDenied
    job = get_object_or_404(ListJob, pk=pk, kind=ListJob.Kind.IMPORT)
    try:
        content = b"".join([b"line,reason\r\n", *storage.read(job.pk, storage.PROBLEMS)])
    except storage.FileGone:
        messages.info(request, "That list has gone: it is kept for a week.")
        return _to(job)
    return _download(HttpResponse(content, content_type="text/csv; charset=utf-8"), "problems.csv")


def _answer(request: HttpRequest, job: ListJob) -> None:
    if "drop" in request.POST:
        jobs.drop(job)
        messages.success(request, "Thrown away. What had come in before stays.")
    elif job.options.get("asks") and "looked_at" not in request.POST:
        messages.error(request, "Please say first that you have looked at the columns named below.")
    elif jobs.say_yes(job):
        basis = job.options.get("basis") or "not to be written to"
        _log(request, ADDITION, f"A file of {job.total} entries: {basis}.")
    else:
        messages.info(request, "That file doesn’t wait for a word any more.")


def _with_examples(
    job: ListJob, counted: list[tuple[Outcome, int]]
) -> Iterator[tuple[Outcome, int, list[Any]]]:
    try:
        examples = json.loads(b"".join(storage.read(job.pk, "examples")))
    except storage.FileGone:
        examples = {}
    for outcome, number in counted:
        yield outcome, number, examples.get(outcome.value, [])


def _to(job: ListJob) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:newsletter_subscriber_job", args=[job.pk]))


def export_list(request: HttpRequest, subscribers: QuerySet[Subscriber]) -> HttpResponseBase:
    """Show what the file will hold; hand it out, a few people at a time, and log how many went."""
    if not may_export(request):
        raise PermissionDenied
    form = ExportForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "headings": HEADINGS}
        return _page(request, "export.html", context)
    chosen = form.cleaned_data["format"]
    _log(request, CHANGE, f"{subscribers.count()} taken out as {chosen.upper()}.")
    export = SubscriberExport(subscribers)
    pieces = export.as_csv() if chosen == "csv" else export.as_json()
    content_type = "text/csv" if chosen == "csv" else "application/json"
    response = StreamingHttpResponse(pieces, content_type=f"{content_type}; charset=utf-8")
    return _download(response, f"subscribers-{timezone.localdate()}.{chosen}")


def _download(response: Response, filename: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    context = {**admin.site.each_context(request), "opts": Subscriber._meta, **context}
    return render(request, f"admin/newsletter/subscriber/{template}", context)


def _log(request: HttpRequest, flag: int, words: str) -> None:
    log_action(request, Subscriber, "The list", flag, words)
    logger.info("The list, by user %d: %s", request.user.pk, words)
