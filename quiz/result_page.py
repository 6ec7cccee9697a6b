"""Page of a result: put together of parts that were made before, and of what is its reader's own."""

from functools import cache

from django.http import HttpRequest
from django.template.loader import render_to_string

from prose.document import trusted
from quiz import forms
from quiz.models import Version
from quiz.scoring.scoring import RESPONSES, Result
from quiz.scoring.stability import Stability
from trustsite.web.serving.fragments import fragment, page_with_slots


def result_page(
    request: HttpRequest,
    version: Version,
    answers: forms.Answers,
    result: Result,
    firm: Stability | None,
    longer: str,
) -> str:
    """Return the page that shows `result`; `longer` is the URL of a longer quiz to go on to, or ""."""
    layout = {
        "address": request.path,
        "number": version.number,
        "is_complete": result.outcome != "incomplete",
        "has_figures": bool(result.shares),
        "longer": longer,
    }
    heading = {
        "key": result.key,
        "outcome": result.outcome,
        "strength": result.strength,
        "responses": result.responses,
        "secondary": result.secondary,
        "named": result.named,
    }
    facets = {
        "key": result.key,
        "outcome": result.outcome,
        "secondary": result.secondary,
        "pair": result.pair,
        "steadiness_text": result.steadiness_text,
        "four": RESPONSES,
    }
    onward = {"key": result.key, "request": request}
    slots = {
        "heading": fragment("quiz/result_heading.html", **heading),
        "bars": trusted("".join(map(_bars().__getitem__, result.figures.items()))),
        "basis": render_to_string("quiz/result_basis.html", {"result": result, "firm": firm}),
        "tonight": fragment("quiz/result_tonight.html", key=result.key),
        "facets": fragment("quiz/result_facets.html", **facets),
        "onward": render_to_string("quiz/result_onward.html", onward),
        "share": fragment("quiz/result_share.html", responses=result.responses),
        "hidden": forms.hidden_fields(answers),
    }
    return page_with_slots(request, "quiz/result.html", layout, slots)


@cache
def _bars() -> dict[tuple[str, int], str]:
    """Return the bar of each figure that a response can have: all at once, so that they tell of nobody's result."""
    figures = [(response, figure) for response in RESPONSES for figure in range(101)]
    return {
        (response, figure): render_to_string(
            "components/bar.html", {"response": response, "figure": figure}
        )
        for response, figure in figures
    }
