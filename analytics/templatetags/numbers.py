"""Template filter of the page "Numbers"."""

from django import template

from analytics.disclosure import words

register = template.Library()
register.filter("figure_words", words)
