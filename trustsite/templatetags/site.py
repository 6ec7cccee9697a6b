"""Tags for every page: scripts with their integrity hash, the stamp of a form."""

import base64
import hashlib
from functools import cache

from django import template
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString

from trustsite.web.form_guard import form_token

register = template.Library()
register.simple_tag(form_token, name="form_token")


@cache
def _digest(name: str) -> str:
    path = finders.find(name)
    if not isinstance(path, str):
        raise template.TemplateSyntaxError(f"There is no static file {name}.")
    with open(path, "rb") as file:
        return base64.b64encode(hashlib.sha384(file.read()).digest()).decode()


@register.simple_tag
def script(name: str, early: bool = False) -> SafeString:
    """Return the script element for static file `name`, with the hash of its bytes: a module,
    unless it must run early.
    """
    element = '<script src="{}" integrity="sha384-{}"></script>'
    if not early:
        element = element.replace("<script", '<script type="module"')
    return format_html(element, staticfiles_storage.url(name), _digest(name))
