"""`manage.py robots_maps`: write the list of robots for the shipped proxy files."""

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from analytics.robots import words_and_patterns

NGINX_LONGEST = 3_500  # characters of one parameter; nginx takes 4,096
NGINX, CADDY = "deploy/nginx/trustsite-robots.conf", "deploy/robots.caddy"
MADE = "# Made by `manage.py robots_maps` from the package crawler-user-agents (MIT). Don't edit.\n"


def alternatives() -> list[str]:
    """Return the list as regular expressions, which nginx and Caddy read alike."""
    words, patterns = words_and_patterns()
    escaped = [re.sub(r"([.+*?^$()\[\]{}|\\/])", r"\\\1", word) for word in words]
    return [*(word.replace(r"\/", "/") for word in escaped), *patterns]


def chunks() -> Iterator[str]:
    """Yield the list as a few long expressions."""
    chunk: list[str] = []
    size = 0
    for each in alternatives():
        if size + len(each) > NGINX_LONGEST:
            yield "|".join(chunk)
            chunk, size = [], 0
        chunk.append(each)
        size += len(each) + 1
    yield "|".join(chunk)


def for_nginx() -> str:
    """Return the map for nginx: the class of an agent, r for a reader's and b for a robot's."""
    lines = [f'    "~{_quoted(chunk)}" b;' for chunk in chunks()]
    body = "\n".join(lines)
    return (
        f'{MADE}map $http_user_agent $trustsite_agent {{\n    default r;\n    "" b;\n{body}\n}}\n'
    )


def for_caddy() -> str:
    """Return the same for Caddy, a snippet to be imported within a site."""
    lines = [f"\t`~{chunk}` b" for chunk in chunks()]
    body = "\n".join(lines)
    head = "map {http.request.header.User-Agent} {agent_class} {"
    return f"{MADE}{head}\n\t~^$ b\n{body}\n\tdefault r\n}}\n"


def _quoted(chunk: str) -> str:
    return chunk.replace('"', r"\"")


class Command(BaseCommand):
    help = "Write the list of robots into the shipped files for nginx and Caddy, after its package is new."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, text in ((NGINX, for_nginx()), (CADDY, for_caddy())):
            (settings.BASE_DIR / name).write_text(text)
            self.stdout.write(f"{name} is written.")
