"""Which components a page needs: those with a rule that could match something in it, going by classes alone."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings

from trustsite.web.inline_css import FOLDER, FRAME

# Classes that scripts (static/js) set on what has another one.
BY_SCRIPTS = {"pause": {"pause--scripted"}}


@cache
def rules() -> Any:
    """Return the components' rules: (component, selector, its alternatives, each as classes and elements)."""
    found = []
    for file in sorted((FOLDER / "components").glob("*.css")):
        css = re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.DOTALL)
        for head in re.findall(r"([^{};]+)\{", css):
            selector = head.strip()
            is_moment = re.fullmatch(r"(from|to|[\d.]+%)", selector)  # of an animation
            if not selector.startswith("@") and not is_moment:
                found.append((file.stem, selector, tuple(map(wanted, alternatives(selector)))))
    return found


def alternatives(selector: str) -> Any:
    """Return a selector's alternatives, those in `:is()` written out."""
    bare = re.sub(r":root:has\(([^()]*)\)", r"\1", selector)  # what the page must hold somewhere
    bare = re.sub(r":(not|has)\([^()]*\)", "", bare)
    found = []
    for one in re.split(r",(?![^()]*\))", bare):
        before, is_one_of, rest = one.strip().partition(":is(")
        inside, _, after = rest.partition(")")
        found += (
            [before + way.strip() + after for way in inside.split(",")] if is_one_of else [before]
        )
    return found


def wanted(selector: str) -> Any:
    """Return the classes and elements that must all be in a page for `selector` to match."""
    bare = re.sub(r"\[[^]]*\]|::?[\w-]+(\([^()]*\))?", "", selector)
    classes = set(re.findall(r"\.([\w-]+)", bare))
    elements = set(re.findall(r"(?<![.\w-])[a-z]\w*", bare))
    return classes, elements


def names_in(page: str) -> Any:
    """Return the classes and elements that occur in a page's HTML."""
    html = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    classes = set(" ".join(re.findall(r'\sclass="([^"]*)"', html)).split())
    later = [BY_SCRIPTS[name] for name in classes & BY_SCRIPTS.keys()]
    return classes.union(*later), set(re.findall(r"<([a-z]\w*)", html))


def used_rules(page: str) -> Iterator[Any]:
    """Yield (component, selector) of the rules that could match something in a page."""
    classes, elements = names_in(page)
    for component, selector, ways in rules():
        if any(way[0] <= classes and way[1] <= elements for way in ways):
            yield component, selector


def needed(page: str) -> Any:
    """Return the components that a page needs beside those of every page's frame."""
    return {component for component, _ in used_rules(page)} - set(FRAME)


def undefined(page: str) -> Any:
    """Return the classes of a page that no stylesheet knows."""
    sheets = [file.read_text() for file in FOLDER.rglob("*.css")]
    known = set(re.findall(r"\.([a-z][\w-]*)", "\n".join(sheets)))
    return names_in(page)[0] - known


def templates_of_pages() -> Any:
    """Return the templates that are readers' whole pages, by name: whether each names components of its own."""
    folder = settings.BASE_DIR / "templates"
    sources = {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*.html")}
    return {
        name: "{% block styles %}" in source
        for name, source in sources.items()
        if '{% extends "base.html" %}' in source and not name.startswith("dev/")
    }
