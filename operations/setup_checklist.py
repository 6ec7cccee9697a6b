"""What of the running is still to do before readers come: what only people can promise, and know."""

from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from operations.promises.catalogue import catalogue
from operations.promises.standing import doctor_agrees, holds
from trustsite.setup_checklist import SetupStep

COMPANIES = ("HOSTING_COMPANY", "MAIL_COMPANY")


def steps(request: HttpRequest) -> Iterator[SetupStep]:
    """Yield them."""
    now = timezone.now()
    missing = [name for name in COMPANIES if not getattr(settings, name)]
    how = f"Set {' and '.join(missing)} in the server’s settings, each with its country: the privacy page names them."
    yield SetupStep("Say who runs the server and carries the mail", not missing, how)
    for promise in catalogue():
        if promise.asks:
            yield SetupStep(promise.asks, holds(promise, now), promise.how)
    looks = {look for promise in catalogue() for look in promise.doctor}
    agrees = doctor_agrees(tuple(sorted(looks)), now)
    how = "“manage.py doctor”, each day by its timer. Until it finds all well, the page of promises leaves some out."
    yield SetupStep("Have the server looked at each day", agrees, how)
