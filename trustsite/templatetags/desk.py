"""Tags for the desk's own pages."""

from typing import Any

from django import template

from trustsite import today

register = template.Library()


@register.inclusion_tag("admin/today.html", takes_context=True)
def what_waits(context: template.RequestContext) -> dict[str, Any]:
    """Show what waits for who opened the page."""
    return {"notices": today.notices(context["request"])}
