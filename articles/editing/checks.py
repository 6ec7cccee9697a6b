"""Checks: the rules of texts (prose.rules) on articles, with all that the site holds beside them.

An error keeps an article from readers: an advert without its label, a source that isn't there, a
link of ours that leads nowhere, an exercise without its stop rule. All else informs; a person
decides. What a text lacks by itself is asked for by its own `clean` (articles.models.text_checks).
"""

from collections.abc import Collection, Iterator

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from articles import states
from articles.editing import scheduling
from articles.linking import site_links
from articles.models import Article, MarkdownModel, Offer, Page, Response
from articles.models.text_checks import StoredLibrary
from prose import affiliate_rules, renderer, rules
from prose.finding import Finding, made_by_change
from prose.rules import links, words


class SiteLibrary(StoredLibrary):
    """What the site holds: pages that readers can open, and those they could once.

    `open_articles` are those that count as open: files that are loaded together may lead to each
    other, and of a scheduled text it is asked what readers can open at its moment. `awaited` are
    addresses of articles that count as well, for they lead to this one and wait for it.
    """

    def __init__(
        self, open_articles: QuerySet[Article] | None = None, awaited: Collection[str] = ()
    ) -> None:
        self._open, self._awaited = open_articles, awaited

    def unknown_articles(self, slugs: Collection[str]) -> set[str]:
        known = Article.objects.filter(slug__in=list(slugs)).values_list("slug", flat=True)
        return set(slugs) - set(known) if slugs else set()

    def leads_somewhere(self, address: str) -> bool:
        return site_links.leads_somewhere(address, self._open)

    def is_awaited(self, path: str) -> bool:
        return path in self._awaited

    def moved_to(self, path: str) -> str:
        article = site_links.has_moved(path)
        return article.get_absolute_url() if article else ""


def library_for(text: MarkdownModel) -> SiteLibrary:
    """Return what readers can open when `text` is there to be read."""
    if not isinstance(text, Article) or not text.is_scheduled or text.publish_at is None:
        return SiteLibrary()
    return SiteLibrary(Article.objects.open_at(text.publish_at), scheduling.awaited(text))


def run(article: MarkdownModel) -> list[Finding]:
    """Return everything found, what blocks first, then by line."""
    text, library = article.as_file(), library_for(article)
    findings = [
        *rules.check_itself(text, library),
        *rules.check_shape(text, library),
        *rules.check_words(text, words.read_allowed(settings.CONTENT_DIR)),
    ]
    placed = [text.in_body(finding) for finding in findings]
    return sorted(placed, key=lambda finding: (not finding.blocks, finding.line, finding.place))


def errors(article: Article, library: SiteLibrary | None = None) -> Iterator[Finding]:
    """Yield what keeps an article from readers."""
    text, library = article.as_file(), library or library_for(article)
    for finding in [*rules.check_itself(text, library), *links.check(text, library)]:
        if finding.blocks:
            yield text.in_body(finding)


def new_errors(article: Article, library: SiteLibrary | None = None) -> list[Finding]:
    """Return what keeps an article from being saved for readers: the faults that this change makes."""
    found = list(errors(article, library))
    before = article.as_readers_have_it() if found else None
    return made_by_change(found, errors(before)) if isinstance(before, Article) else found


def blocking_errors(text: MarkdownModel, library: SiteLibrary | None = None) -> list[str]:
    """Return what keeps a text from being saved as it stands, in the state it has."""
    if isinstance(text, Article):
        text.may_be_unfinished = text.state == states.DRAFT
    if getattr(text, "row_before", None) is None and text.pk:
        text.row_before = type(text)._base_manager.filter(pk=text.pk).first()
    try:
        text.full_clean()
    except ValidationError as error:
        return error.messages
    if isinstance(text, Article) and text.state == states.PUBLISHED:
        return [str(finding) for finding in new_errors(text, library)]
    return []


def unlabelled_links_to(host: str) -> list[str]:
    """Return the titles of the texts that link to a partner's host without a label."""
    titles = []
    for model in (Article, Page, Response):
        texts = model._default_manager.filter(body__icontains=host.removeprefix("www."))
        for text in texts:
            if affiliate_rules.unlabelled_links(renderer.render(text.body).links, [host]):
                titles.append(text.title)
    return titles


def offer_errors(offer: Offer) -> dict[str, str]:
    """Return by field what of the site's texts keeps an offer from being saved."""
    titles = unlabelled_links_to(offer.allowed_host) if offer.allowed_host else []
    message = f"These texts link there without a label: {', '.join(titles)}."
    return {"allowed_host": message} if titles else {}
