"""The quiz: asked, scored, forgotten. Answers come in the body of a post and leave with its answer; nothing keeps them."""

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from quiz import forms, version_cache
from quiz.method import account, example
from quiz.models import Version
from quiz.scoring import scoring
from quiz.scoring.paper import make_key
from quiz.scoring.stability import stability
from quiz.version_cache import Released
from trustsite.web.form_guard import same_origin_required
from trustsite.web.page_cache import public

MOST_BYTES = 64 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
@same_origin_required
def take(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask the questions of quiz `slug`; answer a post with its result."""
    if request.method != "POST":
        return ask(request, slug)
    return unkept(answer(request, slug))


@public(made_of=["quiz"])
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what the quiz is, and all its questions."""
    return show_questions(request, _live(slug))


def answer(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what a post to quiz `slug` comes to."""
    data = read_post(request)
    if isinstance(data, HttpResponse):
        return data
    if slug == "full" and "short" in data:
        return carry_on(request, data)
    named = version_cache.named(slug, data.get("version", ""))
    if named is None:
        return questions_have_changed(request, slug, data)
    return show_result(request, named, data)


def read_post(request: HttpRequest) -> QueryDict | HttpResponse:
    """Return the fields of a post, or the page that says why they can't be read."""
    if _length(request) > MOST_BYTES:
        return render(
            request, "quiz/unread.html", {"why": "size", "address": request.path}, status=413
        )
    try:
        return request.POST
    except (SuspiciousOperation, BadRequest, MultiPartParserError):
        return render(
            request, "quiz/unread.html", {"why": "form", "address": request.path}, status=400
        )


def show_questions(request: HttpRequest, asked: Released) -> HttpResponse:
    """Show the start page of a version, with all its questions."""
    context = {
        "version": asked.version,
        "address": request.path,
        "questions": forms.set_out(asked.version),
    }
    return render(
        request, "quiz/take.html", context | {"longer": "" if asked.version.is_draft else _longer()}
    )


def show_result(request: HttpRequest, asked: Released, data: QueryDict) -> HttpResponse:
    """Show what the posted answers come to; or, when asked to or in doubt, the form with them ticked."""
    version = asked.version
    answers = forms.read(version, data)
    context = {"version": version, "address": request.path}
    if answers.doubtful or "change" in data:
        context |= {"questions": forms.set_out(version, answers), "doubtful": answers.doubtful}
        return render(request, "quiz/change.html", context, status=400 if answers.doubtful else 200)
    context |= {
        "answers": answers.given.items(),
        "four": scoring.RESPONSES,
        "result": scoring.score(asked.form, answers.given, answers.ratings(version)),
        "stability": stability(asked.form, answers.given),
        "longer": "" if version.is_draft else _longer(),
    }
    return render(request, "quiz/result.html", context)


def carry_on(request: HttpRequest, data: QueryDict) -> HttpResponse:
    """Show the longer quiz with the answers of the short one ticked, what they leave open first."""
    short, full = version_cache.ever("short", data.get("short", "")), _live("full")
    answers = (
        forms.carry(short.version, full.version, forms.read(short.version, data))
        if short
        else forms.Answers()
    )
    questions, kept = forms.set_out_rest(full.version, answers)
    context = {
        "version": full.version,
        "address": request.path,
        "questions": questions,
        "kept": kept,
    }
    return render(request, "quiz/take.html", context)


def questions_have_changed(request: HttpRequest, slug: str, data: QueryDict) -> HttpResponse:
    """Say that answers belong to questions we no longer score; what still fits the present ones is ticked there."""
    old, live = version_cache.ever(slug, data.get("version", "")), version_cache.live(slug)
    if not (old and live):
        return render(
            request, "quiz/unread.html", {"why": "version", "address": request.path}, status=400
        )
    answers = forms.carry(old.version, live.version, forms.read(old.version, data))
    context = {
        "version": live.version,
        "address": request.path,
        "questions": forms.set_out(live.version, answers),
    }
    return render(request, "quiz/change.html", context | {"is_new": True}, status=409)


def unkept(response: HttpResponse) -> HttpResponse:
    """Mark a page that holds somebody's answers: nobody may keep it or find it."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_safe
@public(made_of=["quiz"])
def method(request: HttpRequest) -> HttpResponse:
    """Say how the quiz works, from the live versions themselves."""
    live = [
        account(found.version) for slug in ("short", "full") if (found := version_cache.live(slug))
    ]
    if not live:
        raise Http404
    history = (
        Version.objects.released().select_related("quiz").order_by("-released_at", "-quiz__slug")
    )
    context = {
        "accounts": live,
        "example": example(live[0].form),
        "history": history,
        "four": scoring.RESPONSES,
    }
    return render(request, "quiz/method.html", context | {"calm": any(each.calm for each in live)})


@require_safe
@public(made_of=["quiz"])
def paper(request: HttpRequest) -> HttpResponse:
    """Show the 3-minute quiz for printing, with a key to score it by hand."""
    found = _live("short")
    context = {"version": found.version, "key": make_key(found.form), "four": scoring.RESPONSES}
    return render(request, "quiz/paper.html", context)


def _live(slug: str) -> Released:
    if found := version_cache.live(slug):
        return found
    raise Http404


def _longer() -> str:
    """Return the address of the longer quiz, if there is one."""
    return (
        reverse("quiz:longer") if Version.objects.live().filter(quiz__slug="full").exists() else ""
    )


def _length(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isascii() and length.isdecimal() else 0
