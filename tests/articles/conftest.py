"""A small site as a content folder, for what loads it."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from articles import content_files
from tests.factories import (
    make_article,
    make_helpline,
    make_offer,
    make_page,
    make_picture,
    make_response,
    make_source,
    make_topic,
)


@pytest.fixture
def folder(db: None, tmp_path: Path) -> Any:
    """A small site, and its files."""
    topic = make_topic(slug="skills", title="Skills")
    make_source(key="author-2001")
    make_picture(key="path")
    make_offer()
    make_helpline(key="one", position=0)
    make_page()
    make_response()
    make_article(
        slug="first", title="First", topic=topic, body="Lead.[^author-2001]\n\n:::picture path"
    )
    content_files.export(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that loads the folder by the command and returns what it said."""

    def run(**options: Any) -> Any:
        call_command("load_content", str(folder), **options)
        return capsys.readouterr().out

    return run
