"""Import and export pages of the subscribers' admin: a file is previewed, then confirmed."""

import logging
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from newsletter.admin.read_only import log_action
from newsletter.admin.subscriber_export import HEADINGS, SubscriberExport
from newsletter.admin.subscriber_forms import ConfirmForm, ExportForm, UploadForm
from newsletter.admin.subscriber_import import SubscriberImport, UnreadableFile
from newsletter.models import Subscriber

logger = logging.getLogger(__name__)
CHANGED_MEANWHILE = (
    "The list has changed in between, so nothing was taken in. Choose the file once more."
)


def may_import(request: HttpRequest) -> bool:
    """Whether somebody may bring people in."""
    return request.user.has_perm("newsletter.add_subscriber")


def may_export(request: HttpRequest) -> bool:
    """Whether somebody may take the whole list out: to look at one person takes less."""
    return request.user.has_perm("newsletter.change_subscriber")


def import_file(request: HttpRequest) -> HttpResponse:
    """Show the form for a file; a posted one is previewed, and nothing saved."""
    if not may_import(request):
        raise PermissionDenied
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, "import.html", {"form": form})
    confirm_form = ConfirmForm(form.confirmation())
    if not confirm_form.is_valid():  # it was packed by us a moment ago
        return _page(request, "import.html", {"form": form, "confirm_form": confirm_form})
    try:
        result = _read(confirm_form)
    except UnreadableFile as error:
        return _page(request, "import.html", {"form": form, "problem": str(error)})
    context = {"form": form, "result": result}
    if not result.errors:
        context["confirm_form"] = ConfirmForm(initial=form.confirmation())
    return _page(request, "import.html", context)


@require_POST
def confirm_import(request: HttpRequest) -> HttpResponse:
    """Bring in the people of a previewed file, all or none, and log numbers and basis."""
    if not may_import(request):
        raise PermissionDenied
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _page(request, "import.html", {"confirm_form": form})
    try:
        result = _read(form)
        if result.errors:
            raise UnreadableFile
        result.save()
    except (UnreadableFile, IntegrityError):
        messages.error(request, CHANGED_MEANWHILE)
        return HttpResponseRedirect(reverse("admin:newsletter_subscriber_import"))
    added, skipped = len(result.new), sum(result.skipped.values())
    _log(request, ADDITION, f"{added} brought in, {skipped} left out: {result.basis}.")
    reasons = [f" {number} left out: {reason}." for reason, number in result.skipped.items()]
    message = f"{added} brought in. Nothing was mailed to them.{''.join(reasons)}"
    messages.success(request, message)
    return HttpResponseRedirect(reverse("admin:newsletter_subscriber_changelist"))


def export_list(request: HttpRequest, subscribers: QuerySet[Subscriber]) -> HttpResponse:
    """Show what the file will hold; hand it out when it is asked for, and log how many went."""
    if not may_export(request):
        raise PermissionDenied
    form = ExportForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "headings": HEADINGS}
        return _page(request, "export.html", context)
    chosen = form.cleaned_data["format"]
    export = SubscriberExport(subscribers)
    content = export.as_csv() if chosen == "csv" else export.as_json()
    content_type = "text/csv" if chosen == "csv" else "application/json"
    _log(request, CHANGE, f"{subscribers.count()} taken out as {chosen.upper()}.")
    filename = f"subscribers-{timezone.localdate()}.{chosen}"
    response = HttpResponse(content, content_type=f"{content_type}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _read(form: ConfirmForm) -> SubscriberImport:
    values = form.cleaned_data
    return SubscriberImport(
        values["signed_file"],
        basis=values["basis"],
        address_column=values["address_column"],
        day_column=values["day_column"],
    )


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    context = {**admin.site.each_context(request), "opts": Subscriber._meta, **context}
    return render(request, f"admin/newsletter/subscriber/{template}", context)


def _log(request: HttpRequest, flag: int, words: str) -> None:
    log_action(request, Subscriber, "The list", flag, words)
    logger.info("The list, by user %d: %s", request.user.pk, words)
