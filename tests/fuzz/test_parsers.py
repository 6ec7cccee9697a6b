"""Nothing that takes a text is slow on a long one: every function of the code that takes texts alone, found by walking it."""

import inspect

import pytest
from django.http import QueryDict, parse_cookie
from django.utils.html import strip_tags, urlize

from tests.fuzz.conftest import IS_LONG
from tests.trustsite.web.patterns import grows, modules, text_of
from trustsite.web.serving.compression import best_encoding, is_known

at_length = pytest.mark.skipif(not IS_LONG, reason="minutes of work: make fuzz")
FRAGMENTS = [
    *(
        "a",
        " ",
        "\n",
        "@",
        "a ",
        "a.",
        "\n\n",
        "[^a](",
        "<a ",
        "*_`",
        "---\n",
        ":::\n",
        "# a\n",
        "&amp;",
        "\\",
    ),
    *(
        ";q=,",
        '="',
        "{% ",
        "[a](/b/) ",
        "> - 1. ",
        "!?",
        "\U0001f642",
        "e\u0301",
        "://",
        "-1,",
        "\t'",
    ),
]
# What isn't a reading of texts, with the reason.
LEFT_OUT = {
    "accounts.views": "draws a code of our own making",
    "newsletter.issues.sender_domain": "asks DNS",
    "trustsite.configuration": "reads what the operator wrote, at the start",
    "trustsite.settings": "reads what the operator wrote, at the start",
}
SIZES = (64, 512, 4_096, 32_768, 65_536)


def readers():
    """Yield the name of each function whose required arguments are all texts, and the function with one text for all."""
    for module in modules():
        if module.__name__.startswith(tuple(LEFT_OUT)):
            continue
        for name, value in vars(module).items():
            function = inspect.unwrap(value) if callable(value) else None
            if not inspect.isfunction(function) or function.__module__ != module.__name__:
                continue
            if number := _texts(function):
                yield f"{module.__name__}.{name}", function, number


def _texts(function):
    """Return how many texts a function needs, 0 when it needs anything else."""
    parameters = inspect.signature(function).parameters.values()
    needed = [
        one
        for one in parameters
        if one.default is one.empty and one.kind <= one.POSITIONAL_OR_KEYWORD
    ]
    keywords = any(one.default is one.empty and one.kind is one.KEYWORD_ONLY for one in parameters)
    is_all = not keywords and all(one.annotation in {str, "str"} for one in needed)
    return len(needed) if is_all else 0


READERS = sorted(readers(), key=lambda found: found[0])
OF_REQUESTS = {  # what a request's parts go through that isn't in the list above
    "Accept-Encoding": lambda text: best_encoding.__wrapped__(text, ("br", "gzip")),
    "If-None-Match": lambda text: is_known('"a"', text),
    "Cookie": parse_cookie,
    "query": lambda text: QueryDict(text.encode("utf-8", "replace")[: 512 * 1024]),
    "Django's own: without tags": strip_tags,
    "Django's own: with links": urlize,
}


def reading(function, number):
    def run(text):
        try:
            made = function(*[text] * number)
            if inspect.isgenerator(made):
                for _ in made:
                    pass
        except (
            Exception
        ):  # it refused the text, or wanted a database: what it had cost by then counts
            return

    return run


def slow(run):
    """Return the fragments that make a function slow, with how."""
    for fragment in FRAGMENTS:
        if how := grows(
            run, lambda size, fragment=fragment: text_of(("", fragment, ""), size), SIZES
        ):
            return f"{fragment!r} {how}"
    return ""


@at_length
@pytest.mark.parametrize(
    ("name", "function", "number"), READERS, ids=[name for name, *_ in READERS]
)
def test_reading_a_text_takes_linear_time(name, function, number):
    assert slow(reading(function, number)) == ""


@pytest.mark.parametrize("name", OF_REQUESTS)
def test_reading_a_part_of_a_request_takes_linear_time(name):
    assert slow(reading(OF_REQUESTS[name], 1)) == ""


def test_the_walk_finds_readers_of_every_sort():
    found = {name for name, *_ in READERS}
    assert {
        "prose.renderer.render",
        "newsletter.addresses.normalise",
        "articles.searching.stems.stems",
    } <= found
    assert {
        "trustsite.web.log_redaction.redact",
        "trustsite.web.client_network.parse_address",
    } <= found


def test_what_is_not_linear_is_caught():
    assert slow(lambda text: [text[:place].count("a") for place in range(0, len(text), 8)])
