"""What other apps' pages show of the running: the retention table."""

from typing import Any

from django import template
from django.utils import timezone

from operations.doctor.examination import TAG
from operations.promises.standing import doctor_agrees
from operations.retention_table import TABLE
from trustsite.web.serving.page_cache import depends_on

register = template.Library()
UNSEEN = "Set to {}. We haven’t been able to look whether it is so in the last two days"


@register.inclusion_tag("components/retention.html")
def retention_table() -> dict[str, Any]:
    """Show what is kept of readers, why and for how long; what doctor can't confirm says so."""
    depends_on(TAG)
    now = timezone.now()
    rows = []
    for kept in TABLE:
        if kept.page:
            what, why, how_long = kept.page
            is_seen = doctor_agrees(kept.doctor, now)
            rows.append((what, why, how_long if is_seen else UNSEEN.format(how_long)))
    return {"rows": rows}
