"""Days at the desk: how a moment is said in a list, in the site's own time zone."""

from datetime import date, datetime, timedelta

from django.utils import timezone


def said(moment: datetime | None) -> str:
    """Return “Today, 10:42”, “Yesterday”, “24 Nov” or, of another year, “24 Nov 2025”."""
    if moment is None:
        return ""
    local, today = timezone.localtime(moment), timezone.localdate()
    if local.date() == today:
        return f"Today, {local:%H:%M}"
    if local.date() == today - timedelta(days=1):
        return "Yesterday"
    return day(local.date())


def day(when: date) -> str:
    """Return “24 Nov”, with its year when that isn’t this one."""
    return f"{when:%-d %b}" if when.year == timezone.localdate().year else f"{when:%-d %b %Y}"
