"""Template tags of the admin's first page."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.template.loader import get_template
from django.utils import timezone

from trustsite import dashboard
from trustsite import setup_checklist as checklist
from trustsite.desk.calendar import monday
from trustsite.desk.navigation import navigation

register = template.Library()
SEARCH = "admin/desk_search.html"  # a field above every page, from the app that can search


@register.inclusion_tag("admin/desk_navigation.html", takes_context=True)
def desk_navigation(context: template.RequestContext, *, has_row: bool = True) -> dict[str, Any]:
    """Show the places of the desk, and the row above the page; or the places alone, behind “Menu”."""
    request = context["request"]
    try:
        search = get_template(SEARCH).render({"typed": context.get("typed", "")}, request)
    except template.TemplateDoesNotExist:
        search = ""
    return {
        "places": list(navigation(request)),
        "user": request.user,
        "has_row": has_row,
        "may_write": request.user.has_perm("articles.add_article")
        and not _is_of(request, "article"),
        "search": search,
        "csrf_token": context["csrf_token"],
    }


def _is_of(request: HttpRequest, model: str) -> bool:
    """Whether the page is of a model’s own, which has its own way to add one."""
    match = request.resolver_match
    return bool(match and f"_{model}_" in (match.url_name or ""))


@register.inclusion_tag("admin/dashboard.html", takes_context=True)
def dashboard_items(context: template.RequestContext) -> dict[str, Any]:
    """Show what waits for who opened the page."""
    return {"items": dashboard.dashboard_items(context["request"])}


@register.inclusion_tag("admin/own_texts.html", takes_context=True)
def own_texts(context: template.RequestContext) -> dict[str, Any]:
    """Show what who opened the page worked on."""
    request = context["request"]
    sees = request.user.has_perm("articles.view_article")
    all_url = dashboard.changelist_url("articles_article", whose="mine") if sees else ""
    return {"texts": dashboard.own_texts(request), "all_url": all_url}


@register.inclusion_tag("admin/two_weeks.html", takes_context=True)
def two_weeks(context: template.RequestContext) -> dict[str, Any]:
    """Show this week and the next."""
    first = monday(timezone.localdate())
    return {"days": dashboard.calendar(context["request"], first, 14, 3)}


@register.inclusion_tag("admin/setup_checklist.html", takes_context=True)
def setup_checklist(context: template.RequestContext) -> dict[str, Any]:
    """Show an owner what is still to do before readers come."""
    steps = checklist.setup_steps(context["request"])
    left = [step for step in steps if not step.is_done]
    done = [step for step in steps if step.is_done]
    return {"left": left, "done": done, "csrf_token": context["csrf_token"]}
