"""Template tags for other apps' pages: the panel that offers the guide."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string

from newsletter.subscribing.forms import SignUpForm
from trustsite.web.form_guard import form_token

register = template.Library()


@register.simple_tag
def guide_sign_up(form: SignUpForm | None = None) -> str:
    """Show the guide panel with its form. Pages with a filled-in `form` are never cached."""
    return _panel(form) if form else _empty_panel(form_token())


@lru_cache(maxsize=1)
def _empty_panel(stamp: str) -> str:
    """Return the panel of this hour, the same for everybody: a third of a quiz result's work."""
    return _panel(SignUpForm())


def _panel(form: SignUpForm) -> str:
    return render_to_string("components/guide_sign_up.html", {"form": form})
