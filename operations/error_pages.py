"""The pages a proxy shows while the site doesn't answer: whole in themselves, with helplines."""

from pathlib import Path

from django.template.loader import render_to_string

from articles.reading import helplines

# By status: what it says. 502 and 504 are a site that is away, 503 one that has too much to do.
PAGES = {
    502: (
        "This site isn’t answering just now",
        "It isn’t anything you did. It may be back within a minute: try the page again in a little while.",
    ),
    503: (
        "This site has a lot to do just now",
        "It isn’t anything you did. Please wait a minute, then try the page again.",
    ),
}
HEADINGS = {"talk": "Somebody to talk to", "violence": "If somebody is hurting you"}


def write(folder: Path) -> list[Path]:
    """Write the pages into `folder`, for everybody to read; return them."""
    shown = helplines.page_context()
    context = {name: shown[name] for name in ("emergency", "unchecked")} | {"panels": _panels()}
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for status, (heading, words) in PAGES.items():
        page = render_to_string(
            "operations/unavailable.html", context | {"heading": heading, "words": words}
        )
        path = folder / f"trustsite-{status}.html"
        temporary = path.with_name(f".{path.name}")
        temporary.write_text(page.lstrip(), encoding="utf-8")
        temporary.chmod(0o644)
        temporary.replace(path)
        written.append(path)
    return written


def _panels() -> list[dict[str, object]]:
    found = helplines.panels(("suicide", "violence"))
    return [panel | {"heading": HEADINGS[panel["name"]]} for panel in found]
