"""What other apps' pages show of the newsletter: the panel that offers the guide."""

from typing import Any

from django import template

from newsletter.forms import SignUpForm

register = template.Library()


@register.inclusion_tag("components/guide_sign_up.html")
def guide_sign_up(form: SignUpForm | None = None) -> dict[str, Any]:
    """Show the guide panel with its form. Pages that show `form` filled in are theirs who sent it, and not kept."""
    return {"form": form or SignUpForm()}
