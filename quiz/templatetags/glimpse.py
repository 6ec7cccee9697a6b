"""What other apps' pages show of the quiz: one of its questions."""

from typing import Any

from django import template

from quiz import version_cache
from quiz.forms import question_list

SHOWN = 5  # a question of people, in the middle of the short quiz

register = template.Library()


@register.inclusion_tag("components/glimpse.html")
def glimpse_of_the_quiz() -> dict[str, Any]:
    """Show one question of the quiz that is live, with its answers; nothing while none is."""
    live = version_cache.live("short")
    questions = question_list(live.version) if live else []
    asked = [question for question in questions if question.number == SHOWN]
    return {"question": asked[0] if asked else None}
