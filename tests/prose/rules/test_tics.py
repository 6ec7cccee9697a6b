import pytest
from django.core.management import call_command

from prose.rules import tics
from prose.rules.source_files import SourceFile, read_texts

HEAD = "---\ntitle: {title}\nrelated: [{related}]\n---\n"


@pytest.fixture
def folder(tmp_path):
    """A content folder with room for articles."""
    (tmp_path / "content" / "articles").mkdir(parents=True)
    return tmp_path / "content"


def write(folder, slug, body, *, title="A made-up article", related=""):
    (folder / "articles" / f"{slug}.md").write_text(
        HEAD.format(title=title, related=related) + body
    )


def measured(folder):
    return tics.measure(list(read_texts(folder)))


def counts(folder):
    return {
        count.name: (count.files, count.hits) for count in measured(folder).counts if count.hits
    }


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("The link can't show which came first.", "cause disclaimer"),
        ("*Stop if it hurts.*", "Stop if"),
        ("Instead, walk about.", "Instead,"),
        ("You could pair socks.", "chore to do instead"),
        ('You might say "I would like to go home now."', "quoted line to say"),
        ("It is what some people do.", "Some people"),
        ("They tended to sleep.", "tend to"),
        ("That can help too.", "too / as well at the end"),
        ("It isn’t a race.", "It isn't / doesn't"),
        ("The room is far away.", "far away"),
        ("You feel panicky.", "panicky"),
        ("It is a fair question.", "a fair"),
        ("The kettle is on.", "kettle, mug, soup, tea, toast, cake"),
        ("You could ring someone.", "ring (phone)"),
        ("She was cross.", "cross (angry)"),
        ("It began with a row.", "row (quarrel)"),
        ("You wait in the queue.", "chemist, allotment, queue, fares, bun"),
        (
            "There are talking treatments that help many people.",
            "talking treatments that help many people",
        ),
        ("The page lists free routes.", "starts with / lists free routes"),
    ],
)
def test_each_habit_is_counted_by_article_and_by_hit(folder, said, name):
    write(folder, "a", f"{said}\n\n{said}\n")
    write(folder, "b", f"{said}\n")
    write(folder, "c", "A plain line.\n")
    assert counts(folder) == {name: (2, 3)}


@pytest.mark.parametrize(
    "said",
    [
        "An alarm rings at night, and a bell is ringing.",
        "They cross the road in pairs.",
        "The tears came; a teacher saw.",
        "They extend to the sea, and a fairground is near.",
        'He said "yes".',
    ],
)
def test_words_that_only_look_like_a_habit_are_let_be(folder, said):
    write(folder, "a", said + "\n")
    assert counts(folder) == {}


def test_headings_and_the_front_matter_are_no_running_text(folder):
    write(folder, "a", "## Some people are far away\n\nA line.\n", title="Some people are far away")
    assert counts(folder) == {}


@pytest.mark.parametrize(
    ("heading", "says_something"),
    [
        ("Does sleep come back?", True),
        ("How to sleep in a strange bed", True),
        ("Nightmares and what they are", True),
        ("Sleeping apart", True),
        ("The picture", False),
        ("What it costs", False),
        ("After this", False),
        ("Trauma and sleep", True),
    ],
)
def test_a_heading_informs_if_it_names_the_topic_or_asks_a_question(
    folder, heading, says_something
):
    file = folder / "articles" / "trauma-and-sleep.md"
    text = SourceFile(folder, file, HEAD.format(title="Trauma, sleep and nightmares", related=""))
    assert tics.informs(heading, text) is says_something


def test_links_count_once_an_article_and_not_from_cards_or_itself(folder):
    twice = "Read [it](/articles/b/) and [it again](/articles/b/#part).\n"
    write(folder, "a", twice, related="c")
    write(folder, "b", "See [this page](/articles/b/), and [far off](https://example.org/).\n")
    write(folder, "c", "See [b](/articles/b/).\n")
    shapes = measured(folder).shapes
    assert {slug: shape.inward for slug, shape in shapes.items()} == {"a": 0, "b": 2, "c": 0}
    assert {slug: shape.outward for slug, shape in shapes.items()} == {"a": 0, "b": 1, "c": 0}


def test_only_an_article_that_names_many_groups_is_crowded(folder):
    write(folder, "few", "Racism, rent and a night shift wear people down.\n")
    write(folder, "many", "Racism, rent, a night shift and a visa wear people down.\n")
    assert measured(folder).crowded == ["many"]


def test_the_command_prints_counts_lengths_headings_and_links(folder, capsys):
    write(folder, "short", "One two three, may four.\n\n## The picture\n\nFive.\n")
    write(folder, "long", "word " * 15 + "\n\n## Is there more?\n\nSee [it](/articles/short/).\n")
    call_command("lint_copy", folder, "--tics")
    said = capsys.readouterr().out
    assert "body: 8 to 20 words, mean 14, standard deviation 6" in said
    assert "headings: 1 of 2 name the topic or ask a question (50 %)" in said
    assert "says nothing when read alone: The picture" in said
    assert "    8         1          0  short" in said


def test_the_command_stops_nothing_and_takes_an_empty_folder(folder, capsys):
    write(folder, "a", "Some people are far away, and this is a toxic word.\n")
    call_command("lint_copy", folder, "--tics")
    (folder / "articles" / "a.md").unlink()
    call_command("lint_copy", folder, "--tics")
    assert "headings: 0 of 0" in capsys.readouterr().out
