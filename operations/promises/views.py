"""/promises/: what the site promises, and how to look whether it is so."""

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from operations.doctor.examination import TAG
from operations.promises.catalogue import catalogue
from operations.promises.standing import standing
from trustsite.web.serving.page_cache import public


@require_safe
@public(made_of=[TAG])
def promises(request: HttpRequest) -> HttpResponse:
    """Show every promise that holds, by what it is about."""
    shown = standing()
    groups = [(title, list(found)) for title, found in groupby(shown, lambda each: each.group)]
    context = {"groups": groups, "withheld": len(catalogue()) - len(shown)}
    return render(request, "operations/promises.html", context)
