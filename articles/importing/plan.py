"""Plan: what becomes of each entry of an export, and its doing.

Texts arrive as drafts, whatever they were: readers see nothing until a person has looked. What
stands here already is left as it is, so that a second run brings in only what the first didn't.
"""

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Max
from django.utils.html import strip_tags
from django.utils.text import slugify

from articles.importing import markup
from articles.importing.archive import PictureArchive
from articles.importing.items import MOST_TEXT, Item
from articles.linking import redirects
from articles.models import Article, Picture, Redirect, Topic
from articles.models.redirects import LONGEST as LONGEST_PATH
from prose.renderer import LONGEST

NO_TOPIC = "Brought in"
MOST_PICTURES = 100  # of one text


@dataclass
class Outcome:
    """What becomes, or became, of one entry."""

    title: str
    becomes: str  # draft, stays, left out
    slug: str = ""
    topic: str = ""
    redirect: str = ""
    pictures: int = 0
    remarks: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it as it waits in a job."""
        return dict(vars(self))


@dataclass
class Site:
    """What is known of the former site before its texts are made: its hosts, its addresses, its
    pictures.
    """

    hosts: set[str]
    addresses: dict[str, str]
    archive: PictureArchive

    def link(self, href: str) -> str:
        """Return where a link of a former text is to lead."""
        return markup.link_for(href, self.hosts, self.addresses)

    def picture_key(self, address: str) -> str:
        """Return the key under which a picture comes in; empty for one that isn't in the archive."""
        name = self.archive.find(address)
        return key_of(name) if name else ""


def key_of(name: str) -> str:
    """Return the key of a picture in the archive: its path from the year on, in plain letters."""
    stem = name.rpartition(".")[0]
    for folder in ("wp-content/uploads/", "content/images/"):
        stem = stem.rpartition(folder)[2]
    return slugify(stem.replace("/", "-"))[-50:].strip("-") or "picture"


def address_here(item: Item) -> str:
    """Return the slug that an entry gets here."""
    return slugify(item.slug or item.title)[:80].strip("-") or "untitled"


def bring_in(item: Item, site: Site, *, check: bool) -> Outcome:
    """Make a draft of an entry; of one that can't be one, say why and go on with the others."""
    try:
        with transaction.atomic():
            return _bring_in(item, site, check=check)
    except ValidationError as error:
        return Outcome(item.title[:200], "left out", remarks=error.messages)


def _bring_in(item: Item, site: Site, *, check: bool) -> Outcome:
    """Make a draft of an entry, with its pictures, its topic and the redirect from its old address.

    `check` says what would become of it and saves nothing.
    """
    slug = address_here(item)
    outcome = Outcome(item.title[:200], "draft", slug, remarks=list(item.remarks))
    if why := _why_not(item, slug):
        outcome.becomes, reason = why
        outcome.remarks.insert(0, reason)
        return outcome
    text = markup.convert(item.html, site.link, site.picture_key)
    outcome.remarks += text.remarks
    if len(text.markdown) > LONGEST:
        outcome.becomes = "left out"
        outcome.remarks.insert(0, "It is longer than a page may be. Make two of it there.")
        return outcome
    outcome.topic, outcome.redirect = _topic_name(item), _old_path(item, slug)
    shown = _pictures(item, text, site, outcome)
    if not check:
        _save(item, text.markdown, outcome, shown, site)
    return outcome


def _why_not(item: Item, slug: str) -> tuple[str, str] | None:
    if item.left_out:
        return "left out", item.left_out
    if len(item.html) > MOST_TEXT:
        return "left out", "It is longer than a page may be."
    if not strip_tags(item.html).strip() and "<img" not in item.html:
        return "left out", "It has no words."
    if Article.objects.filter(slug=slug).exists():
        return "stays", f"An article stands at /articles/{slug}/ already, and is left as it is."
    return None


def _topic_name(item: Item) -> str:
    return item.topics[0][:80] if item.topics else NO_TOPIC


def _old_path(item: Item, slug: str) -> str:
    """Return the old address that is to lead here; empty for one that can't, or needn't."""
    path = item.path if item.path.startswith("/") else ""
    row = Redirect(path=path, target=f"/articles/{slug}/")
    if not path or path == row.target or len(path) > LONGEST_PATH:
        return ""
    taken = Redirect.objects.filter(path=path).exists()
    return "" if taken or "path" in redirects.problems(row) else path


def _pictures(item: Item, text: markup.Converted, site: Site, outcome: Outcome) -> dict[str, str]:
    """Return the pictures that come in with a text, as names in the archive with their words."""
    addresses = dict(list(text.pictures.items())[:MOST_PICTURES])
    shown: dict[str, str] = {}
    if item.picture and (name := site.archive.find(item.picture)):
        shown[name] = ""
        text.markdown = f":::picture {key_of(name)}\n\n{text.markdown}"
    for address, alt in addresses.items():
        shown.setdefault(site.archive.find(address), alt)
    outcome.pictures = len(shown)
    if wordless := sum(not alt.strip() for alt in shown.values()):
        outcome.remarks.append(
            f"Pictures without words for who can’t see them: {wordless}. It can’t be published before they have some."
        )
    return shown


def _save(item: Item, markdown: str, outcome: Outcome, shown: dict[str, str], site: Site) -> None:
    for name, alt in shown.items():
        _save_picture(name, alt, site, outcome)
    summary = " ".join(strip_tags(item.summary).split())
    if len(item.title) > 120:
        outcome.remarks.append("Its title was cut to 120 characters.")
    article = Article(
        slug=outcome.slug,
        title=item.title[:120],
        standfirst=summary[:240],
        body=markdown,
        topic=_topic(outcome.topic),
        state=Article.State.DRAFT,
    )
    article.take_out_control()
    article._change_reason = "Brought in from another site."  # type: ignore[attr-defined]
    article.save()
    if article.problems:
        outcome.remarks.append(f"Things to look at: {article.problems}.")
    if outcome.redirect:
        note = f"From the former site, for “{article.title}”."[:200]
        Redirect.objects.create(path=outcome.redirect, target=article.get_absolute_url(), note=note)


def _topic(name: str) -> Topic:
    slug = slugify(name)[:50] or "brought-in"
    topic = Topic.objects.filter(slug=slug).first()
    if topic is None:
        last = Topic.objects.aggregate(last=Max("position"))["last"] or 0
        topic = Topic.objects.create(slug=slug, title=name, position=last + 1)
    return topic


def _save_picture(name: str, alt: str, site: Site, outcome: Outcome) -> None:
    key = key_of(name)
    if Picture.objects.filter(key=key).exists():
        return
    try:
        data = ContentFile(site.archive.read(name), name=name.rpartition("/")[2].lower())
        picture = Picture(key=key, original=data, alt=" ".join(alt.split())[:240])
        picture.prepares_later = True
        picture.save()
    except (ValueError, ValidationError) as error:
        why = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        outcome.remarks.append(f"The picture {name[:100]} didn’t come in: {why}")
