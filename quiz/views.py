"""The quiz: asked, scored, forgotten. Answers come in the body of a post and leave with its answer; nothing keeps them."""

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from quiz import forms, scoring
from quiz.models import Version
from trustsite.origin import from_here
from trustsite.pages import public

MOST_BYTES = 64 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
@from_here
def take(request: HttpRequest) -> HttpResponse:
    """Ask the questions; answer a post with its result."""
    if request.method != "POST":
        return ask(request)
    response = answer(request)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@public
def ask(request: HttpRequest) -> HttpResponse:
    """Show what the quiz is, and all its questions."""
    version = get_object_or_404(Version.objects.live().whole(), quiz__slug="short")
    return render(request, "quiz/take.html", {"version": version, "questions": forms.set_out(version)})


def answer(request: HttpRequest) -> HttpResponse:
    """Show what the posted answers come to; or, when asked to or in doubt, the form with them ticked."""
    if _length(request) > MOST_BYTES:
        return render(request, "quiz/unread.html", {"why": "size"}, status=413)
    try:
        data = request.POST
    except (SuspiciousOperation, BadRequest, MultiPartParserError):
        return render(request, "quiz/unread.html", {"why": "form"}, status=400)
    version = forms.find(data)
    if version is None:
        return render(request, "quiz/unread.html", {"why": "version"}, status=400)
    answers = forms.read(version, data)
    if answers.doubtful or "change" in data:
        context = {"version": version, "questions": forms.set_out(version, answers), "doubtful": answers.doubtful}
        return render(request, "quiz/change.html", context, status=400 if answers.doubtful else 200)
    result = scoring.score(version.form(), answers.given)
    context = {"version": version, "answers": answers.given.items(), "four": scoring.RESPONSES, "result": result}
    return render(request, "quiz/result.html", context)


def _length(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isascii() and length.isdecimal() else 0
