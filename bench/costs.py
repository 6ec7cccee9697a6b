"""What a request costs: processor time in this process (the edge, Django, SQLite and the launch content), queries and bytes.

Part of `make bench`, where it runs in a process of its own and prints what it found as JSON. The least of some rounds counts,
for others may use the machine. Pages are asked of Django itself, so that none is one that is kept.
"""

import gc
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ |= {
    "MODE": "development",
    "DATA": os.environ.get("COSTS_DATA") or tempfile.mkdtemp(prefix="costs-"),
    "DJANGO_SETTINGS_MODULE": "trustsite.settings",
    "IN_REQUESTS": "on",  # as the web server's entry sets it before anything reads the settings
}
os.environ |= dict.fromkeys(
    ("SIGNUPS_PER_NETWORK", "SIGNUPS_PER_DOMAIN", "SIGNUPS_PER_HOUR"), "100000"
)

import django  # noqa: E402  needs the environment

from trustsite.web.serving.edge import Edge, Environ, NoVisits  # noqa: E402
from trustsite.web.serving.stored_answer import Answer  # noqa: E402

ROUNDS, REQUESTS = 9, 15
KEPT_TIMES = 20_000
COLD_ROUNDS = 5
FORM = "application/x-www-form-urlencoded"
ARTICLES = ["grounding-techniques", "trauma-and-trust-issues", "hypervigilance", "fawn-response"]
PAGES = [
    *("/", "/articles/", "/quiz/", "/quiz/longer/", "/quiz/method/", "/guide/", "/get-help/"),
    *("/responses/", "/responses/fawn/", "/tools/", "/about/", "/privacy/"),
    *(f"/articles/{slug}/" for slug in ARTICLES),
]
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0"}

Ask = Callable[[], Answer]
Fields = dict[str, str]


class Site:
    """The site in this process."""

    def __init__(self) -> None:
        django.setup()
        from trustsite.management.commands.dev import Command

        Command().prepare()
        from trustsite.wsgi import django_application, respond  # its pages need what was prepared

        self.respond = respond
        self.edge = Edge(django_application)
        self.edge.prepare()
        self.edge.refresher.versions.check()
        gc.freeze()  # as the web server's main process does (trustsite/serve.py)
        self.numbers = iter(range(10**9))

    def environ(self, path: str, query: str = "", fields: Fields | None = None) -> Environ:
        """Return a request; a form comes from one of our pages."""
        body = urlencode(fields).encode() if fields else b""
        made = self.edge.environ_of(path) | {
            "QUERY_STRING": query,
            "HTTP_ACCEPT_ENCODING": "br",
            "wsgi.input": io.BytesIO(body),
        }
        if fields:
            made |= {"REQUEST_METHOD": "POST", "CONTENT_TYPE": FORM}
            made |= {"CONTENT_LENGTH": str(len(body)), "HTTP_SEC_FETCH_SITE": "same-origin"}
        return made

    def ask(self, path: str, query: str = "", fields: Callable[[], Fields] | None = None) -> Ask:
        """Return what asks Django for an answer."""
        return lambda: self.edge.respond(self.environ(path, query, fields() if fields else None))

    def ask_edge(self, path: str, query: str = "") -> Ask:
        """Return what asks as a reader does: a page that is kept never comes to Django."""
        return lambda: self.respond(self.edge, self.environ(path, query))

    def sign_up(self) -> Fields:
        from trustsite.web.form_guard import form_token

        return {"address": f"reader{next(self.numbers)}@site.example", "stamp": form_token()}

    def requests(self) -> dict[str, Ask]:
        """Return what is measured, by name."""
        answers = {f"q{number:02}": "abcd"[number % 4] for number in range(1, 13)}
        answers["version"] = "2"
        topic = _topic()
        misspelt = "q=" + quote("anxeity strss grunding fawnn flght")
        return {
            "empty": self.ask("/healthz"),
            "kept": self.ask_edge("/articles/"),
            "article": self.ask(f"/articles/{ARTICLES[0]}/"),
            "list": self.ask("/articles/"),
            "topic": self.ask(topic),
            "search": self.ask("/search/", "q=stress"),
            "search, misspelt": self.ask("/search/", misspelt),
            "response": self.ask("/responses/fawn/"),
            "home": self.ask("/"),
            "get help": self.ask("/get-help/"),
            "404": self.ask_edge("/no/such/page/"),
            "404 from Django": self.ask("/preview/no-such-preview/"),
            "quiz": self.ask("/quiz/", fields=lambda: answers),
            "quiz, an answer unreadable": self.ask("/quiz/", fields=lambda: answers | {"q01": "z"}),
            "sign-up": self.ask("/newsletter/subscribe/", fields=self.sign_up),
            "sign-up, no address": self.ask(
                "/newsletter/subscribe/", fields=lambda: self.sign_up() | {"address": "a"}
            ),
        }


def _topic() -> str:
    from articles.models import Article

    return str(Article.objects.published().select_related("topic")[0].topic.get_absolute_url())


def costs(asked: dict[str, Ask]) -> dict[str, float]:
    """Return the milliseconds of processor time that one request of each kind takes. They take turns: who else uses
    the machine for some seconds is in one round of many kinds, and not in all rounds of one.
    """
    best = dict.fromkeys(asked, float("inf"))
    for _ in range(ROUNDS):
        for name, ask in asked.items():
            ask()
            began = time.process_time()
            for _ in range(REQUESTS):
                ask()
            best[name] = min(best[name], time.process_time() - began)
    return {name: took / REQUESTS * 1000 for name, took in best.items()}


def queries(ask: Ask) -> int:
    """Return how many statements one request sends to the database."""
    from django.db import connection

    sent: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        sent.append(sql)
        return execute(sql, *args)

    with connection.execute_wrapper(note):
        ask()
    return len(sent)


def cold(site: Site) -> float:
    """Return the milliseconds that one article takes that nobody asked for since content changed: the mean of all."""
    from articles.models import Article

    slugs = list(Article.objects.published().values_list("slug", flat=True))
    best = float("inf")
    for _ in range(COLD_ROUNDS):
        site.edge.cache.apply(["*"])
        began = time.process_time()
        for slug in slugs:
            site.ask(f"/articles/{slug}/")()
        best = min(best, time.process_time() - began)
    return best / len(slugs) * 1000


def counting(edge: Edge) -> float:
    """Return the microseconds that counting a visit adds to a page that is kept."""
    from analytics.counting import Counting
    from analytics.visits import VisitCounter

    def took() -> float:
        best = float("inf")
        for _ in range(ROUNDS):
            begun = time.process_time()
            for _ in range(KEPT_TIMES):
                edge.quick("GET", "/", "", edge.host, edge.scheme, "br", "", BROWSER.get)
            best = min(best, time.process_time() - begun)
        return best / KEPT_TIMES * 1e6

    edge.make_anew("/")
    edge.visits = NoVisits()
    without = took()
    edge.visits = VisitCounter(Counting(), reads=True, site=f"{edge.scheme}://{edge.host}/")
    return took() - without


def main() -> None:
    """Measure; print JSON: milliseconds, bytes of each answer, statements of an article, microseconds of counting."""
    import django.core.cache.backends.locmem  # noqa: F401  read before anything is timed

    site = Site()
    asked = site.requests()
    sizes = {name: len(ask().body) for name, ask in asked.items()}
    sizes |= {path: len(site.ask(path)().body) for path in PAGES}
    found = {
        "ms": costs(asked) | {"article, cold": cold(site)},
        "bytes": sizes,
        "queries": queries(asked["article"]),
        "counting": counting(site.edge),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    import logging

    logging.disable(logging.ERROR)
    main()
