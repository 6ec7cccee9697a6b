"""Preferences pages: seeing, changing and erasing what we hold, by a mailed link."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from newsletter import tokens
from newsletter.emails import welcome_series
from newsletter.models import FormRequest, Subscriber
from newsletter.retry_later import RETRY_AFTER, retry_later_on_db_error
from newsletter.subscribing import data_export, preferences, signup
from newsletter.subscribing.forms import MoveForm, YourDataForm
from newsletter.subscribing.views import finished, form_again, link_expired, require_page, take
from trustsite.web.form_guard import same_origin_required
from trustsite.web.serving.page_cache import public


@public(made_of=["forms"])
def ask(request: HttpRequest) -> HttpResponse:
    """Show the form that asks for the link."""
    return render(request, "newsletter/your_data.html", {"form": YourDataForm()})


@require_page
@retry_later_on_db_error
@same_origin_required
def your_data(request: HttpRequest) -> HttpResponse:
    """Take in a request for the link. The answer is the same whatever is known of the address."""
    if request.method != "POST":
        return ask(request)
    form = YourDataForm(request.POST)
    if form.is_from_a_machine():
        return _check_inbox(request)
    status = take(request, form, FormRequest.Kind.SETTINGS) if form.is_valid() else 422
    if status == 200:
        return _check_inbox(request)
    return form_again(request, "newsletter/your_data.html", form, status)


def _check_inbox(request: HttpRequest) -> HttpResponse:
    return finished("newsletter/your_data_requested.html", request)


@require_page
@retry_later_on_db_error
@same_origin_required
def settings(request: HttpRequest, token: str) -> HttpResponse:
    """Show all that is held about one person, and do what its buttons say."""
    subscriber = _person(token)
    if subscriber is None:
        return link_expired(request)
    if request.method != "POST":
        return _page(request, subscriber, token)
    action = ACTIONS.get(request.POST.get("wish", ""))
    if action is None:
        typed = MoveForm(request.POST) if request.POST.get("address") else None
        return _page(request, subscriber, token, form=typed, status=422)
    return action(request, subscriber, token)


@require_safe
@retry_later_on_db_error
def copy(request: HttpRequest, token: str) -> HttpResponse:
    """Hand out all that is held as a file."""
    subscriber = _person(token)
    if subscriber is None:
        return link_expired(request)
    response = JsonResponse(
        data_export.as_data(subscriber), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    response.headers["Content-Disposition"] = 'attachment; filename="what-we-hold.json"'
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _person(token: str) -> Subscriber | None:
    public_id = tokens.read_settings_token(token)
    return signup.find(public_id) if public_id else None


def _page(
    request: HttpRequest,
    subscriber: Subscriber,
    token: str,
    message: str = "",
    form: MoveForm | None = None,
    status: int = 200,
) -> HttpResponse:
    person = signup.find(subscriber.public_id)  # as it is now, after what was done
    if person is None:  # they left from another window
        return link_expired(request)
    context = {
        "token": token,
        "person": person,
        "rows": data_export.rows(person),
        "mails": data_export.mails(person),
        "welcome_emails": welcome_series.waiting(person).exists(),
        "paused": preferences.is_paused(person),
        "form": form or MoveForm(),
        "message": message,
    }
    response = render(request, "newsletter/preferences.html", context, status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    if form and form.is_postponed:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def _pause(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    preferences.pause(subscriber)
    return _page(request, subscriber, token, "Paused. No notes and no letters for 30 days.")


def _resume(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    preferences.resume(subscriber)
    return _page(request, subscriber, token, "The pause is over.")


def _stop_welcome_series(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    preferences.stop_welcome_series(subscriber)
    return _page(
        request, subscriber, token, "No more notes. The letters go on, at most one a month."
    )


def _move(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    form, status = MoveForm(request.POST), 422
    if form.is_valid():
        status = take(request, form, FormRequest.Kind.MOVE, asked_by=subscriber.public_id)
    if status != 200:
        return _page(request, subscriber, token, form=form, status=status)
    message = (
        "If the new address can receive our mail, a message is on its way there. "
        "Press its button to move."
    )
    return _page(request, subscriber, token, message)


def _erase(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    say_goodbye = "goodbye" in request.POST
    preferences.erase(subscriber, say_goodbye=say_goodbye)
    return render(
        request, "newsletter/unsubscribe.html", {"done": True, "say_goodbye": say_goodbye}
    )


ACTIONS: dict[str, Callable[[HttpRequest, Subscriber, str], HttpResponse]] = {
    "pause": _pause,
    "resume": _resume,
    "no-notes": _stop_welcome_series,
    "move": _move,
    "erase": _erase,
}
