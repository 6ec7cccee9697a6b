import pytest

from prose.link_edits import (
    NotEditableError,
    replace_blocks,
    replace_citations,
    replace_links,
    take_out_links,
)

GONE = "/articles/gone/"


def is_gone(href):
    return href.partition("#")[0].removeprefix("http://localhost:8000") == GONE


def elsewhere(href):
    return "/articles/new/" if is_gone(href) else None


# What an editor wrote, with another address, and with the link taken out.
WRITTEN = [
    ("See [this](/articles/gone/).", "See [this](/articles/new/).", "See this."),
    (
        'See [*this*, and **that**](/articles/gone/ "A title").',
        'See [*this*, and **that**](/articles/new/ "A title").',
        "See *this*, and **that**.",
    ),
    ("[a](</articles/gone/>) b", "[a](</articles/new/>) b", "a b"),
    ("[a \\] b](/articles/gone/)", "[a \\] b](/articles/new/)", "a \\] b"),
    ("[a [b] c](/articles/gone/)", "[a [b] c](/articles/new/)", "a [b] c"),
    ("[a](/articles/gone/#part)", "[a](/articles/new/)", "a"),
    (
        "[a](/articles/gone/) [b](/articles/kept/)",
        "[a](/articles/new/) [b](/articles/kept/)",
        "a [b](/articles/kept/)",
    ),
    (
        "[a][x] and [X].\n\n[x]: /articles/gone/\n",
        "[a][x] and [X].\n\n[x]: /articles/new/\n",
        "a and X.\n\n",
    ),
    ("- [a](/articles/gone/)\n- b", "- [a](/articles/new/)\n- b", "- a\n- b"),
    ("> [a](/articles/gone/)", "> [a](/articles/new/)", "> a"),
    (
        "`[a](/articles/gone/)` [b](/articles/gone/)",
        "`[a](/articles/gone/)` [b](/articles/new/)",
        "`[a](/articles/gone/)` b",
    ),
    (":::note See [a](/articles/gone/)\n\n[b](/articles/gone/)\n\n:::", None, None),
    (
        "| a |\n| - |\n| [b](/articles/gone/) |",
        "| a |\n| - |\n| [b](/articles/new/) |",
        "| a |\n| - |\n| b |",
    ),
    (
        "[two\nlines](/articles/gone/)\r\nend",
        "[two\nlines](/articles/new/)\r\nend",
        "two\nlines\r\nend",
    ),
    ("\\[a](/articles/gone/)", None, None),
    ("Nothing here.", "Nothing here.", "Nothing here."),
]


@pytest.mark.parametrize(("before", "replaced", "taken_out"), WRITTEN)
def test_links_are_changed_where_they_stand_and_nothing_else_is(before, replaced, taken_out):
    if replaced is None:  # what can't be proved is left for a person
        for edit in (
            lambda: replace_links(before, elsewhere),
            lambda: take_out_links(before, is_gone),
        ):
            try:
                edited = edit()
            except NotEditableError:
                continue
            assert edited.startswith((":::note", "\\["))
        return
    assert replace_links(before, elsewhere) == replaced
    assert take_out_links(before, is_gone) == taken_out


def test_what_a_pattern_would_get_wrong_is_refused(monkeypatch):
    monkeypatch.setattr("prose.link_edits.CODE", __import__("re").compile(r"(?!)"))
    with pytest.raises(NotEditableError):
        take_out_links("`[a](/articles/gone/)`", is_gone)


def test_citations_are_replaced_once_or_taken_out():
    text = "So they say.[^a-1][^b-2] And so.[^a-1] `[^a-1]`"
    assert replace_citations(text, "a-1", "b-2") == "So they say.[^b-2] And so.[^b-2] `[^a-1]`"
    assert replace_citations(text, "a-1", "") == "So they say.[^b-2] And so. `[^a-1]`"


def test_blocks_are_replaced_or_taken_out_with_their_line():
    text = "One.\n\n:::offer online\n\nTwo.\n\n:::offer other\n\n:::picture online\n"
    assert ":::offer new\n\nTwo" in replace_blocks(text, "offer", "online", "new")
    taken_out = replace_blocks(text, "offer", "online", "")
    assert taken_out == "One.\n\nTwo.\n\n:::offer other\n\n:::picture online\n"
