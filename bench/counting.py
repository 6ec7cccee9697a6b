"""What counting adds to a kept page, in processor time and in this process: part of `make bench`. At most 2 µs."""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustsite.settings")
os.environ.setdefault("MODE", "development")

import django

django.setup()

from django.conf import settings  # noqa: E402

from analytics import robots  # noqa: E402
from analytics.counting import Counting  # noqa: E402
from analytics.visits import VisitCounter  # noqa: E402
from trustsite.web.serving.edge import Edge, Header, NoVisits  # noqa: E402
from trustsite.web.serving.page_cache import Recording  # noqa: E402
from trustsite.web.serving.stored_answer import Answer  # noqa: E402

MOST = 2.0  # µs
TIMES, ROUNDS = 50_000, 9
PATH = "/articles/grounding-techniques/"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"
VISITS = {
    "from one of our pages": {"referer": f"{settings.SITE_URL}/quiz/"},
    "from nowhere": {},
    "from a search": {"referer": "https://www.google.com/"},
    "asking not to be counted": {"sec-gpc": "1"},
}


def cost(edge: Edge, header: Header) -> float:
    """Return µs of processor time of a kept page, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(TIMES):
            edge.quick("GET", PATH, "", edge.host, edge.scheme, "br", "", header)
        best = min(best, time.process_time() - begun)
    return best / TIMES * 1e6


def main() -> None:
    edge = Edge(lambda environ, start_response: [])
    page = Answer(200, [("Content-Type", "text/html; charset=utf-8")], b"<p>Words</p>" * 500)
    edge.cache.keep(PATH, page, Recording(is_public=True), 0)
    counter = VisitCounter(Counting(), reads=True, site=f"{settings.SITE_URL}/")
    print("A kept page in one process, µs of processor time:")
    worst = 0.0
    for name, more in VISITS.items():
        header = {"user-agent": AGENT, **more}.get
        edge.visits = NoVisits()
        without = cost(edge, header)
        edge.visits = counter
        added = cost(edge, header) - without
        worst = max(worst, added)
        print(f"  {name:<28} {without:.2f}, counting adds {added:.2f}")
    begun = time.process_time()
    for number in range(200):
        robots.is_robot(f"{AGENT} {number}")
    print(f"  an agent met for the first time: {(time.process_time() - begun) / 200 * 1e6:.0f}")
    if worst > MOST:
        sys.exit(f"Counting adds {worst:.2f} µs, more than {MOST}.")


if __name__ == "__main__":
    main()
