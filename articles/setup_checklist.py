"""What of the texts is still to do before readers come."""

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import ngettext

from articles.models import Helpline, Offer, Reviewer, Source
from trustsite.dashboard import changelist_url
from trustsite.setup_checklist import SetupStep


def steps(request: HttpRequest) -> Iterator[SetupStep]:
    """Yield them."""
    number = Helpline.objects.doubtful().count()
    how = f"{number} {ngettext('is', 'are', number)} in doubt. Look each up on its own page."
    address = changelist_url("articles_helpline", doubt="yes")
    yield SetupStep(
        "Look up every helpline", Helpline.objects.exists() and not number, how, address
    )
    number = Source.objects.filter(checked=False).count()
    how = f"{number} {ngettext('has', 'have', number)} been opened by nobody. Open each and find the work there."
    yield SetupStep(
        "Open every source", not number, how, changelist_url("articles_source", checked__exact=0)
    )
    number = Offer.objects.placeholders().count()
    how = f"{number} {ngettext('points', 'point', number)} at a placeholder. Enter a partner’s terms, or delete it."
    yield SetupStep(
        "Choose partners, or delete the offers",
        not number,
        how,
        reverse("admin:articles_offer_changelist"),
    )
    how = "Somebody other than who wrote a text. Name and profession are shown under what they signed off."
    yield SetupStep(
        "Name who checks the texts",
        Reviewer.objects.exists(),
        how,
        reverse("admin:articles_reviewer_add"),
    )
