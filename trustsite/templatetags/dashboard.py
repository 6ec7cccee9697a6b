"""Tags for the desk's own pages."""

from typing import Any

from django import template

from trustsite import dashboard, setup_checklist

register = template.Library()


@register.inclusion_tag("admin/today.html", takes_context=True)
def what_waits(context: template.RequestContext) -> dict[str, Any]:
    """Show what waits for who opened the page."""
    return {"notices": dashboard.notices(context["request"])}


@register.inclusion_tag("admin/first_steps.html", takes_context=True)
def steps_before_readers_come(context: template.RequestContext) -> dict[str, Any]:
    """Show an owner what is still to do before readers come."""
    steps = setup_checklist.steps(context["request"])
    left, done = (
        [step for step in steps if not step.is_done],
        [step for step in steps if step.is_done],
    )
    return {"left": left, "done": done, "csrf_token": context["csrf_token"]}
