"""Dashboard items of the mail: what waits for this person, and they can do something about."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from newsletter.inbound import mailbox
from newsletter.issues import lifecycle
from newsletter.models import Delivery, FormRequest, Heartbeat, Letter
from trustsite.dashboard import (
    DashboardItem,
    Dated,
    DigestLine,
    DigestPart,
    OwnText,
    changelist_url,
)
from trustsite.desk import marks
from trustsite.desk.marks import Mark
from trustsite.desk.rows import change_url

OF_LATE = timedelta(days=7)
MOST = 1000  # counted
MOST_TOLD = 10  # in the mail of the morning
State = Letter.State


def dashboard_items(request: HttpRequest) -> Iterator[DashboardItem]:
    """Yield an item for each thing that waits."""
    user: Any = request.user
    if user.has_perm("newsletter.view_delivery"):
        yield from _worker()
        yield from _intake()
        yield from _mails()
    yield from _letters(user)


def own_texts(request: HttpRequest, most: int) -> Iterator[OwnText]:
    """Yield the letters being written that who asks saved, going by what is noted of the desk."""
    user: Any = request.user
    if user.has_perm("newsletter.change_letter"):
        noted = LogEntry.objects.filter(user=user, content_type__model=Letter._meta.model_name)
        own = [int(pk or 0) for pk in noted.values_list("object_id", flat=True).distinct()[:MOST]]
        drafts = Letter.objects.filter(state=State.DRAFT, pk__in=own)
        for letter in drafts.order_by("-changed_at").only("subject", "changed_at")[:most]:
            mark = Mark(marks.DRAFT, "Letter, being written")
            yield OwnText(letter.subject, change_url(letter), mark, letter.changed_at)


def dated(request: HttpRequest, first: date, last: date) -> Iterator[Dated]:
    """Yield the letters that went out, or will, on the days from `first` to `last`."""
    user: Any = request.user
    if not user.has_perm("newsletter.view_letter"):
        return
    known = Letter.objects.only("subject", "state", "send_at", "started_at")
    for letter in known.filter(state=State.SCHEDULED, send_at__date__range=(first, last))[:MOST]:
        at = timezone.localtime(letter.send_at)
        mark = Mark(marks.MAIL, f"goes out at {at:%H:%M}")
        yield Dated(at.date(), letter.subject, change_url(letter), mark)
    for letter in known.filter(started_at__date__range=(first, last))[:MOST]:
        day = timezone.localdate(letter.started_at)
        yield Dated(day, letter.subject, change_url(letter), Mark(marks.MAIL, "letter"))


def digest_parts(user: Any, today: date) -> Iterator[DigestPart]:
    """Yield the letters that go out on a day, for who may see letters."""
    if user.has_perm("newsletter.view_letter"):
        due = Letter.objects.filter(state=State.SCHEDULED, send_at__date=today).order_by("send_at")
        lines = []
        for letter in due.only("subject", "send_at")[:MOST_TOLD]:
            at = timezone.localtime(letter.send_at)
            words = f"The letter “{letter.subject}” goes out at {at:%H:%M %Z}"
            lines.append(DigestLine(words, change_url(letter)))
        yield DigestPart("Today", lines)


def _worker() -> Iterator[DashboardItem]:
    outbox = reverse("admin:newsletter_delivery_changelist")
    heart = Heartbeat.objects.filter(pk=1).first()
    if heart and heart.paused_at:
        yield DashboardItem(
            None, "All sending is paused. Mails wait until it goes on.", outbox, is_urgent=True
        )
    if Heartbeat.is_late():
        yield DashboardItem(
            None, "The worker isn’t running, so no mail goes out.", outbox, is_urgent=True
        )
    elif heart and heart.trouble and heart.trouble != heart.bulk_trouble:
        yield DashboardItem(None, heart.trouble, outbox, is_urgent=True)
    if heart and heart.bulk_paused_at:
        yield DashboardItem(None, heart.bulk_trouble, outbox, is_urgent=True)
    if heart and heart.mailbox_trouble and mailbox.is_set():
        yield DashboardItem(None, heart.mailbox_trouble, outbox, is_urgent=True)


def _intake() -> Iterator[DashboardItem]:
    late = FormRequest.objects.late().count()
    words = ngettext("request by a form waits", "requests by forms wait", late)
    words += " for more than 15 minutes"
    yield DashboardItem(
        late, words, reverse("admin:newsletter_delivery_changelist"), is_urgent=True
    )


def _mails() -> Iterator[DashboardItem]:
    since = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) - OF_LATE
    of_late = Delivery.objects.filter(changed_at__gte=since)
    failed, unknown = Delivery.State.FAILED, Delivery.State.UNKNOWN
    # By state first: an index has the few of these in one place, whatever the outbox's length.
    found = {
        "failed": of_late.filter(state=failed)[:MOST].count(),
        "unknown": of_late.filter(state=unknown)[:MOST].count(),
    }
    words = ngettext("mail has failed this week", "mails have failed this week", found["failed"])
    yield DashboardItem(found["failed"], words, _of_late(failed, since))
    words = ngettext(
        "mail may or may not have arrived", "mails may or may not have arrived", found["unknown"]
    )
    yield DashboardItem(found["unknown"], words, _of_late(unknown, since))


def _of_late(state: str, since: object) -> str:
    return changelist_url("newsletter_delivery", state__exact=state, changed_at__gte=since)


def _letters(user: Any) -> Iterator[DashboardItem]:
    writes, sends = (
        user.has_perm("newsletter.change_letter"),
        user.has_perm("newsletter.send_letter"),
    )
    if not (writes or sends):
        return
    conditions = {
        "missed": Q(state=State.DRAFT, send_at__isnull=False),
        "draft": Q(state=State.DRAFT),
        "scheduled": Q(state=State.SCHEDULED),
        "paused": Q(state=State.PAUSED),
    }
    found = Letter.objects.aggregate(
        **{name: Count("pk", filter=asks) for name, asks in conditions.items()}
    )
    if sends:
        words = ngettext("letter missed its time", "letters missed their time", found["missed"])
        missed = changelist_url(
            "newsletter_letter", state__exact=State.DRAFT.value, send_at__isnull=0
        )
        yield DashboardItem(found["missed"], words, missed, is_urgent=True)
        words = ngettext("letter is paused", "letters are paused", found["paused"])
        paused = changelist_url("newsletter_letter", state__exact=State.PAUSED.value)
        yield DashboardItem(found["paused"], words, paused)
        if found["paused"] and (trouble := lifecycle.trouble()):
            yield DashboardItem(None, trouble, paused, is_urgent=True)
        words = ngettext("letter is scheduled", "letters are scheduled", found["scheduled"])
        yield DashboardItem(
            found["scheduled"],
            words,
            changelist_url("newsletter_letter", state__exact=State.SCHEDULED.value),
        )
    words = ngettext("letter is being written", "letters are being written", found["draft"])
    yield DashboardItem(
        found["draft"], words, changelist_url("newsletter_letter", state__exact=State.DRAFT.value)
    )
