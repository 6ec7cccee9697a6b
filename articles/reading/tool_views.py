"""Pages of the tools."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from articles.reading import json_ld
from articles.reading.tools import FEET, GROUND, TOOLS, Tool
from trustsite.web.page_head import JsonLd, page_data
from trustsite.web.serving.page_cache import public


@require_safe
@public(made_of=["site"])
def index(request: HttpRequest) -> HttpResponse:
    """List the tools."""
    return render(request, "tools/index.html", {"tools": TOOLS.values()})


@require_safe
@public(made_of=["site"])
def tool(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one tool."""
    chosen = TOOLS.get(slug)
    if chosen is None:
        raise Http404
    others = [other for other in TOOLS.values() if other is not chosen]
    context = {
        "tool": chosen,
        "others": others,
        "worse": GROUND if chosen is FEET else FEET,
        "json_ld": described(chosen),
    }
    template = "tools/steps.html" if chosen.steps else f"tools/{slug}.html"
    return render(request, template, context)


def described(tool: Tool) -> JsonLd:
    """Describe a tool; one that goes by steps as a HowTo."""
    address = settings.SITE_URL + tool.path
    about = page_data("HowTo" if tool.steps else "WebPage", tool.title, tool.summary, address)
    steps: list[dict[str, Any]] = []
    for position, step in enumerate(tool.steps, start=1):
        text = " ".join(step.text) or step.title
        steps.append({"@type": "HowToStep", "position": position, "name": step.title, "text": text})
    if steps:
        about["step"] = steps
    return json_ld.graph(
        about, json_ld.breadcrumbs(json_ld.trail_of(("Tools", "/tools/")), tool.title)
    )
