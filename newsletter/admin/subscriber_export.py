"""The list as a file: who, since when, on what basis, and how their mail fares, in one place."""

from collections import Counter
from typing import Any

from django.db.models import QuerySet
from import_export import resources
from import_export.fields import Field

from newsletter.models import Bounce, Subscriber, Suppression

FIELDS = {  # by attribute: the column's heading
    "address": "address",
    "status": "status",
    "wants_letters": "wants the letters",
    "asked_at": "asked",
    "confirmed_at": "confirmed",
    "wording": "wording agreed to",
    "basis": "consent given elsewhere",
    "guide_sent_at": "guide sent",
    "paused_until": "paused until",
    "returned_at": "mail came back",
    "bounces": "returned mail",
    "suppressed": "must not be written to",
}


class ThePeople(resources.ModelResource):  # type: ignore[misc]
    """Everything about everybody on the list that isn't a code."""

    address = Field("address", FIELDS["address"])
    status = Field("get_state_display", FIELDS["status"])
    wants_letters = Field(column_name=FIELDS["wants_letters"])
    asked_at = Field(column_name=FIELDS["asked_at"])
    confirmed_at = Field(column_name=FIELDS["confirmed_at"])
    wording = Field("wording", FIELDS["wording"])
    basis = Field("basis", FIELDS["basis"])
    guide_sent_at = Field(column_name=FIELDS["guide_sent_at"])
    paused_until = Field(column_name=FIELDS["paused_until"])
    returned_at = Field(column_name=FIELDS["returned_at"])
    bounces = Field(column_name=FIELDS["bounces"])
    suppressed = Field(column_name=FIELDS["suppressed"])

    class Meta:
        model = Subscriber
        fields = tuple(FIELDS)
        export_order = tuple(FIELDS)
        chunk_size = 1000

    def before_export(self, queryset: QuerySet[Subscriber], **options: Any) -> None:
        """Look up in two queries what is kept by hash."""
        self.returned: dict[str, Counter[str]] = {}
        for fingerprint, kind in Bounce.objects.values_list("fingerprint", "kind"):
            self.returned.setdefault(fingerprint, Counter())[Bounce.Kind(kind).label] += 1
        self.refused = dict(Suppression.objects.values_list("fingerprint", "reason"))

    def dehydrate_wants_letters(self, person: Subscriber) -> str:
        return "yes" if person.wants_letters else "no"

    def dehydrate_asked_at(self, person: Subscriber) -> str:
        return _time(person.asked_at)

    def dehydrate_confirmed_at(self, person: Subscriber) -> str:
        return _time(person.confirmed_at)

    def dehydrate_guide_sent_at(self, person: Subscriber) -> str:
        return _time(person.guide_sent_at)

    def dehydrate_paused_until(self, person: Subscriber) -> str:
        return _time(person.paused_until)

    def dehydrate_returned_at(self, person: Subscriber) -> str:
        return _time(person.returned_at)

    def dehydrate_bounces(self, person: Subscriber) -> str:
        counted = self.returned.get(person.fingerprint, Counter())
        return ", ".join(f"{number} × {kind}" for kind, number in sorted(counted.items()))

    def dehydrate_suppressed(self, person: Subscriber) -> str:
        reason = self.refused.get(person.fingerprint)
        return Suppression.Reason(reason).label if reason else ""


def _time(moment: Any) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
