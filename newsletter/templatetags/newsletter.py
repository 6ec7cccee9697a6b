# A stand-in until the real tag is written.
from django import template

register = template.Library()


@register.inclusion_tag("components/guide_sign_up.html")
def guide_sign_up():
    return {}
