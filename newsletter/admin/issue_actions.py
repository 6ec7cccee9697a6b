"""Issue actions: testing, scheduling, sending, pausing, withdrawing; one page, by buttons alone."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms.utils import from_current_timezone
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from newsletter.admin import test_mails as tests
from newsletter.emails.preview import preview_response
from newsletter.issues import archive, copies, lifecycle, preflight, scheduling
from newsletter.models import Delivery, Heartbeat, Letter

MAY_WRITE, MAY_SEND = "newsletter.change_letter", "newsletter.send_letter"
CLOCKS_CHANGE = (
    "The clocks change then, so this time is no single moment. Choose one an hour before or after."
)
Log = Callable[[Letter, str], Any]


class ScheduleForm(forms.Form):
    """A day and a time, in the site's time zone."""

    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    time = forms.TimeField(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def clean(self) -> dict[str, Any]:
        """Refuse a time that the day doesn't have, or has twice, because clocks change."""
        values: dict[str, Any] = super().clean() or {}
        if {"day", "time"} <= set(values):
            try:
                self.moment()
            except forms.ValidationError:
                self.add_error("time", CLOCKS_CHANGE)
        return values

    def moment(self) -> datetime:
        """Return the moment they name."""
        named = datetime.combine(self.cleaned_data["day"], self.cleaned_data["time"])
        return from_current_timezone(named)


@require_safe
def sending(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the state of an issue, preflight's findings, its progress, and what can be done now."""
    return _page(request, _letter(request, pk))


@require_safe
def as_mail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the letter as the mail it is, or was, for a frame."""
    return preview_response(request, preflight.as_email(_letter(request, pk)))


def _letter(request: HttpRequest, pk: int) -> Letter:
    if not (request.user.has_perm(MAY_WRITE) or request.user.has_perm(MAY_SEND)):
        raise PermissionDenied
    return get_object_or_404(Letter, pk=pk)


def _page(request: HttpRequest, letter: Letter, form: ScheduleForm | None = None) -> HttpResponse:
    is_draft = letter.state == Letter.State.DRAFT
    progress = lifecycle.progress(letter)
    possible = {name: lifecycle.may(name, letter) for name in lifecycle.TRANSITIONS}
    context = {
        "letter": letter,
        "form": form or ScheduleForm(initial={"day": timezone.localdate(), "time": "09:00"}),
        "findings": preflight.check(letter, ask_dns=True) if is_draft else [],
        "missed": lifecycle.missed(letter),
        "people": copies.audience_size(),
        "counts": [(state.value, state.label, number) for state, number in progress.items()],
        "sees_deliveries": request.user.has_perm("newsletter.view_delivery"),
        "total": sum(progress.values()),
        "done": progress.get(Delivery.State.SENT, 0),
        "zone": settings.TIME_ZONE,
        "seen": _seen(letter),
        "may_send": request.user.has_perm(MAY_SEND),
        "may_write": request.user.has_perm(MAY_WRITE),
        "may": possible,
        "seeds": len(settings.TEST_ADDRESSES),
        "archive_url": archive.url_of(letter),
        "worker_is_late": Heartbeat.is_late(),
    }
    status = 422 if form else 200
    return render(
        request,
        "admin/newsletter/letter/sending.html",
        _context(request, letter, context),
        status=status,
    )


@require_POST
def step(request: HttpRequest, pk: int, step: str, log: Log) -> HttpResponse:
    """Take one action with an issue. What reaches people, or can't be undone, asks once more."""
    if step not in STEPS:
        raise Http404
    permission, act = STEPS[step]
    if not request.user.has_perm(permission):
        raise PermissionDenied
    letter = get_object_or_404(Letter, pk=pk)
    if step == "schedule" and not (form := ScheduleForm(request.POST)).is_valid():
        return _page(request, letter, form)
    try:
        if step in ASKS_FIRST and "sure" not in request.POST:
            return _ask(request, letter, step)
        if "seen" in request.POST and request.POST["seen"] != _seen(letter):
            raise lifecycle.InvalidTransition(
                "Its words were changed since you looked. Look at them once more."
            )
        words = act(request, letter)
    except lifecycle.InvalidTransition as refused:
        messages.error(request, str(refused))
    else:
        log(letter, words)
        messages.success(request, words)
    return HttpResponseRedirect(reverse("admin:newsletter_letter_sending", args=[pk]))


def _ask(request: HttpRequest, letter: Letter, step: str) -> HttpResponse:
    """Ask once more: to how many people it goes, or what won't go back."""
    transition = "schedule" if step == "send" else step
    if not lifecycle.may(transition, letter):
        raise lifecycle.InvalidTransition(
            f"That can’t be done with a letter that is {letter.get_state_display().lower()}."
        )
    progress = lifecycle.progress(letter)
    waiting = sum(number for state, number in progress.items() if state in Delivery.OPEN)
    context = {
        "letter": letter,
        "step": step,
        "people": copies.audience_size(),
        "waiting": waiting,
        "seen": _seen(letter),
    }
    return render(
        request, "admin/newsletter/letter/confirm.html", _context(request, letter, context)
    )


def _context(request: HttpRequest, letter: Letter, context: dict[str, Any]) -> dict[str, Any]:
    return {
        **admin.site.each_context(request),
        "title": letter.subject,
        "opts": Letter._meta,
        **context,
    }


def _seen(letter: Letter) -> str:
    """Return a hash of the words a person was shown, so that no others go out on their word."""
    return hashlib.sha256(f"{letter.subject}\0{letter.body}".encode()).hexdigest()[:16]


def _test(request: HttpRequest, letter: Letter) -> str:
    """Send it to who asks, at once, by the way all mail goes."""
    address = getattr(request.user, "email", "")
    if not address:
        raise lifecycle.InvalidTransition(
            "Your account has no e-mail address to send a test to. An owner can enter one."
        )
    _check_words(letter)
    return _send_test(letter, [address], "A test was sent to your own address.")


def _test_seeds(request: HttpRequest, letter: Letter) -> str:
    """Send it to the addresses that the owner keeps for that: other programs, other providers."""
    if not settings.TEST_ADDRESSES:
        raise lifecycle.InvalidTransition(
            "There are no test addresses. The owner keeps them in the setting TEST_ADDRESSES."
        )
    _check_words(letter)
    words = f"A test was sent to {len(settings.TEST_ADDRESSES)} test addresses."
    return _send_test(letter, settings.TEST_ADDRESSES, words)


def _check_words(letter: Letter) -> None:
    findings = [finding for finding in preflight.check(letter) if finding.name == "words"]
    if findings:
        raise lifecycle.BlockedByPreflight(findings)


def _send_test(letter: Letter, addresses: list[str], words: str) -> str:
    try:
        tests.send([preflight.as_email(letter, to=address) for address in addresses])
    except tests.NotSent as error:
        raise lifecycle.InvalidTransition(str(error)) from error
    return f"{words} Its links to unsubscribe do nothing."


def _schedule(request: HttpRequest, letter: Letter) -> str:
    form = ScheduleForm(request.POST)
    form.is_valid()  # asked before, by `step`
    scheduling.schedule(letter, form.moment())
    return f"Scheduled for {timezone.localtime(letter.send_at):%-d %B %Y, %H:%M %Z}."


def _send(request: HttpRequest, letter: Letter) -> str:
    scheduling.send_now(letter)
    return "The worker begins to send it in a moment."


def _simple(act: Callable[[Letter], None], words: str) -> Callable[[HttpRequest, Letter], str]:
    def action(request: HttpRequest, letter: Letter) -> str:
        act(letter)
        return words

    return action


def _choose(is_in: bool, words: str) -> Callable[[HttpRequest, Letter], str]:
    def action(request: HttpRequest, letter: Letter) -> str:
        Letter.objects.filter(pk=letter.pk).update(in_archive=is_in)
        archive.changed(letter)
        return words

    return action


# By the name in the address: who may, and what it does.
STEPS: dict[str, tuple[str, Callable[[HttpRequest, Letter], str]]] = {
    "test": (MAY_WRITE, _test),
    "test_seeds": (MAY_WRITE, _test_seeds),
    "schedule": (MAY_SEND, _schedule),
    "send": (MAY_SEND, _send),
    "unschedule": (MAY_SEND, _simple(scheduling.unschedule, "It is a draft again.")),
    "pause": (
        MAY_SEND,
        _simple(lifecycle.pause, "Paused. A mail that was already in hand may still go."),
    ),
    "resume": (MAY_SEND, _simple(lifecycle.resume, "It goes on where it stopped.")),
    "withdraw": (MAY_SEND, _simple(lifecycle.withdraw, "Withdrawn. Nobody else gets it.")),
    "show": (MAY_SEND, _choose(True, "Once it has gone out, anybody can read it in the archive.")),
    "hide": (MAY_SEND, _choose(False, "It isn’t in the public archive.")),
}
ASKS_FIRST = {"send", "withdraw"}
