"""Template tags of the quiz: the line of a result."""

from django import template

from quiz.line import draw

register = template.Library()
register.filter("line", draw)
