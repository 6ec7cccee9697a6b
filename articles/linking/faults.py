"""Faults of texts that come from elsewhere: a link to what readers can't open, a picture without words, an
offer they don't see or soon won't.

Asked of what texts use, noted when they are saved, so that no text is read: a list shows them for its page,
and finds the texts that have one, at the same cost however many texts there are.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat
from django.utils import timezone
from django.utils.translation import ngettext

from articles.models import Article, Offer, Picture, Snippet
from articles.models.desk import TextUse
from trustsite.desk import days

How = TextUse.How


def links_broken(kind: str) -> Q:
    """Texts of a kind with a link to what readers can't open, in themselves or in a snippet they show.

    Of a scheduled article it counts what they can open at its moment.
    """
    late = TextUse.objects.filter(text_kind=kind, opens_at__gt=timezone.now())
    own = Q(pk__in=late.values("text_id"))
    if kind == "article":
        by_then = Coalesce(OuterRef("publish_at"), Value(timezone.now()))
        own = Q(own, Exists(late.filter(text_id=OuterRef("pk"), opens_at__gt=by_then)))
    return own | _showing(kind, _targets("snippet", _broken_snippets()))


def picture_without_words(kind: str) -> Q:
    """Texts of a kind that show a picture which says nothing to who can't see it."""
    return _showing(kind, _targets("picture", _without_words()))


def offer_ending(kind: str) -> Q:
    """Texts of a kind with an offer that readers don't see, or won't in 30 days."""
    return _showing(kind, _targets("offer", _ending()))


Condition = Callable[[str], Q]
FAULTS: dict[str, tuple[str, Condition]] = {
    "links": ("Links broken", links_broken),
    "pictures": ("A picture without words", picture_without_words),
    "offers": ("An offer not shown, or for 30 days at most", offer_ending),
}


def _without_words() -> QuerySet[Picture]:
    return Picture.objects.filter(alt="", decorative=False)


def _ending() -> QuerySet[Offer]:
    return Offer.objects.hidden() | Offer.objects.expiring()


def _broken_snippets() -> QuerySet[Snippet]:
    late = TextUse.objects.filter(text_kind="snippet", opens_at__gt=timezone.now())
    return Snippet.objects.filter(pk__in=late.values("text_id"))


def _targets(kind: str, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the names under which texts show these rows."""
    named = Concat(Value(f"{kind}:"), "key", output_field=CharField())
    named_rows: QuerySet[Any] = rows.order_by().annotate(target_name=named)
    return named_rows.values("target_name")


def _showing(kind: str, targets: QuerySet[Any]) -> Q:
    uses = TextUse.objects.filter(text_kind=kind, how=How.SHOWS, target__in=targets)
    return Q(pk__in=uses.values("text_id"))


def of(rows: list[Any]) -> dict[int, list[str]]:
    """Return in words what each row of a list has, by its primary key; five queries ask for all."""
    if not rows:
        return {}
    kind = rows[0]._meta.model_name
    uses = TextUse.objects.filter(text_kind=kind, text_id__in=[row.pk for row in rows])
    late = Q(how=How.LINK, opens_at__gt=timezone.now())
    of_rows: dict[int, list[TextUse]] = {}
    for use in uses.filter(late | Q(how=How.SHOWS)).order_by("pk"):
        of_rows.setdefault(use.text_id, []).append(use)
    shown = Shown({use.target for uses in of_rows.values() for use in uses})
    return {row.pk: list(shown.faults(row, of_rows.get(row.pk, []))) for row in rows}


class Shown:
    """What of the things that some texts show has a fault."""

    def __init__(self, targets: set[str]) -> None:
        self.snippets = self._among(targets, "snippet", _broken_snippets())
        self.pictures = self._among(targets, "picture", _without_words())
        keys = _keys(targets, "offer")
        offers = _ending().filter(key__in=keys) if keys else ()
        self.offers = {f"offer:{offer.key}": offer for offer in offers}

    @staticmethod
    def _among(targets: set[str], kind: str, rows: QuerySet[Any]) -> set[str]:
        """Return which of `rows` are shown, as targets."""
        keys = _keys(targets, kind)
        found = rows.filter(key__in=keys).values_list("key", flat=True) if keys else ()
        return {f"{kind}:{key}" for key in found}

    def faults(self, row: Any, uses: Iterable[TextUse]) -> Iterable[str]:
        """Yield the faults of a text in words."""
        if isinstance(row, Article) and row.state == Article.State.WITHDRAWN:
            return
        by_then = getattr(row, "publish_at", None) or timezone.now()
        found = Counter[str]()
        for use in uses:
            is_late = use.opens_at is not None and use.opens_at > by_then
            found["links"] += is_late or use.target in self.snippets
            found["pictures"] += use.target in self.pictures
        if number := found["links"]:
            yield ngettext("%d link broken", "%d links broken", number) % number
        if number := found["pictures"]:
            words = ngettext("%d picture without words", "%d pictures without words", number)
            yield words % number
        for use in uses:
            if offer := self.offers.get(use.target):
                hidden = offer.why_hidden
                yield "offer not shown" if hidden else f"offer until {days.day(offer.shown_until)}"


def _keys(targets: set[str], kind: str) -> list[str]:
    start = f"{kind}:"
    return [name.removeprefix(start) for name in targets if name.startswith(start)]
