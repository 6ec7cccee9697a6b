import re
from datetime import date

import pytest

from articles import content_files
from articles.content_files import ContentError
from articles.models import Helpline
from tests.articles.content_folder import edit, refusal, rewrite, state_of_everything

pytestmark = pytest.mark.django_db

FRONT = "---\ntitle: X\ntopic: skills\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Words.", "line 1: it must begin with its facts"),
        ("---\ntitle: X\nWords.", "line 1: it must begin with its facts"),
        ("---\n- a\n---\nWords.", "line 2: between the lines of ---"),
        ("---\n---\nWords.", "line 2: between the lines of ---"),
        ("---\ntitle: X\nrelated: [a\n---\nWords.", "line 4: did not find expected"),
        (f"{FRONT}title: Y\n---\nWords.", "line 4: title: stands there twice"),
        (f"{FRONT}author: Jo\n---\nWords.", "line 4: author: unknown field; there are title, dek"),
        (f"{FRONT}html: <b>\n---\nWords.", "line 4: html: unknown field"),
        (f"{FRONT}body: Z\n---\nWords.", "line 4: body: the text stands below"),
        (f"{FRONT}dek: no\n---\nWords.", "line 4: dek: must be a text"),
        (f"{FRONT}safety: 'yes'\n---\nWords.", "line 4: safety: must be true or false"),
        (f"{FRONT}takeaways: One.\n---\nWords.", "line 4: takeaways: must be a list of texts"),
        (f"{FRONT}related: [1]\n---\nWords.", "line 4: related: must be a list of texts"),
        (f"{FRONT}published: soon\n---\nWords.", "line 4: published: must be a day such as"),
        (
            f"{FRONT}published: 2026-13-01\n---\nWords.",
            "articles/broken.md: month must be in 1..12",
        ),
        (f"{FRONT}checked: 2026-05-01 10:00:00\n---\nWords.", "line 4: checked: must be a day"),
        (
            f"{FRONT}evidence: proven\n---\nWords.",
            "line 4: evidence: Value 'proven' is not a valid choice",
        ),
        (f"{FRONT}state: published\n---\nWords.", "published: with what else the file says"),
        (f"{FRONT}state: withdrawn\n---\nWords.", "withdrawn_note: Say in a line why"),
        (f'{FRONT}dek: "a\\0b"\n---\nWords.', "line 4: dek: holds a character that no text has"),
        (
            f"{FRONT}description: {'a' * 171}\n---\nWords.",
            "line 4: description: Ensure this value has at most 170",
        ),
        (
            "---\ntitle: X\ntopic: nowhere\n---\nWords.",
            "line 3: topic: unknown topic “nowhere”; there are skills",
        ),
        ("---\ntitle: X\n---\nWords.", "topic: This field cannot be null"),
        (f"{FRONT}---\n\nWords.\n\n:::banner\n", "line 8: There is no directive “:::banner”"),
        (f"{FRONT}---\nSo.[^nobody-1999]", "line 5: There is no source “nobody-1999”"),
        (f"{FRONT}---\n:::picture nothing", "line 5: There is no picture “nothing”"),
        (f"{FRONT}---\n", "body: This field cannot be blank"),
    ],
)
def test_a_broken_article_is_named_by_file_line_and_reason(folder, run, text, says):
    rewrite(folder, "topics.toml", "Skills", "Other")
    (folder / "articles" / "broken.md").write_text(text)
    before = state_of_everything()
    said = refusal(run)
    assert f"{folder}/articles/broken.md" in said
    assert says in said
    assert state_of_everything() == before


def test_an_article_whose_name_is_no_address_is_refused(folder, run):
    (folder / "articles" / "Not a slug.md").write_text(f"{FRONT}---\nWords.")
    assert "Not a slug.md: Enter a valid “slug”" in refusal(run)


def test_a_file_that_is_no_text_is_refused(folder, run):
    (folder / "pages" / "about.md").write_bytes(b"---\ntitle: \xff\xfe\n---\n")
    assert re.search(r"about\.md: 'utf-8' codec can't decode", refusal(run))


def test_all_broken_files_of_a_kind_are_named_at_once(folder, run):
    (folder / "articles" / "a.md").write_text("Words.")
    (folder / "articles" / "b.md").write_text(f"{FRONT}dek: 1\n---\nWords.")
    said = refusal(run)
    assert "a.md, line 1" in said
    assert "b.md, line 4" in said


HELPLINE = "id = 'one'\ncountry = 'gb'\nname = 'A'\nneeds = ['crisis']\n"


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("sources.toml", "[a\n", "at line 1"),
        ("sources.toml", "a = 1\n", "a: must be a table"),
        (
            "sources.toml",
            "\n[a]\nauthors = 'A'\nyear = '2001'\n",
            "line 4: a: year: must be a whole number",
        ),
        (
            "sources.toml",
            "[a]\nauthors = 'A'\nyear = true\n",
            "line 3: a: year: must be a whole number",
        ),
        (
            "sources.toml",
            "[a]\nauthors = 'A'\nurl = 'nowhere'\n",
            "line 3: a: url: Enter a valid URL",
        ),
        ("sources.toml", "[a]\nauthors = 'A'\npages = 3\n", "line 3: a: pages: unknown field"),
        ("topics.toml", "['A b']\ntitle = 'A'\n", "A b: Enter a valid “slug”"),
        ("topics.toml", "[a]\nposition = 1.5\n", "line 2: a: position: must be a whole number"),
        ("offers.toml", "[x]\npartner = 'a'\n", "line 1: x: heading: This field cannot be blank"),
        ("offers.toml", "[x]\nvalid_until = 'soon'\n", "line 2: x: valid_until: must be a day"),
        (
            "pictures.toml",
            "[x]\nfile = 'no.jpg'\n",
            "line 2: x: file: there is no file pictures/no.jpg",
        ),
        ("pictures.toml", "[x]\nfile = '../topics.toml'\n", "line 2: x: file: there is no file"),
        ("pictures.toml", "[x]\nalt = 'A'\n", "line 1: x: file: This field cannot be blank"),
        ("helplines.toml", "[[helplines]]\n", "unknown table helplines"),
        ("helplines.toml", "[helpline]\n", "its tables are"),
        ("helplines.toml", "[[emergency]]\nnumber = '999'\n", "needs country and number"),
        (
            "helplines.toml",
            "[[emergency]]\ncountry = 'UK'\nnumber = 999\n",
            "needs country and number",
        ),
        ("helplines.toml", "[[helpline]]\nname = 'A'\n", "line 1: a helpline needs an id"),
        (
            "helplines.toml",
            f"[[helpline]]\n{HELPLINE}",
            "line 3: one: country: unknown country 'gb'",
        ),
        (
            "helplines.toml",
            f"[countries]\ngb = 'UK'\n[[helpline]]\n{HELPLINE}[[helpline]]\n{HELPLINE}",
            "line 8: one: there are two helplines of this id",
        ),
        (
            "helplines.toml",
            f"[countries]\ngb = 'UK'\n[[helpline]]\n{HELPLINE}in_guide = 1\n",
            "line 8: one: in_guide: must be true or false",
        ),
        (
            "helplines.toml",
            f"[countries]\ngb = 'UK'\n[[helpline]]\n{HELPLINE}phone = 'ask'\n",
            "line 8: one: phone: Digits and spaces alone",
        ),
        ("old_addresses.toml", "once = 'nowhere'\n", "line 1: once: there is no article “nowhere”"),
        ("old_addresses.toml", "once = 1\n", "line 1: once: there is no article “1”"),
        (
            "old_addresses.toml",
            "\nfirst = 'first'\n",
            "line 2: first: an article stands at this address",
        ),
        ("old_addresses.toml", "'A b' = 'first'\n", "A b: Enter a valid “slug”"),
        ("quiz/full.toml", "title = 'Quiz'\n", "full.toml: 'question' is missing"),
    ],
)
def test_a_broken_table_is_named_by_file_line_and_reason(folder, run, file, text, says):
    (folder / "quiz").mkdir()
    rewrite(folder, "topics.toml", "Skills", "Other")
    (folder / file).write_text(text)
    before = state_of_everything()
    said = refusal(run)
    assert f"{folder}/{file}" in said
    assert says in said
    assert state_of_everything() == before


def test_a_new_number_needs_a_new_day_of_checking(folder, run):
    edit(Helpline, checked_on=date(2026, 5, 1))
    content_files.export(folder)
    rewrite(folder, "helplines.toml", "116 123", "116 124")
    assert "one: checked_on: with what else the file says" in refusal(run)


def test_a_folder_without_content_is_refused(tmp_path):
    with pytest.raises(ContentError, match="there is no content in it"):
        content_files.load(tmp_path / "nowhere")


def test_a_folder_may_hold_some_kinds_alone(folder, run):
    for file in (
        "offers.toml",
        "pictures.toml",
        "helplines.toml",
        "old_addresses.toml",
        "pages/about.md",
    ):
        (folder / file).unlink()
    assert run() == "loaded: nothing\n"
