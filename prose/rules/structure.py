"""What an article must hold besides good words: stop rules, the way to safety, links and sources that lead somewhere."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

from django.urls import Resolver404, resolve

from prose import affiliate_rules, renderer
from prose.rules.source_files import Text

SAFETY = "when-the-danger-isnt-over"
RISKY = re.compile(
    r"\b(?:boundar(?:y|ies)|(?:set|new|test)\w* (?:a |new )?limits?|anger|angry|saying no|leaving|confront)\b",
    re.I,
)
EXERCISE = re.compile(r"^:::[ ]*exercise\b[^\n]*\n(.*?)^:::[ ]*$", re.M | re.S)
STOP_RULE = re.compile(r"\*(?!\*).*\bstop\b.*\*", re.I)
LINK = re.compile(r"\]\((/[^()\s]*|#[^()\s]*)\)|site-address\(\"(/[^\"]*)\"\)")
GUIDE_READS = re.compile(r"read: \(([^()]*)\)")
DESCRIPTION = range(110, 156)  # characters; longer ones are cut off in a list of search results
TAKEAWAYS = range(3, 6)
FIRST_OFFER_AFTER = 2  # sections


@dataclass(frozen=True)
class Fault:
    """What is wrong with a file, and on which line."""

    line: int
    message: str


@dataclass(frozen=True)
class Library:
    """What one content folder holds, for links and keys to be looked up in."""

    root: Path
    texts: list[Text]

    @cached_property
    def articles(self) -> dict[str, Text]:
        return {text.file.stem: text for text in self.texts if text.file.match("articles/*.md")}

    @cached_property
    def published(self) -> set[str]:
        """The articles that readers can open: those with a day of publication that were not withdrawn."""
        return {
            slug
            for slug, text in self.articles.items()
            if text.meta.get("published") and text.meta.get("state", "published") == "published"
        }

    @cached_property
    def pages(self) -> dict[str, Text]:
        return {text.file.stem: text for text in self.texts if text.file.match("pages/*.md")}

    def table(self, name: str) -> dict[str, Any]:
        """Return a TOML file of the folder, empty if it isn't there."""
        file = self.root / f"{name}.toml"
        return tomllib.loads(file.read_text()) if file.exists() else {}

    @cached_property
    def sources(self) -> set[str]:
        return set(self.table("sources"))

    @cached_property
    def topics(self) -> set[str]:
        return set(self.table("topics"))

    @cached_property
    def offers(self) -> set[str]:
        return set(self.table("offers"))

    def leads_somewhere(self, path: str) -> bool:
        """Whether a reader who follows `path` finds a page, and on it the part after the #."""
        address, anchor = urldefrag(path)
        try:
            found = resolve(address)
        except Resolver404:
            return False
        slug = found.kwargs.get("slug", "")
        shelves = {
            "articles:article": self.published,
            "articles:topic": self.topics,
            "articles:page": set(self.pages),
        }
        known = shelves.get(found.view_name)
        if known is not None and slug not in known:
            return False
        return not anchor or anchor in self.anchors(found.view_name, slug)

    def anchors(self, view: str, slug: str) -> set[str]:
        """Return the ids that links may name on a page; those of pages not made of a file can't be known here."""
        if view == "articles:get_help":
            text, besides = (
                self.pages.get("get-help"),
                {"danger", *self.table("helplines").get("countries", {})},
            )
        else:
            text, besides = (
                (self.articles if view == "articles:article" else self.pages).get(slug),
                set(),
            )
        return besides | (
            {heading.id for heading in renderer.render(text.body).contents} if text else set()
        )


def faults(text: Text, library: Library) -> Iterator[Fault]:
    """Yield what is wrong with one file."""
    yield from _links(text, library)
    kind = text.file.parent.name if text.file.suffix == ".md" else ""
    if kind == "articles":
        yield from _article(text, library)
    if kind in {"articles", "responses"}:
        yield from _safety(text)
        yield from _related(text, library)
    if kind in {"articles", "pages"}:
        yield from _description(text)


def uncited(library: Library) -> list[str]:
    """Return the sources that neither an article nor the guide names."""
    everything = "".join(text.source for text in library.texts)
    return sorted(
        key
        for key in library.sources
        if f"[^{key}]" not in everything and f'"{key}"' not in everything
    )


def _links(text: Text, library: Library) -> Iterator[Fault]:
    for match in LINK.finditer(text.source):
        path = match[1] or match[2]
        if path.startswith("#"):
            anchors = {heading.id for heading in renderer.render(text.body).contents}
            known = path[1:] in anchors
        else:
            known = library.leads_somewhere(path)
        if not known:
            yield Fault(text.line_of(match.start()), f"the link {path} leads nowhere")
    if text.file.suffix == ".typ":
        for match in GUIDE_READS.finditer(text.source):
            for slug in re.findall(r'"([a-z0-9-]+)"', match[1]):
                if slug not in library.articles:
                    yield Fault(text.line_of(match.start()), f"there is no article “{slug}”")


def _article(text: Text, library: Library) -> Iterator[Fault]:
    made = renderer.render(text.body)
    for problem in made.problems:
        yield Fault(text.body_line + problem.line, problem.message)
    for key in made.citations:
        if key not in library.sources:
            yield Fault(text.line_with(f"[^{key}]"), f"there is no source “{key}”")
    if len(text.meta.get("takeaways", [])) not in TAKEAWAYS:
        yield Fault(text.line_with("takeaways:"), "an article has three to five takeaways")
    yield from _offer(text, library)


def _offer(text: Text, library: Library) -> Iterator[Fault]:
    offers = list(re.finditer(r"^:::[ ]*offer\b[ ]*(.*)$", text.source, re.M))
    wanted = 1 if text.meta.get("affiliate") else 0
    if len(offers) != wanted:
        line = text.line_of(offers[-1].start()) if offers else text.line_with("affiliate:")
        yield Fault(
            line,
            f"{len(offers)} offers, where “affiliate: {'true' if wanted else 'false'}” asks for {wanted}",
        )
    for offer in offers:
        line = text.line_of(offer.start())
        if offer[1].strip() not in library.offers:
            yield Fault(line, f"there is no offer “{offer[1].strip()}”")
        if len(re.findall(r"^## ", text.source[: offer.start()], re.M)) < FIRST_OFFER_AFTER:
            yield Fault(line, "an offer stands after the second section at the earliest")
    if wanted and text.meta.get("safety"):
        yield Fault(text.line_with("affiliate:"), "an article with the help panel holds no offer")
    danger = affiliate_rules.danger_among(
        heading.text for heading in renderer.render(text.body).contents
    )
    if wanted and danger:
        message = f"an article with a section about danger or dying (“{danger}”) holds no offer"
        yield Fault(text.line_with("affiliate:"), message)


def _safety(text: Text) -> Iterator[Fault]:
    exercises = list(EXERCISE.finditer(text.source))
    for exercise in exercises:
        lines = [line.strip() for line in exercise[1].split("\n") if line.strip()]
        if not lines or not STOP_RULE.fullmatch(lines[-1]):
            line = text.line_of(exercise.start())
            yield Fault(
                line,
                "an exercise ends with its stop rule: a line in italics that says when to stop",
            )
    risk = exercises[0] if exercises else RISKY.search(text.visible)
    if risk and text.file.stem != SAFETY and f"/articles/{SAFETY}/" not in text.body:
        what = "an exercise" if exercises else f"“{risk[0]}”"
        yield Fault(text.line_of(risk.start()), f"{what} asks for a link to /articles/{SAFETY}/")


def _related(text: Text, library: Library) -> Iterator[Fault]:
    for slug in text.meta.get("related", []):
        if slug not in library.articles or slug == text.file.stem:
            yield Fault(text.line_with("related:"), f"related: “{slug}” is no other article")


def _description(text: Text) -> Iterator[Fault]:
    length = len(text.meta.get("description", ""))
    if length not in DESCRIPTION:
        where = text.line_with("description:")
        yield Fault(
            where,
            f"the description has {length} characters; it needs {DESCRIPTION[0]} to {DESCRIPTION[-1]}",
        )
