"""What a request costs that a stranger can repeat: processor time, beside an empty view of Django. Part of `make bench`.

Everything runs in this process: the edge, Django and SQLite, with the launch content. The least of some rounds counts, for
others may use the machine.
"""

import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
FOLDER = tempfile.mkdtemp(prefix="costs-")
os.environ |= {
    "MODE": "development",
    "DATA": FOLDER,
    "DJANGO_SETTINGS_MODULE": "trustsite.settings",
}
os.environ |= dict.fromkeys(
    ("SIGNUPS_PER_NETWORK", "SIGNUPS_PER_DOMAIN", "SIGNUPS_PER_HOUR"), "100000"
)

from trustsite.web.serving.edge import Edge, Environ  # noqa: E402
from trustsite.web.serving.stored_answer import Answer  # noqa: E402
from trustsite.wsgi import django_application, respond  # noqa: E402  needs the environment

ROUNDS, REQUESTS = 5, 20
MOST = 5.0  # milliseconds of a worker, for what can be repeated without limit
TOKEN = "a" * 32  # of Django's CSRF guard
FORM = "application/x-www-form-urlencoded"

Ask = Callable[[], Answer]
Fields = dict[str, str]


def environ(
    edge: Edge,
    path: str,
    query: str = "",
    fields: Fields | None = None,
    cookie: str = "",
    **more: str,
) -> Environ:
    """Return a request."""
    body = urlencode(fields).encode() if fields else b""
    made = edge.environ_of(path) | {
        "QUERY_STRING": query,
        "HTTP_ACCEPT_ENCODING": "br",
        "HTTP_COOKIE": cookie,
        "wsgi.input": io.BytesIO(body),
    }
    if fields:
        made |= {"REQUEST_METHOD": "POST", "CONTENT_TYPE": FORM, "CONTENT_LENGTH": str(len(body))}
    return made | more


def prepare() -> tuple[Edge, str]:
    """Make the site; return its edge and the cookies of an owner."""
    from django.contrib.auth.models import User
    from django.test import Client

    from trustsite.management.commands.dev import Command

    Command().prepare()
    edge = Edge(django_application)
    edge.prepare()
    edge.refresher.versions.check()
    client = Client()
    client.force_login(User.objects.create_superuser("bench", "bench@site.example", "x"))
    return edge, f"csrf={TOKEN}; session={client.cookies['session'].value}"


def requests(edge: Edge, owner: str) -> dict[str, tuple[float | None, Ask]]:
    """Return what is measured: a name, how many milliseconds it may cost (None: others say), and a function that asks."""
    from trustsite.web.form_guard import form_token

    numbers = iter(range(10**9))
    answers = {f"q{number:02}": "a" for number in range(1, 13)} | {"version": "2"}
    text = (ROOT / "content/articles/grounding-techniques.md").read_text().split("---", 2)[2]
    draft = {"csrfmiddlewaretoken": TOKEN, "title": "A title", "slug": "a-title", "body": text}

    def ask(
        path: str, query: str = "", fields: Callable[[], Fields] | None = None, **more: str
    ) -> Ask:
        return lambda: respond(
            edge, environ(edge, path, query, fields() if fields else None, **more)
        )

    def sign_up() -> Fields:
        return {"address": f"reader{next(numbers)}@site.example", "stamp": form_token()}

    own = {"HTTP_SEC_FETCH_SITE": "same-origin"}
    return {
        "an empty view of Django": (None, lambda: edge.respond(environ(edge, "/healthz"))),
        "a kept page": (MOST, ask("/articles/")),
        "a kept page, ?utm_source=": (MOST, ask("/articles/", "utm_source=letter&fbclid=1")),
        "an address where nothing is": (MOST, ask("/no/such/page/")),
        "an article that isn’t there": (MOST, ask("/articles/no-such-article/")),
        "a form that is too large": (MOST, lambda: edge.refusal(413, "POST", "br")),
        "a method that isn’t there": (MOST, ask("/", fields=lambda: {"a": "b"})),
        "a search that finds": (None, ask("/search/", "q=stress")),
        "a misspelt search": (
            None,
            ask("/search/", "q=" + quote("anxeity strss grunding fawnn flght")),
        ),
        "a quiz scored": (MOST, ask("/quiz/", fields=lambda: answers, **own)),
        "a sign-up": (MOST, ask("/newsletter/subscribe/", fields=sign_up, **own)),
        "a sign-up from another site": (
            MOST,
            ask("/newsletter/subscribe/", fields=sign_up, HTTP_SEC_FETCH_SITE="cross-site"),
        ),
        "a form without its token": (MOST, ask("/admin/login/", fields=lambda: {"login": "a"})),
        "a preview in the admin": (
            None,
            ask("/admin/articles/article/preview/", fields=lambda: draft, cookie=owner),
        ),
    }


def cost(ask: Ask) -> float:
    """Return the milliseconds of processor time that one request takes."""
    ask()
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(REQUESTS):
            ask()
        best = min(best, time.process_time() - began)
    return best / REQUESTS * 1000


def main() -> None:
    """Measure, and print what costs more than it may."""
    import django.core.cache.backends.locmem  # noqa: F401  read before anything is timed

    edge, owner = prepare()
    base = 0.0
    print(f"{'':32}{'status':>7}{'ms':>8}{'empty views':>13}")
    for name, (most, ask) in requests(edge, owner).items():
        status, took = ask().status, cost(ask)
        base = base or took
        note = f"   more than {most:.0f} ms" if most and took > most else ""
        print(f"{name:32}{status:>7}{took:>8.2f}{took / base:>13.1f}{note}", flush=True)


if __name__ == "__main__":
    import logging

    import django

    django.setup()
    logging.disable(logging.ERROR)
    main()
