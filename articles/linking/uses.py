"""Uses: which texts use a row, asked before it is deleted, withdrawn, renamed or rescheduled.

A text's uses are noted when it is saved, in an indexed table, so the question costs the same
however many texts there are. Letters and mails answer for themselves (`TEXT_USES_PROVIDERS`).
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import CharField, Count, Q, QuerySet, Sum, Value, prefetch_related_objects
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils.module_loading import import_string

from articles.linking.link_targets import openings
from articles.linking.site_links import path_of
from articles.models import Article, Page, Redirect, Response, Snippet
from articles.models.desk import TextUse
from articles.models.pages import address_of
from prose.document import BLOCK

How = TextUse.How
LONGEST = 220  # characters of a target that is noted
MODELS: dict[str, Any] = {
    "article": Article,
    "page": Page,
    "response": Response,
    "snippet": Snippet,
}
KEYED = ("source", "offer", "picture", "snippet")  # what texts name by a key
HREF = re.compile(r'<a [^<>]*?href="([^"<>]*)"')
Found = Counter[tuple[str, str]]


@dataclass(frozen=True)
class Use:
    """A text that uses a row: what it is, where an editor opens it, how often it does.

    `note` says what is special about it, such as that it was sent and is beyond changing.
    """

    kind: str
    title: str
    url: str
    times: int = 1
    pk: int = 0
    is_public: bool = True
    is_checked: bool = False
    is_fixed: bool = False
    note: str = ""


@dataclass
class Uses:
    """What uses something: how many texts of each kind, and those that are listed, by kind and title."""

    numbers: Counter[str] = field(default_factory=Counter)
    listed: list[Use] = field(default_factory=list)
    checked: int = 0  # articles that are signed off

    @property
    def number(self) -> int:
        """How many texts there are, listed or not."""
        return self.numbers.total()

    @property
    def editable(self) -> int:
        """How many of them can be changed: no letter, mail or redirect."""
        return sum(self.numbers[kind] for kind in MODELS)


def record(text: Any) -> None:
    """Note what a text uses, after it was saved."""
    kind, wanted = text._meta.model_name, found_in(text)
    rows = TextUse.objects.filter(text_kind=kind, text_id=text.pk)
    stored = {(row.how, row.target): row for row in rows}
    if {key: row.times for key, row in stored.items()} == dict(wanted):
        return
    gone = [row.pk for key, row in stored.items() if row.times != wanted.get(key)]
    TextUse.objects.filter(pk__in=gone).delete()
    new = [key for key, times in wanted.items() if key not in stored or stored[key].times != times]
    paths = [target for how, target in new if how == How.LINK and target.startswith("/")]
    opens = openings(paths)
    TextUse.objects.bulk_create(
        TextUse(
            text_kind=kind,
            text_id=text.pk,
            how=how,
            target=target,
            times=wanted[how, target],
            opens_at=opens.get(target) if how == How.LINK else None,
        )
        for how, target in new
    )


def forget(text: Any) -> None:
    """Forget what a text used that was deleted."""
    TextUse.objects.filter(text_kind=text._meta.model_name, text_id=text.pk).delete()


def found_in(text: Any) -> Found:
    """Return how often a text uses what, of its stored HTML and its lists."""
    found: Found = Counter()
    for href in HREF.findall(text.html):
        if target := target_of(href.replace("&amp;", "&")):
            found[How.LINK, target] += 1
    for slug in getattr(text, "related", None) or []:
        found[How.RELATED, f"/articles/{slug}/"] = 1
    for key, mentions in getattr(text, "citations", {}).items():
        found[How.CITES, f"source:{key}"] = mentions
    for kind, key in BLOCK.findall(text.html):
        if key:
            found[How.SHOWS, f"{kind}:{key}"] += 1
    return Counter({key: times for key, times in found.items() if len(key[1]) <= LONGEST})


def target_of(href: str) -> str:
    """Return what a link leads to, as uses are noted; empty for another site's page."""
    if href.startswith(("tel:", "sms:")):
        return f"number:{re.sub(r'[^0-9]', '', href)}"
    return (path_of(href) or "").partition("#")[0].partition("?")[0]


def targets(row: Any) -> list[str]:
    """Return all names under which texts may use a row."""
    model = row._meta.model_name
    if model in KEYED:
        return [f"{model}:{row.key}"]
    if model == "redirect":
        return [row.path]
    if model == "helpline":
        return [
            f"number:{digits}"
            for number in (row.phone, row.sms)
            if (digits := re.sub(r"\D", "", number))
        ]
    address = address_of(row) if hasattr(row, "get_absolute_url") else ""
    if model == "article":
        former = row.old_addresses.all() if row.pk else ()
        return [address, *(reverse("articles:article", args=[old.slug]) for old in former)]
    return [address] if address else []


def of(row: Any, most: int | None = None) -> Uses:
    """Return the texts that use a row, drafts too; list the first `most` of them."""
    return of_targets(targets(row), [row], most)


def of_targets(
    names: Collection[str], but: list[Any] | None = None, most: int | None = None
) -> Uses:
    """Return the texts that use any of the targets, apart from rows of one kind.

    However many there are, no more rows are read than are listed.
    """
    if not names:
        return Uses()
    noted = TextUse.objects.filter(target__in=list(names))
    if but:
        pks = [row.pk for row in but]
        noted = noted.exclude(text_kind=but[0]._meta.model_name, text_id__in=pks)
    found = _uses(noted, most)
    _add_redirects(found, names, most)
    for path in settings.TEXT_USES_PROVIDERS:
        for use in import_string(path)(names):
            found.numbers[use.kind] += 1
            found.listed.append(use)
    found.listed = found.listed[:most]
    return found


def number(row: Any) -> int:
    """Return how many texts of ours use a row."""
    rows = TextUse.objects.filter(target__in=targets(row)).exclude(
        text_kind=row._meta.model_name, text_id=row.pk
    )
    return rows.values("text_kind", "text_id").distinct().count()


def numbers(rows: list[Any]) -> dict[int, int]:
    """Return how many texts of ours use each row of a list, by its primary key.

    However many rows and uses there are, one query asks for them; articles take one more.
    """
    if rows and isinstance(rows[0], Article):
        prefetch_related_objects(rows, "old_addresses")
    named = {row.pk: set(targets(row)) for row in rows}
    found: dict[str, set[tuple[str, int]]] = {}
    wanted: set[str] = set().union(*named.values())
    noted = TextUse.objects.filter(target__in=wanted).values_list("target", "text_kind", "text_id")
    for target, kind, pk in noted:
        found.setdefault(target, set()).add((kind, pk))
    counted = {}
    for row in rows:
        texts: set[tuple[str, int]] = set().union(
            *(found.get(name, set()) for name in named[row.pk])
        )
        counted[row.pk] = len(texts - {(row._meta.model_name, row.pk)})
    return counted


def leading_nowhere(most: int | None = None) -> Uses:
    """Return the texts that readers see with a link to an article taken back that leads nowhere."""
    return _uses(_dead_links(), most)


def number_leading_nowhere() -> int:
    """Return how many they are."""
    return _dead_links().values("text_kind", "text_id").distinct().count()


def _dead_links() -> QuerySet[TextUse]:
    gone = Article.objects.withdrawn().filter(leads_to="")
    paths = gone.annotate(
        path=Concat(Value("/articles/"), "slug", Value("/"), output_field=CharField())
    ).values("path")
    unread = Q(text_kind="article") & ~Q(text_id__in=Article.objects.published().values("pk"))
    shown = TextUse.objects.filter(how=How.SHOWS).exclude(unread).values("target")
    named = Concat(Value("snippet:"), "key", output_field=CharField())
    read = Snippet.objects.annotate(name=named).filter(name__in=shown).values("pk")
    unread |= Q(text_kind="snippet") & ~Q(text_id__in=read)
    return TextUse.objects.filter(how=How.LINK, target__in=paths).exclude(unread)


def _uses(noted: QuerySet[TextUse], most: int | None) -> Uses:
    by_kind = noted.order_by().values_list("text_kind")
    found = Uses(Counter(dict(by_kind.annotate(Count("text_id", distinct=True)))))
    for kind in MODELS:
        if found.numbers[kind]:
            left = None if most is None else most - len(found.listed)
            found.listed += _texts(kind, noted.filter(text_kind=kind), left)
    if found.numbers["article"]:
        pks = noted.filter(text_kind="article").values("text_id")
        found.checked = Article.objects.filter(pk__in=pks, checked_on__isnull=False).count()
    return found


def _texts(kind: str, noted: QuerySet[TextUse], most: int | None) -> Iterator[Use]:
    texts = MODELS[kind]._default_manager.filter(pk__in=noted.values("text_id"))
    rows = list(texts.defer("body", "html").order_by("title", "pk")[:most])
    of_rows = noted.filter(text_id__in=[row.pk for row in rows])
    times = dict(of_rows.order_by().values_list("text_id").annotate(Sum("times")))
    for row in rows:
        yield _use(kind, row, times[row.pk])


def _use(kind: str, row: Any, times: int) -> Use:
    is_article = isinstance(row, Article)
    return Use(
        kind=kind,
        title=row.title,
        url=reverse(f"admin:articles_{kind}_change", args=[row.pk]),
        times=times,
        pk=row.pk,
        is_public=row.is_seen(),
        is_checked=is_article and row.checked_on is not None,
        note=row.stage.lower() if is_article and not row.is_published else "",
    )


def _add_redirects(found: Uses, names: Iterable[str], most: int | None) -> None:
    rows = Redirect.objects.filter(target__in=[name for name in names if name.startswith("/")])
    if number := rows.count():
        found.numbers["redirect"] = number
    for row in rows.order_by("path")[:most]:
        url = reverse("admin:articles_redirect_change", args=[row.pk])
        found.listed.append(Use("redirect", row.path, url, pk=row.pk, is_fixed=True))
