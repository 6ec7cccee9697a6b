"""Style guide: every component with its examples, in both schemes. In development mode alone.

The examples stand in templates/components/examples.toml; the components' test renders the same.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from prose.document import trusted
from trustsite.web import inline_css
from trustsite.web.context_processors import site

FOLDER = settings.BASE_DIR / "templates" / "components"
HEAD_ALONE = {
    "card_tags",
    "head_links",
    "icons",
    "site_card_tags",
}  # stand in a page's head, where nothing is seen


@dataclass(frozen=True)
class Component:
    """A component: its name, its header comment, and its examples, rendered."""

    name: str
    comment: str
    examples: list[SafeString]


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show every component from its examples, in the light and in the dark scheme."""
    components = [component(file, request) for file in component_files()]
    styles = " ".join(
        sorted(file.stem for file in (inline_css.FOLDER / "components").glob("*.css"))
    )
    context = {"components": components, "schemes": ["light", "dark"], "styles": styles}
    response = render(request, "dev/style.html", context)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def component_files() -> list[Path]:
    """Return the templates of all components."""
    return sorted(FOLDER.glob("*.html"))


def component(file: Path, request: HttpRequest) -> Component:
    """Return a component with its examples, rendered."""
    match = re.match(r"\{#(.*?)#\}", file.read_text(), re.DOTALL)
    examples = []
    if file.stem not in HEAD_ALONE:
        for values in examples_of(file.stem, request):
            examples.append(render_to_string(f"components/{file.name}", values))
    return Component(file.stem, match[1].strip() if match else "", examples)


def examples_of(name: str, request: HttpRequest) -> list[dict[str, Any]]:
    """Return the inputs of each example of a component; of one without inputs, one that is empty.

    The keys are the inputs that the component's header comment lists.
    """
    examples = tomllib.loads((FOLDER / "examples.toml").read_text())
    return [_filled(values, request) for values in examples.get(name, [{}])]


def _filled(value: Any, request: HttpRequest) -> Any:
    """Return an example's value with markup, forms and the site's facts in their places."""
    if isinstance(value, list):
        return [_filled(item, request) for item in value]
    if not isinstance(value, dict):
        return value
    filled: dict[str, Any] = {}
    for name, item in value.items():
        if name == "html":
            filled[name] = trusted(item)
        elif name == "form":
            filled[name] = import_string(item)()
        elif name == "site":
            filled[name] = site(request)["site"]
        elif isinstance(item, dict) and set(item) == {"html"}:
            filled[name] = trusted(item["html"])
        else:
            filled[name] = _filled(item, request)
    return filled
