import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from prose.rules import lint, promises

HEAD = """---
title: A Made-Up Article
dek: About nothing in particular.
description: {description}
topic: responses
affiliate: {affiliate}
safety: false
published: 2026-11-22
related: [{related}]
takeaways:
  - One short line.
  - Another short line.
  - A third short line.
---
"""
DESCRIPTION = "A plain line about nothing in particular, for search engines, that is about as long as such a line needs to be."
BODY = """You put the cup down. It can wait.

## One

Some people like tea.[^known-2001] Read [the other one](/articles/other/) or [get help](/get-help/#gb).

## Two

See [When the danger isn't over](/articles/when-the-danger-isnt-over/).
"""


@pytest.fixture
def folder(tmp_path):
    """A content folder with three short articles that nothing is wrong with."""
    root = tmp_path / "content"
    for name in ("articles", "pages", "responses", "quiz", "guide", "emails"):
        (root / name).mkdir(parents=True)
    (root / "sources.toml").write_text(
        '[known-2001]\ntitle = "A severe and toxic disorder: everyone knows"\n'
    )
    (root / "topics.toml").write_text('[responses]\ntitle = "Responses"\n')
    (root / "offers.toml").write_text('[online]\ntext = "Talk to a person by video."\n')
    (root / "helplines.toml").write_text('[countries]\ngb = "United Kingdom"\n')
    write(root, "articles/article.md")
    write(root, "articles/other.md", related="article")
    write(root, "articles/when-the-danger-isnt-over.md", related="other")
    return root


def write(root, name, body=BODY, *, affiliate="false", related="other", description=DESCRIPTION):
    """Write an article, or any other file, whose head is that of an article if it is one."""
    head = HEAD.format(affiliate=affiliate, related=related, description=description)
    (root / name).write_text((head if name.startswith("articles/") else "") + body)


def mistakes(folder):
    return [str(mistake) for mistake in lint(folder).mistakes]


def test_a_text_that_nothing_is_wrong_with_passes(folder):
    assert mistakes(folder) == []


def test_the_words_the_site_opens_with_pass():
    report = lint(settings.CONTENT_DIR, settings.BASE_DIR / "templates")
    assert [str(mistake) for mistake in report.mistakes] == []
    assert {grade.where for grade in report.grades} >= {
        "content/articles/fawn-response.md",
        "templates/emails/guide.txt",
    }


@pytest.mark.parametrize(
    "said",
    [
        "Heal your past.",
        "She was a victim.",
        "A toxic boss said so.",
        "It is clinically proven.",
        "You can just leave.",
        "People always do this.",
        "Everyone has one.",
        "He committed suicide.",
        "Severe cases differ.",
        "Try it now!",
        "It is well 🌿 done.",
        "PLEASE READ THIS.",
        "This is a mental disorder.",
        "Studies proved it.",
        "This diagnoses your pattern.",
    ],
)
def test_a_word_to_avoid_is_named_with_its_line_and_what_to_write(folder, said):
    write(folder, "articles/article.md", BODY + f"\n{said}\n")
    [mistake] = mistakes(folder)
    line = (folder / "articles/article.md").read_text().splitlines().index(said) + 1
    assert re.match(rf"content/articles/article.md:{line}: “.+” → .+", mistake)


@pytest.mark.parametrize(
    ("said", "claims"),
    [
        ("You're a fawn type.", True),
        ("If you're a carer, rest is hard to find.", False),
        ("You have PTSD.", True),
        ("You've been through trauma.", True),
        ("None of this shows that you've been through trauma.", False),
        ("A quiz can't tell whether you have PTSD.", False),
        ("Your trauma makes you push people away.", True),
        ("You were abused.", True),
        ("This is your diagnosis.", True),
        ("This isn't a diagnosis.", False),
        ("You have to wait for the bus.", False),
    ],
)
def test_a_claim_about_the_reader_is_told_from_an_honest_doubt(folder, said, claims):
    write(folder, "articles/article.md", BODY + f"\n{said}\n")
    assert bool(mistakes(folder)) is claims


def test_a_result_does_not_say_what_a_person_has(folder):
    write(folder, "articles/article.md", BODY + "\nYou have a spare key.\n")
    assert mistakes(folder) == []
    (folder / "responses/freeze.md").write_text(
        "---\nname: Freeze\n---\nYou have a habit of going still.\n"
    )
    assert mistakes(folder) == [
        "content/responses/freeze.md:4: “You have” → what the answers lean towards"
    ]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        (
            "pages/about.md",
            f"---\ntitle: X\ndescription: {DESCRIPTION}\n---\n## One\n\nA toxic word.\n",
            7,
        ),
        (
            "quiz/short.toml",
            '# toxic in a comment\n[[question]]\nid = "toxic"\nstem = "A toxic word."\n',
            4,
        ),
        ("offers.toml", '[online]\nurl = "https://toxic.example"\ntext = "A toxic word."\n', 3),
        ("guide/page.typ", '// a toxic comment\n#import "toxic.typ": toxic\nA toxic word.\n', 3),
        ("emails/guide.txt", "{# a toxic comment #}\nHello,\n\n{{ toxic }} is a toxic\nword.\n", 4),
        ("emails/guide.html", '<p class="toxic">{{ toxic }}</p>\n<p>A toxic word.</p>\n', 2),
    ],
)
def test_it_reads_what_readers_read_and_nothing_else(folder, name, text, line):
    (folder / name).write_text(text)
    assert mistakes(folder) == [f"content/{name}:{line}: “toxic” → describe the behaviour"]


def test_front_matter_is_read_where_readers_see_it(folder):
    text = (folder / "articles/article.md").read_text()
    (folder / "articles/article.md").write_text(
        text.replace("dek: About", "dek: Toxic; about").replace("related: [", "related: [toxic, ")
    )
    assert mistakes(folder) == [
        "content/articles/article.md:3: “Toxic” → describe the behaviour",
        "content/articles/article.md:9: related: “toxic” is no other article",
    ]


def test_words_broken_over_a_line_are_found(folder):
    (folder / "emails/guide.txt").write_text("Hello, we think that you\nhave PTSD.\n")
    assert mistakes(folder) == [
        "content/emails/guide.txt:1: “you have PTSD” → nobody can tell that from a page"
    ]


def test_an_exception_needs_a_reason_and_is_for_its_words_and_files_alone(folder):
    for name in ("article", "other"):
        write(
            folder,
            f"articles/{name}.md",
            BODY + "\nIt was never your fault. Never mind.\n",
            related="when-the-danger-isnt-over",
        )
    allow = '[[allow]]\nwords = "never your fault"\nfiles = "articles/article.md"\nreason = "%s"\n'
    (folder / "allowed_words.toml").write_text(allow % "True.")
    assert [mistake.partition(" ")[0] for mistake in mistakes(folder)] == [
        "content/articles/article.md:25:",
        "content/articles/other.md:25:",
        "content/articles/other.md:25:",
    ]
    (folder / "allowed_words.toml").write_text(allow % "")
    with pytest.raises(ValueError, match="gives no reason"):
        lint(folder)


def test_an_exception_that_nothing_needs_is_reported(folder):
    (folder / "allowed_words.toml").write_text(
        '[[allow]]\nwords = "a toxic spill"\nreason = "Chemistry."\n'
    )
    assert mistakes(folder) == [
        "content/allowed_words.toml:2: nothing needs the exception “a toxic spill” any more"
    ]


HARD = (
    "Neurophysiological investigations demonstrate considerable heterogeneity regarding involuntary immobilisation phenomena. "
    * 4
)


def test_a_text_that_is_too_hard_to_read_fails_its_gate(folder):
    write(folder, "articles/article.md", BODY + HARD)
    [mistake] = mistakes(folder)
    assert re.fullmatch(
        r"content/articles/article.md:1: reading grade \d+\.\d, where 8\.0 is the most", mistake
    )


def test_the_privacy_page_is_read_twice_and_its_short_version_must_be_plainer(folder):
    sevens = (
        "A firm runs the server for us, and another firm carries the letters that we send to readers. "
        * 3
    )
    head = f"---\ntitle: X\ndescription: {DESCRIPTION}\n---\n"
    (folder / "pages/privacy.md").write_text(f"{head}## Who\n\nWe do.\n\n## More\n\n{sevens}")
    assert mistakes(folder) == []
    (folder / "pages/privacy.md").write_text(
        f"{head}## The short version\n\n{sevens}\n\n## More\n\nWe do."
    )
    [mistake] = mistakes(folder)
    assert "of “The short version”" in mistake


def test_headings_tables_and_addresses_do_not_count_as_reading(folder):
    table = f"\n## {HARD[:60]}\n\n| {HARD[:60]} |\n| --- |\n| {HARD[:60]} |\n\n[Here](https://organisational.example/psychophysiology/)\n"
    before = {grade.where: grade.grade for grade in lint(folder).grades}
    write(folder, "articles/article.md", BODY + table)
    after = {grade.where: grade.grade for grade in lint(folder).grades}
    assert abs(after["content/articles/article.md"] - before["content/articles/article.md"]) < 0.5


def test_a_long_sentence_is_a_note_and_stops_nothing(folder):
    long = "The cat sat on the mat and " * 4 + "slept."
    write(
        folder, "articles/article.md", BODY + f"\n{long} At 3 a.m. it woke. It ate 0.5 of a fish.\n"
    )
    report = lint(folder)
    assert report.mistakes == []
    assert [str(note) for note in report.notes if note.code == "sentence.long"] == [
        f"content/articles/article.md:25: 29 words in one sentence: {long}"
    ]


STOP = "*Stop if you feel worse. You could look out of a window instead.*"


@pytest.mark.parametrize(
    ("steps", "fails"),
    [
        (f"1. Sit.\n2. Look round.\n\n{STOP}\n", False),
        ("1. Sit.\n2. Look round.\n", True),
        ("1. Sit.\n\nStop if you feel worse.\n", True),
        (f"{STOP}\n\n1. Sit.\n", True),
        ("1. Sit.\n\n*Well done.*\n", True),
    ],
)
def test_an_exercise_ends_with_its_stop_rule(folder, steps, fails):
    write(folder, "articles/article.md", BODY + f"\n:::exercise Sitting\n\n{steps}\n:::\n")
    found = mistakes(folder)
    assert bool(found) is fails
    assert all("25: an exercise ends with its stop rule" in mistake for mistake in found)


@pytest.mark.parametrize(
    "said",
    [
        "Set a limit.",
        "Anger can rise.",
        "A boundary is small.",
        "She thought of leaving.",
        f":::exercise A\n1. Sit.\n\n{STOP}\n:::",
    ],
)
def test_what_could_put_someone_at_risk_comes_with_the_way_to_safety(folder, said):
    safe = BODY + f"\n{said}\n"
    write(folder, "articles/article.md", safe)
    assert mistakes(folder) == []
    write(
        folder,
        "articles/article.md",
        safe.replace("/articles/when-the-danger-isnt-over/", "/articles/other/"),
    )
    [mistake] = mistakes(folder)
    assert "asks for a link to /articles/when-the-danger-isnt-over/" in mistake
    assert mistake.startswith("content/articles/article.md:25:")


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("/articles/other/", True),
        ("/articles/other/#one", True),
        ("#two", True),
        ("/responses/freeze/", True),
        ("/topics/responses/", True),
        ("/quiz/", True),
        ("https://example.org/nowhere", True),
        ("/articles/nowhere/", False),
        ("/articles/other", False),
        ("/articles/other/#three", False),
        ("#three", False),
        ("/responses/flop/", False),
        ("/topics/nowhere/", False),
        ("/about/", False),
        ("/nowhere/", False),
        ("/get-help/#atlantis", False),
    ],
)
def test_links_inside_the_site_lead_somewhere(folder, link, leads):
    write(folder, "articles/article.md", BODY + f"\n[Here]({link}).\n")
    is_of_page = link.startswith("#")
    what = "section of this page." if is_of_page else "page that readers can open."
    assert mistakes(folder) == (
        [] if leads else [f"content/articles/article.md:25: The link {link} leads to no {what}"]
    )


def test_the_guide_sends_its_readers_to_pages_that_are_there(folder):
    (folder / "guide/page.typ").write_text(
        '#site-address("/articles/nowhere/")\n#page(read: ("other", "gone"))\n'
    )
    assert mistakes(folder) == [
        "content/guide/page.typ:1: The link /articles/nowhere/ leads to no page that readers can open.",
        "content/guide/page.typ:2: there is no article “gone”",
    ]


def test_a_source_that_is_cited_is_there_and_one_that_is_not_cited_is_noted(folder):
    write(folder, "articles/article.md", BODY + "\nSo they say.[^ghost-1999]\n")
    (folder / "sources.toml").write_text(
        '[known-2001]\ntitle = "A"\n\n[unread-2002]\ntitle = "B"\n'
    )
    report = lint(folder)
    assert [str(mistake) for mistake in report.mistakes] == [
        "content/articles/article.md:25: There is no source “ghost-1999”. "
        "Add it under Sources, or take the mark out."
    ]
    notes = [note.message for note in report.notes if note.code == "source.uncited"]
    assert notes == ["nothing cites “unread-2002”"]


def test_what_the_renderer_refuses_is_a_mistake_on_its_line(folder):
    write(folder, "articles/article.md", BODY + "\n:::banner\n")
    [mistake] = mistakes(folder)
    assert mistake.startswith("content/articles/article.md:25: There is no directive “:::banner”.")


OFFER = "\n:::offer online\n"


@pytest.mark.parametrize(
    ("affiliate", "body", "says"),
    [
        ("true", BODY + OFFER, ""),
        ("true", BODY, "It may hold an offer, and holds none"),
        ("true", BODY + OFFER + OFFER, "one offer at most"),
        ("false", BODY + OFFER, "This article may hold no offer"),
        ("true", BODY + "\n:::offer nobody\n", "There is no offer “nobody”"),
        ("true", BODY.replace("## Two", f"{OFFER}\n## Two"), "after the second section’s heading"),
    ],
)
def test_an_article_holds_the_offer_it_may_hold_and_no_other(folder, affiliate, body, says):
    write(folder, "articles/article.md", body, affiliate=affiliate)
    found = mistakes(folder)
    assert bool(found) is bool(says)
    assert all(says in mistake for mistake in found)


def test_an_article_with_the_help_panel_holds_no_offer(folder):
    write(folder, "articles/article.md", BODY + OFFER, affiliate="true")
    file = folder / "articles/article.md"
    file.write_text(file.read_text().replace("safety: false", "safety: true"))
    assert mistakes(folder) == [
        "content/articles/article.md:6: A page with the help panel at its top holds no offer."
    ]


def test_an_article_with_a_section_about_danger_holds_no_offer(folder):
    write(
        folder,
        "articles/article.md",
        BODY + OFFER + "\n## When it isn't safe for you\n\nCall.\n",
        affiliate="true",
    )
    [mistake] = mistakes(folder)
    assert mistake.startswith(
        "content/articles/article.md:6: A page with a section about danger or dying"
    )


# -- what texts promise of helplines -----------------------------------------------------------------------------------

LINES = """[countries]
gb = "United Kingdom"
ca = "Canada"
any = "Elsewhere"

[[helpline]]
country = "gb"
region = "England and Wales"
needs = ["violence"]

[[helpline]]
country = "gb"
needs = ["crisis", "stalking"]

[[helpline]]
country = "ca"
needs = ["crisis"]
"""
SENTENCE = "\n[Get help now](/get-help/) has lines for people who are stalked.\n"
PROMISE = '[[promise]]\nfile = "content/articles/article.md"\nsays = "has lines for people who are stalked"\n'


def promising(folder, promise, sentence=SENTENCE):
    (folder / "helplines.toml").write_text(LINES)
    (folder / "promises.toml").write_text(promise)
    write(folder, "articles/article.md", BODY + sentence)
    return mistakes(folder)


def test_a_promise_that_the_helplines_keep_passes(folder):
    assert promising(folder, PROMISE + 'needs = ["stalking"]\ncountries = ["gb"]\n') == []


def test_a_sentence_about_lines_that_no_promise_covers_is_a_mistake(folder):
    [mistake] = promising(folder, "promise = []\n")
    assert mistake.startswith(
        "content/articles/article.md:25: say in promises.toml which lines this promises"
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "There are helplines for that in Canada.",
        "A rape crisis line can help, and it's on [this page](/get-help/).",
        "In Scotland there's a phoneline.",
        "[Get help now](/get-help/) has people to call.",
    ],
)
def test_lines_of_any_name_and_place_are_found(folder, sentence):
    assert len(promising(folder, "promise = []\n", f"\n{sentence}\n")) == 1


@pytest.mark.parametrize(
    "sentence",
    [
        "Say one line before you go.",
        "Call your emergency number, which is on [Get help now](/get-help/).",
        "A line a day is plenty. In Canada it snows.",
    ],
)
def test_lines_of_another_kind_are_none(folder, sentence):
    assert promising(folder, "promise = []\n", f"\n{sentence}\n") == []


@pytest.mark.parametrize(
    ("need", "country", "where"),
    [
        ("stalking", "ca", "Canada"),
        ("stalking", "all", "Canada"),
        ("violence", "gb", "Scotland"),
        ("violence", "gb", "Northern Ireland"),
    ],
)
def test_a_promise_of_a_line_that_is_not_there_is_a_mistake(folder, need, country, where):
    found = promising(folder, PROMISE + f'needs = ["{need}"]\ncountries = ["{country}"]\n')
    assert f"promises a line for {need} in {where}, and helplines.toml has none" in "".join(found)
    assert all(mistake.startswith("content/promises.toml:1: ") for mistake in found)


def test_a_promise_whose_words_are_gone_is_a_mistake(folder):
    found = promising(
        folder, PROMISE + 'needs = ["stalking"]\ncountries = ["gb"]\n', "\nNothing.\n"
    )
    assert found == [
        "content/promises.toml:1: “has lines for people who are stalked” doesn’t stand in content/articles/article.md any more"
    ]


@pytest.mark.parametrize("rest", ['needs = ["tea"]\ncountries = ["gb"]\n', 'countries = ["gb"]\n'])
def test_a_promise_that_cannot_be_read_is_named(folder, rest):
    with pytest.raises(ValueError, match=r"content/promises\.toml:1: a promise has"):
        promising(folder, PROMISE + rest)


def test_without_its_line_a_promise_of_the_launch_content_is_broken():
    tables = tomllib.loads((settings.CONTENT_DIR / "helplines.toml").read_text())
    promised = promises.read(settings.CONTENT_DIR)
    assert list(promises.broken(promised, [], tables)) == []
    tables["helpline"] = [line for line in tables["helpline"] if line["id"] != "ie-rape-crisis"]
    assert {promise.file for promise, _ in promises.broken(promised, [], tables)} == {
        "content/articles/betrayal-trauma.md",
        "content/articles/the-first-weeks-after-something-terrible.md",
    }


@pytest.mark.parametrize(
    ("line", "instead"), [("published: 2026-11-22\n", ""), ("safety: false", "state: withdrawn")]
)
def test_an_article_that_readers_cannot_open_is_no_place_to_send_them(folder, line, instead):
    file = folder / "articles/other.md"
    file.write_text(file.read_text().replace(line, instead))
    message = "The link /articles/other/ leads to no page that readers can open."
    assert f"content/articles/article.md:19: {message}" in mistakes(folder)


@pytest.mark.parametrize("length", [109, 156])
def test_a_description_fits_a_list_of_search_results(folder, length):
    write(folder, "articles/article.md", description="x" * length)
    [mistake] = mistakes(folder)
    assert (
        mistake
        == f"content/articles/article.md:4: the description has {length} characters; it needs 110 to 155"
    )


def test_an_article_has_three_to_five_takeaways(folder):
    file = folder / "articles/article.md"
    file.write_text(file.read_text().replace("  - A third short line.\n", ""))
    assert mistakes(folder) == [
        "content/articles/article.md:10: an article has three to five takeaways; this one has 2"
    ]


@pytest.mark.parametrize("related", ["nowhere", "article"])
def test_related_articles_are_other_articles_that_are_there(folder, related):
    write(folder, "articles/article.md", related=related)
    assert mistakes(folder) == [
        f"content/articles/article.md:9: related: “{related}” is no other article"
    ]


def test_the_command_says_how_it_went(folder, capsys):
    call_command("lint_copy", folder)
    assert re.fullmatch(
        r"6 files: 0 mistakes, \d+ notes, hardest grade -?\d\.\d\n", capsys.readouterr().out
    )


def test_the_command_prints_every_grade_when_asked(folder, capsys):
    call_command("lint_copy", folder, "--report")
    assert capsys.readouterr().out.count("words a sentence") == 3


def test_the_command_fails_on_a_mistake_and_names_its_place(folder, capsys):
    write(folder, "articles/article.md", BODY + "\nA toxic word.\n")
    with pytest.raises(CommandError, match="6 files: 1 mistake, "):
        call_command("lint_copy", folder)
    assert (
        capsys.readouterr().out
        == "content/articles/article.md:25: “toxic” → describe the behaviour\n"
    )


def test_make_check_runs_it():
    assert "manage.py lint_copy" in Path(settings.BASE_DIR / "Makefile").read_text()
