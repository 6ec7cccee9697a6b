"""Template tags of the quiz: the line of a result, and the page to pass on from it."""

from django import template

from quiz.line import draw
from quiz.sharing import shared_page

register = template.Library()
register.filter("line", draw)
register.simple_tag(shared_page)
