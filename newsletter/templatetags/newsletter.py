"""Template tags: the panel that offers the guide, and whether there are letters to read."""

from functools import lru_cache

from django import template
from django.db import DatabaseError
from django.template import Context
from django.template.loader import render_to_string

from newsletter.issues import archive
from newsletter.subscribing import source_pages
from newsletter.subscribing.forms import SignUpForm
from trustsite.web.form_guard import form_token
from trustsite.web.serving.page_cache import depends_on

MAX_PANELS = 256  # one a page that shows it

register = template.Library()


@register.simple_tag(takes_context=True)
def guide_sign_up(context: Context, form: SignUpForm | None = None) -> str:
    """Show the guide panel with its form. Pages with a filled-in `form` are never cached."""
    if form and form.is_bound:
        return _panel(form, source_pages.known(form.data.get("src", "")))
    return _empty_panel(form_token(), source_pages.of_request(context.get("request")))


@register.simple_tag
def has_letters() -> bool:
    """Whether anybody can read a letter; a page that asks changes when that does.

    While the database is away the page goes without.
    """
    depends_on(archive.LETTERS)
    try:
        return archive.published().exists()
    except DatabaseError:
        return False


@lru_cache(MAX_PANELS)
def _empty_panel(stamp: str, src: str) -> str:
    """Return the panel of this hour and page, the same for everybody: a third of a quiz result's work."""
    return _panel(SignUpForm(), src)


def _panel(form: SignUpForm, src: str) -> str:
    return render_to_string("components/guide_sign_up.html", {"form": form, "src": src})
