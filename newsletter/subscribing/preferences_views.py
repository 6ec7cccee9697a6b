"""Seeing, changing and erasing what we hold, by a mailed link; and asking for that link without an old mail at hand."""

from collections.abc import Callable

from django.conf import settings as site_settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from newsletter.emails import welcome_series
from newsletter.models import Subscriber
from newsletter.subscribing import address_change, data_export, limits, preferences, signup, tokens
from newsletter.subscribing.constant_time import evenly
from newsletter.subscribing.forms import MoveForm, YourDataForm
from newsletter.subscribing.views import gone, later, or_later, require_page
from trustsite.web.form_guard import from_here
from trustsite.web.page_cache import public


@public(made_of=["forms"])
def ask(request: HttpRequest) -> HttpResponse:
    """Show the form that asks for the link."""
    return render(request, "newsletter/your_data.html", {"form": YourDataForm()})


@require_page
@or_later
@from_here
def your_data(request: HttpRequest) -> HttpResponse:
    """Take in a request for the link. The answer is the same whatever is known of the address."""
    if request.method != "POST":
        return ask(request)
    form = YourDataForm(request.POST)
    if form.is_from_a_machine():
        return _asked(request)
    if not form.is_valid():
        return render(request, "newsletter/your_data.html", {"form": form}, status=422)
    if not limits.may_ask(request, form.cleaned_data["address"]):
        return later(request, 429)
    with evenly():
        preferences.ask_for_settings(form.cleaned_data["address"])
    return _asked(request)


def _asked(request: HttpRequest) -> HttpResponse:
    return render(request, "newsletter/your_data_asked.html", {"sender": site_settings.FROM_NAME})


@require_page
@or_later
@from_here
def settings(request: HttpRequest, token: str) -> HttpResponse:
    """Show all that is held about one person, and do what its buttons say."""
    subscriber = _person(token)
    if subscriber is None:
        return gone(request)
    if request.method != "POST":
        return _page(request, subscriber, token)
    wish = WISHES.get(request.POST.get("wish", ""))
    return (
        wish(request, subscriber, token) if wish else _page(request, subscriber, token, status=422)
    )


@require_safe
@or_later
def copy(request: HttpRequest, token: str) -> HttpResponse:
    """Hand out all that is held as a file."""
    subscriber = _person(token)
    if subscriber is None:
        return gone(request)
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
    said: str = "",
    form: MoveForm | None = None,
    status: int = 200,
) -> HttpResponse:
    person = signup.find(subscriber.public_id)  # as it is now, after what was done
    if person is None:  # they left from another window
        return gone(request)
    context = {
        "token": token,
        "person": person,
        "rows": data_export.rows(person),
        "mails": data_export.mails(person),
        "notes": welcome_series.waiting(person).exists(),
        "paused": preferences.is_paused(person),
        "form": form or MoveForm(),
        "said": said,
    }
    response = render(request, "newsletter/settings.html", context, status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _pause(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    preferences.pause(subscriber)
    return _page(request, subscriber, token, "Paused. No notes and no letters for 30 days.")


def _resume(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    preferences.resume(subscriber)
    return _page(request, subscriber, token, "The pause is over.")


def _no_notes(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    preferences.no_more_notes(subscriber)
    return _page(
        request, subscriber, token, "No more notes. The letters go on, at most one a month."
    )


def _move(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _page(request, subscriber, token, form=form, status=422)
    if not limits.may_ask(request, form.cleaned_data["address"]):
        return later(request, 429)
    with evenly():
        address_change.ask(subscriber, form.cleaned_data["address"])
    said = "If the new address can receive our mail, a message is on its way there. Press its button to move."
    return _page(request, subscriber, token, said)


def _erase(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    say_goodbye = "goodbye" in request.POST
    preferences.erase(subscriber, say_goodbye=say_goodbye)
    return render(
        request, "newsletter/unsubscribe.html", {"done": True, "say_goodbye": say_goodbye}
    )


WISHES: dict[str, Callable[[HttpRequest, Subscriber, str], HttpResponse]] = {
    "pause": _pause,
    "resume": _resume,
    "no-notes": _no_notes,
    "move": _move,
    "erase": _erase,
}
