"""Tags for every page: its styles, its head, scripts with their integrity hash, the stamp of a form."""

import base64
import hashlib
from functools import cache

from django import template
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.base import Parser, Token
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from prose.document import trusted
from trustsite.web import page_head
from trustsite.web.fonts import FONTS
from trustsite.web.form_guard import form_token
from trustsite.web.inline_css import stylesheet, tokens
from trustsite.web.serving.fragments import fragment

register = template.Library()
register.simple_tag(form_token, name="form_token")
register.simple_tag(fragment)


@register.simple_tag
def font_preloads() -> SafeString:
    """Return links that fetch the fonts at once.

    For previews alone: two of the same text must be as high as each other for the place to be kept.
    """
    link = '<link rel="preload" as="font" type="font/woff2" crossorigin href="{}">'
    return format_html_join(
        "", link, ((staticfiles_storage.url(font.static_path),) for font in FONTS)
    )


@cache
def _digest(name: str) -> str:
    path = finders.find(name)
    if not isinstance(path, str):
        raise template.TemplateSyntaxError(f"There is no static file {name}.")
    with open(path, "rb") as file:
        return base64.b64encode(hashlib.sha384(file.read()).digest()).decode()


@register.simple_tag
@cache
def script(name: str, early: bool = False) -> SafeString:
    """Return the script element for static file `name`, with the hash of its bytes: a module,
    unless it must run early.
    """
    element = '<script src="{}" integrity="sha384-{}"></script>'
    if not early:
        element = element.replace("<script", '<script type="module"')
    return format_html(element, staticfiles_storage.url(name), _digest(name))


@register.simple_tag
def tokens_css() -> SafeString:
    """Return the style element with the palette and the faces of the site."""
    return format_html("<style>{}</style>", tokens())


class InlineCSS(template.Node):
    """The style element with the CSS of the components that stand in the tag by name."""

    def __init__(self, nodelist: template.NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: template.Context) -> SafeString:
        return format_html("<style>{}</style>", stylesheet(self.nodelist.render(context).split()))


class PageHead(template.Node):
    """A page's title, description and canonical address, with the tags made of them."""

    def __init__(self, nodelist: template.NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: template.Context) -> SafeString:
        head = page_head.read(self.nodelist.render(context))
        parts = [head.html.strip()]
        if head.is_public:
            own_card = str(context.get("card", ""))
            # A preview is of a page that has an address, and its own is for nobody else.
            address = own_card.removesuffix("card.png") or str(context.get("canonical", ""))
            card = {
                "site": context["site"],
                "title": head.name,
                "text": head.description,
                "address": address,
                "card": own_card,
            }
            parts.append(render_to_string("components/card_tags.html", card).strip())
            if not head.has_json_ld:
                data = page_head.page_data(head.kind, head.name, head.description, address)
                described = {"@context": "https://schema.org", **data}
                parts.append(json_ld_script(page_head.as_json(described)))
        return trusted("\n    ".join(parts))


@register.simple_tag
def json_ld_script(data: page_head.JsonLd) -> SafeString:
    """Return the element that tells machines what a page is."""
    return format_html('<script type="application/ld+json">{}</script>', data)


@register.tag(name="page_head")
def page_head_tag(parser: Parser, token: Token) -> PageHead:
    """Read `{% page_head %}…{% endpage_head %}`: not a simple block tag, for blocks must work in it."""
    nodelist = parser.parse(["endpage_head"])
    parser.delete_first_token()
    return PageHead(nodelist)


@register.tag
def inline_css(parser: Parser, token: Token) -> InlineCSS:
    """Read `{% inline_css %}names of components{% endinline_css %}`: not a simple block tag, for blocks must work in it."""
    nodelist = parser.parse(["endinline_css"])
    parser.delete_first_token()
    return InlineCSS(nodelist)
