"""What every test may use."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import html5lib
import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management.color import no_style
from django.db import connection

from tests.made_once import made_once
from trustsite.web.rate_limit.file_store import file_store_at
from trustsite.web.rate_limit.memory_store import process_memory
from trustsite.web.rate_limit.redis_store import redis_store_at
from trustsite.web.serving.fragments import FRAGMENTS

# A time in a test says how busy the machine is.
hypothesis.settings.register_profile(
    "no deadline", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("no deadline")

# Of each table its columns and its rows.
Table = dict[str, tuple[list[str], list[Any]]]
SEARCH_INDEXES = ("articles_search_terms", "articles_desk_search_terms")
os.environ.setdefault(
    "DJANGO_ALLOW_ASYNC_UNSAFE", "true"
)  # the synchronous Playwright keeps an event loop


class Rows:
    """Rows by what made them and by table, once some test in one of pytest's processes has made them."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self.factory = factory
        self.kept: dict[str, Table] = {}


def pytest_collection_finish() -> None:
    """Take back what importing the web entries set: processes that tests start are no web servers."""
    os.environ.pop("IN_REQUESTS", None)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the seed of the order that the tests ran in, which -q hides."""
    seed = config.getoption("randomly_seed", None)
    if seed is not None:
        terminalreporter.write_line(f"The tests’ order: --randomly-seed={seed}")


@pytest.fixture(autouse=True)
def searches_remember_nothing() -> None:
    """What searches keep goes by the stamp of the pages, and each test begins with the same one."""
    from articles.searching.vocabulary import VOCABULARY

    VOCABULARY.forget()


@pytest.fixture(autouse=True)
def workers_remember_nothing() -> None:
    """What a worker has in memory, for speed and for when the database is away, is of its own test alone."""
    from articles.reading import response_texts
    from quiz import version_cache

    version_cache._cache.clear()
    version_cache._remembered.clear()
    response_texts._remembered.clear()
    FRAGMENTS.forget()


@pytest.fixture(autouse=True)
def no_counts() -> None:
    """Rate limits count outside the database, so no rollback forgets them.

    They wait as long as a busy machine asks for; what happens when a store doesn't answer in time
    is tested with a store of its own.
    """
    store = file_store_at(settings.LIMITS_FILE)
    store.close()
    store.timeout = 60
    store.open().execute("DELETE FROM counts")
    process_memory().counts.clear()
    if settings.CACHE_URL:
        counts = redis_store_at(settings.CACHE_URL).client
        counts.connection_pool.connection_kwargs |= {
            "socket_timeout": 60,
            "socket_connect_timeout": 60,
        }
        counts.flushdb()


@pytest.fixture
def parse() -> Any:
    """Return a function that parses a response's page, or its HTML, and fails on invalid HTML."""

    def parse(page: Any) -> Any:
        html = page if isinstance(page, str) else page.content.decode()
        parser = html5lib.HTMLParser(
            tree=html5lib.getTreeBuilder("etree"), strict=False, namespaceHTMLElements=False
        )
        document = parser.parse(html)
        assert not parser.errors, [error[1:] for error in parser.errors][:5]
        return document

    return parse


@pytest.fixture
def text_of() -> Any:
    """Return a function that gives an element's text, spaces folded."""
    return lambda element: " ".join("".join(element.itertext()).split())


@pytest.fixture
def content(db: None, made_rows: Rows) -> None:
    """The launch content, as `load_content` loads it."""
    from articles import content_files as article_files
    from quiz import content_files as quiz_files

    def load() -> None:
        article_files.load(settings.CONTENT_DIR)
        quiz_files.load(settings.CONTENT_DIR)

    make_once(made_rows, "content", load)


@pytest.fixture(scope="session")
def made_rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """Where rows are kept for tests that begin with the same."""
    return Rows(tmp_path_factory)


def make_once(made_rows: Rows, name: str, make: Callable[[], object]) -> None:
    """Call `make` the first time; after that copy in the rows that it made, for that is quick.

    The tables that it fills must be empty.
    """
    made_now = False

    def keep(file: Path) -> None:
        nonlocal made_now
        file.write_bytes(pickle.dumps(_rows_by(make)))
        made_now = True

    if name not in made_rows.kept:
        file = made_once(made_rows.factory, f"{name}.rows", keep)
        made_rows.kept[name] = pickle.loads(file.read_bytes())
    if not made_now:
        _copy_in(made_rows.kept[name])


def _rows_by(make: Callable[[], object]) -> Table:
    """Call `make`; return the rows that are in tables which were empty."""
    empty = {table for table, rows in _rows().items() if not rows[1]}
    make()
    return {table: rows for table, rows in _rows().items() if table in empty and rows[1]}


def _copy_in(made: Table) -> None:
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for table, (names, rows) in made.items():
            places = ", ".join(["%s"] * len(names))
            columns = ", ".join(map(connection.ops.quote_name, names))
            cursor.executemany(
                f"INSERT INTO {connection.ops.quote_name(table)} ({columns}) VALUES ({places})",
                rows,
            )
        models = [one for one in apps.get_models() if one._meta.db_table in made]
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)  # on PostgreSQL: the next row has the next number


def _rows() -> Table:
    """Return every table's columns and rows; of a search index its own table alone, which fills those behind it."""
    with connection.cursor() as cursor:
        tables = [
            table
            for table in connection.introspection.table_names(cursor)
            if connection.vendor == "postgresql" or "_search_" not in table
        ]
        found = {}
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows = cursor.fetchall()
            found[table] = ([column[0] for column in cursor.description], rows)
        if connection.vendor == "sqlite":
            for table in SEARCH_INDEXES:
                cursor.execute(f"SELECT rowid, * FROM {table}")
                rows = cursor.fetchall()
                found[table] = ([column[0] for column in cursor.description], rows)
        return found
