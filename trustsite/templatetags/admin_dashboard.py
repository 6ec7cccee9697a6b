"""Template tags of the admin's first page."""

from typing import Any

from django import template

from trustsite import dashboard
from trustsite import setup_checklist as checklist

register = template.Library()


@register.inclusion_tag("admin/dashboard.html", takes_context=True)
def dashboard_items(context: template.RequestContext) -> dict[str, Any]:
    """Show what waits for who opened the page."""
    return {"items": dashboard.dashboard_items(context["request"])}


@register.inclusion_tag("admin/setup_checklist.html", takes_context=True)
def setup_checklist(context: template.RequestContext) -> dict[str, Any]:
    """Show an owner what is still to do before readers come."""
    steps = checklist.setup_steps(context["request"])
    left = [step for step in steps if not step.is_done]
    done = [step for step in steps if step.is_done]
    return {"left": left, "done": done, "csrf_token": context["csrf_token"]}
