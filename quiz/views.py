"""Views of the quiz for readers: questions, result, method, paper.

Answers come in the body of a post and leave with its response; nothing stores them.
"""

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from analytics.api import FINISHED, OUTCOME, QUIZ
from quiz import forms, version_cache
from quiz.method import example, method_summary
from quiz.models import Version
from quiz.result_page import result_page
from quiz.scoring import scoring
from quiz.scoring.paper import make_key
from quiz.scoring.stability import stability
from quiz.version_cache import CachedVersion
from trustsite.web.form_guard import same_origin_required
from trustsite.web.serving.fragments import remembered
from trustsite.web.serving.page_cache import counts_as, public

MAX_BYTES = 64 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
@same_origin_required
def take(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask the questions of quiz `slug`; answer a post with its result."""
    if request.method != "POST":
        return ask(request, slug)
    return never_cache(answer(request, slug))


@public(made_of=["quiz"])
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what the quiz is, and all its questions."""
    live = version_cache.live(slug)
    return show_questions(request, live) if live else _nothing_live(request, slug)


def answer(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer a post to quiz `slug`."""
    data = read_post(request)
    if isinstance(data, HttpResponse):
        return data
    if slug == "full" and "short" in data:
        return continue_to_full(request, data)
    version = version_cache.by_number(slug, data.get("version", ""))
    if version is None:
        return questions_have_changed(request, slug, data)
    return show_result(request, version, data)


def read_post(request: HttpRequest) -> QueryDict | HttpResponse:
    """Return the fields of a post, or the page that says why they can't be read."""
    if _content_length(request) > MAX_BYTES:
        return _unreadable(request, "size", 413)
    try:
        return request.POST
    except (SuspiciousOperation, BadRequest, MultiPartParserError):
        return _unreadable(request, "form", 400)


def show_questions(request: HttpRequest, cached: CachedVersion) -> HttpResponse:
    """Show the start page of a version, with all its questions."""
    version = cached.version
    context = {
        "version": version,
        "address": request.path,
        "questions": forms.question_list(version),
        "reviews": version_cache.reviews(version),
        "longer": "" if version.is_draft else _longer_url(),
    }
    return render(request, "quiz/take.html", context)


def show_result(request: HttpRequest, cached: CachedVersion, data: QueryDict) -> HttpResponse:
    """Show the result of the posted answers.

    Or the form with them ticked: to change them, or because some are invalid.
    """
    version = cached.version
    answers = forms.read(cached.fields, data)
    context = {"version": version, "address": request.path}
    if answers.invalid or "change" in data:
        questions = forms.question_list(version, answers)
        context |= {"questions": questions, "invalid": answers.invalid}
        return render(request, "quiz/change.html", context, status=400 if answers.invalid else 200)
    result = scoring.score(cached.definition, answers.given, answers.ratings(version))
    if not version.is_draft:
        counts_as(QUIZ, f"{version.quiz.slug} {FINISHED}")
        counts_as(OUTCOME, f"{version.quiz.slug}-v{version.number} {result.key}")
    firm = stability(cached.definition, answers.given, result)
    longer = "" if version.is_draft or version.quiz.is_longer else _longer_url()
    return HttpResponse(result_page(request, version, answers, result, firm, longer))


def continue_to_full(request: HttpRequest, data: QueryDict) -> HttpResponse:
    """Show the longer quiz with the answers of the short one ticked, what they leave open first."""
    short = version_cache.any_version("short", data.get("short", ""))
    live = version_cache.live("full")
    if live is None:
        return _nothing_live(request, "full")
    full = live.version
    answers = forms.Answers()
    if short:
        short_answers = forms.read(short.fields, data)
        answers = forms.migrate_answers(short.version, full, short_answers)
    questions, answered = forms.open_and_answered(full, answers)
    context = {
        "version": full,
        "address": request.path,
        "questions": questions,
        "answered": answered,
    }
    return render(request, "quiz/take.html", context)


def questions_have_changed(request: HttpRequest, slug: str, data: QueryDict) -> HttpResponse:
    """Show that answers belong to a version no longer scored.

    What still fits the live version is ticked there.
    """
    old = version_cache.any_version(slug, data.get("version", ""))
    live = version_cache.live(slug)
    if not (old and live):
        return _unreadable(request, "version", 400)
    answers = forms.migrate_answers(old.version, live.version, forms.read(old.fields, data))
    context = {
        "version": live.version,
        "address": request.path,
        "questions": forms.question_list(live.version, answers),
        "is_new": True,
    }
    return render(request, "quiz/change.html", context, status=409)


def never_cache(response: HttpResponse) -> HttpResponse:
    """Mark a page that holds somebody's answers.

    No cache may store it, no search engine list it.
    """
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_safe
@public(made_of=["quiz"])
def method(request: HttpRequest) -> HttpResponse:
    """Show how the quiz works, from the live versions themselves."""
    cached = [version_cache.live(slug) for slug in ("short", "full")]
    summaries = [method_summary(live.version) for live in cached if live]
    if not summaries:
        raise Http404
    history = (
        Version.objects.released().select_related("quiz").order_by("-released_at", "-quiz__slug")
    )
    context = {
        "summaries": summaries,
        "reviews": version_cache.reviews(summaries[0].version),
        "example": example(summaries[0].definition),
        "history": history,
        "has_calm": any(summary.has_calm for summary in summaries),
    }
    return render(request, "quiz/method.html", context)


@require_safe
@public(made_of=["quiz"])
def paper(request: HttpRequest) -> HttpResponse:
    """Show the 3-minute quiz for printing, with a key to score it by hand."""
    live = version_cache.live("short")
    if live is None:
        return _nothing_live(request, "short")
    context = {
        "version": live.version,
        "key": make_key(live.definition),
        "four": scoring.RESPONSES,
    }
    return render(request, "quiz/paper.html", context)


def _nothing_live(request: HttpRequest, slug: str) -> HttpResponse:
    """Say that a quiz isn't here just now, and what is; of the longer one, that it isn't here."""
    is_longer = slug == "full"
    context = {"is_longer": is_longer}
    response = render(request, "quiz/none.html", context, status=404 if is_longer else 503)
    return never_cache(response)


def _unreadable(request: HttpRequest, reason: str, status: int) -> HttpResponse:
    """Show that a post can't be scored, and why: its "size", its "form" or its "version"."""
    context = {"reason": reason, "address": request.path}
    return render(request, "quiz/unreadable.html", context, status=status)


@remembered
def _longer_url() -> str:
    """Return the URL of the longer quiz, if there is one."""
    return reverse("quiz:longer") if version_cache.has_live("full") else ""


def _content_length(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isascii() and length.isdecimal() else 0
