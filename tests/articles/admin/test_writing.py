import tomllib
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from articles.content_files import writing
from articles.content_files.files import markdown

# Any text a row may hold: its line ends are plain and nothing blank stands around it.
texts = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"))
    .map(str.strip)
    .filter(lambda text: text)
)


@given(title=texts, lines=st.lists(texts, min_size=1), body=texts)
def test_front_matter_gives_back_what_was_written(tmp_path_factory, title, lines, body):
    file = tmp_path_factory.getbasetemp() / "a.md"
    file.write_bytes(
        writing.markdown(
            {"title": title, "related": lines, "takeaways": lines, "body": body}
        ).encode()
    )
    assert markdown(file).values == {
        "title": title,
        "related": lines,
        "takeaways": lines,
        "body": body,
    }


@given(
    key=texts,
    said=st.dictionaries(
        texts, texts | st.booleans() | st.integers() | st.dates() | st.lists(texts)
    ),
)
def test_toml_gives_back_what_was_written(key, said):
    text = writing.toml(
        [writing.comment("Of\n\nthis."), writing.table(f"[{writing.key(key)}]", said)]
    )
    assert tomllib.loads(text) == {key: said}
    assert text.startswith("# Of\n#\n# this.\n\n[")


def test_a_first_moment_is_written_as_its_day():
    said = {
        "published": datetime(2026, 5, 1, tzinfo=UTC),
        "updated": datetime(2026, 5, 1, 9, 30, tzinfo=UTC),
    }
    assert (
        writing.markdown(said)
        == "---\npublished: 2026-05-01\nupdated: 2026-05-01 09:30:00+00:00\n---\n"
    )
    assert writing.table("", {"checked_on": date(2026, 5, 1)}) == "checked_on = 2026-05-01"
