"""What of the texts is still to do before readers come."""

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse

from articles.models import Helpline, Offer, Reviewer, Source
from trustsite.dashboard import counted, rows
from trustsite.setup_checklist import Step


def steps(request: HttpRequest) -> Iterator[Step]:
    """Yield them."""
    number = Helpline.objects.doubtful().count()
    how = f"{number} {counted(number, 'is', 'are')} in doubt. Look each up on its own page, then enter the day."
    address = rows("articles_helpline", doubt="yes")
    yield Step("Look up every helpline", Helpline.objects.exists() and not number, how, address)
    number = Source.objects.filter(checked=False).count()
    how = f"{number} {counted(number, 'has', 'have')} been opened by nobody. Find the work there, then tick it."
    yield Step("Open every source", not number, how, rows("articles_source", checked__exact=0))
    number = Offer.objects.placeholders().count()
    how = f"{number} {counted(number, 'points', 'point')} at a placeholder. Enter a partner’s terms, or delete it."
    yield Step(
        "Choose partners, or delete the offers",
        not number,
        how,
        reverse("admin:articles_offer_changelist"),
    )
    how = "Somebody other than who wrote a text. Name and profession are shown under what they signed off."
    yield Step(
        "Name who checks the texts",
        Reviewer.objects.exists(),
        how,
        reverse("admin:articles_reviewer_add"),
    )
