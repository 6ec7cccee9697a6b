"""Every rule of the catalogue, broken once: desk, loader and lint refuse it or note it alike."""

import pytest
import yaml

from articles import content_files
from articles.editing import checks
from articles.models import Article, Picture
from prose.finding import Severity
from prose.rules import catalogue, lint
from tests.articles.desk import errors, log_in, save
from tests.factories import picture_file

pytestmark = pytest.mark.django_db

LEAD = "You put the cup down. It can wait.\n"
ONE = "## One\n\nSome people like tea.[^known-2001] Read [the other one](/articles/other/).\n"
SAFE = "## Two\n\nSee [what to do](/articles/when-the-danger-isnt-over/).\n"
OFFER = ":::offer online\n"
BODY = f"{LEAD}\n{ONE}\n{SAFE}"
HEAD = {
    "title": "A Made-Up Article",
    "dek": "About nothing in particular.",
    "description": "A plain line about nothing in particular, for search engines, that is about as "
    "long as such a line needs to be.",
    "topic": "responses",
    "affiliate": False,
    "safety": False,
    "evidence": "mixed",
    "evidence_note": "Nobody has looked into this.",
    "related": ["other"],
    "takeaways": ["One short line.", "Another short line.", "A third short line."],
    "published": "2026-11-22",
}
HARD = "Neurophysiological investigations demonstrate considerable heterogeneity regarding them. "
LONG = "The cat sat on the mat and " * 4 + "slept."
SOURCE = (
    'authors = "A. Author"\nyear = 2001\ntitle = "A work"\nurl = "https://example.org/"\n'
    "checked = true\n"
)

# What is added to the body, the body instead of ours, or what the head says instead.
BROKEN = {
    "directive.unknown": {"add": ":::banner"},
    "directive.key": {"add": ":::offer"},
    "directive.unclosed": {"add": ":::note One\n\nTea."},
    "directive.words": {"add": ":::quiz with words"},
    "directive.place": {"add": "Take it: :::quiz"},
    "directive.stray": {"add": "Tea.\n\n:::"},
    "citation.miswritten": {"add": "So they say.[^Known 2001]"},
    "link.miswritten": {"add": "[x](/articles/other/ and more)"},
    "link.empty": {"add": "[x]()"},
    "link.wordless": {"add": "[](/articles/other/)"},
    "link.relative": {"add": "[x](articles/other/)"},
    "link.unlinkable": {"add": "[x](/admin/)"},
    "link.scheme": {"add": "[x](//example.org/)"},
    "link.user": {"add": "[x](https://ann@example.org/)"},
    "link.address": {"add": "[x](https://exa_mple.org/)"},
    "link.number": {"add": "[116 123](tel:999)"},
    "link.partner": {"add": "[x](https://partner.example/)"},
    "link.dead": {"add": "[x](/articles/nowhere/)"},
    "link.anchor": {"add": "[x](#nowhere)"},
    "picture.address": {"add": "![x](https://example.org/x.png)"},
    "picture.unknown": {"add": ":::picture nothing"},
    "figure.unknown": {"add": ":::figure nothing"},
    "snippet.unknown": {"add": ":::snippet nothing"},
    "source.unknown": {"add": "So they say.[^ghost-1999]"},
    "offer.unknown": {"add": ":::offer nobody", "affiliate": True},
    "offer.several": {"add": f"{OFFER}\n{OFFER}", "affiliate": True},
    "offer.not-allowed": {"add": OFFER},
    "offer.early": {"body": f"{LEAD}\n{OFFER}\n{ONE}\n{SAFE}", "affiliate": True},
    "offer.help-panel": {"add": OFFER, "affiliate": True, "safety": True},
    "offer.danger": {"add": f"{OFFER}\n## When it isn’t safe\n\nCall.", "affiliate": True},
    "exercise.stop-rule": {"add": ":::exercise Sitting\n\n1. Sit.\n\n:::"},
    "safety.link": {"body": f"{LEAD}\n{ONE}\nAnger can rise.\n"},
    "word.avoid": {"add": "A toxic word."},
    "reading.grade": {"add": HARD * 4},
    "description.length": {"description": "Short."},
    "takeaways.number": {"takeaways": ["One short line."]},
    "related.unknown": {"related": ["nowhere"]},
    "link.moved": {"add": "[x](/articles/moved/)"},
    "offer.missing": {"affiliate": True},
    "sentence.long": {"add": LONG},
    "title.length": {"title": "Tea"},
    "dek.missing": {"dek": ""},
    "heading.level": {"add": "#### Four\n\nTea."},
    "heading.twice": {"add": "## One\n\nTea."},
    "heading.none": {"body": "Tea is fine. " * 200},
    "claim.source": {"add": "## Three\n\nA study says so."},
    "source.unchecked": {"add": "So they say.[^unread-2002]"},
    "evidence.source": {"body": f"{LEAD}\n{SAFE}", "evidence": "well supported"},
    "evidence.note": {"evidence_note": ""},
    "link.self": {"add": "[x](/articles/article/)"},
}
ELSEWHERE = {
    "text.length": "tests/prose/test_long_texts.py",
    "picture.words": "a picture without words is refused before a text can ask for it",
    "picture.elsewhere": "test_what_stands_in_articles_alone",
    "figure.elsewhere": "test_what_stands_in_articles_alone",
    "offer.elsewhere": "test_what_stands_in_articles_alone",
    "link.awaited": "of the desk alone: tests/articles/admin/test_uses.py",
    "promise.unnamed": "of files alone: tests/prose/rules/test_lint.py",
    "promise.broken": "of files alone: tests/prose/rules/test_lint.py",
}


@pytest.fixture
def folder(tmp_path):
    """A content folder in which nothing is wrong."""
    root = tmp_path / "content"
    for name in ("articles", "pages", "pictures"):
        (root / name).mkdir(parents=True)
    unread = SOURCE.replace("checked = true\n", "")
    (root / "sources.toml").write_text(f"[known-2001]\n{SOURCE}\n[unread-2002]\n{unread}")
    (root / "topics.toml").write_text('[responses]\ntitle = "Responses"\n')
    (root / "old_addresses.toml").write_text('moved = "other"\n')
    (root / "pictures.toml").write_text('[path]\nfile = "path.jpg"\nalt = "A path."\n')
    (root / "pictures/path.jpg").write_bytes(picture_file(size=(48, 32)))
    (root / "offers.toml").write_text(
        '[online]\npartner = "a partner"\nheading = "Talk to a person"\ntext = "By video."\n'
        'button = "See how"\nurl = "https://partner.example/"\nallowed_host = "partner.example"\n'
        'free_alternative = "Your doctor."\nvalid_until = 2099-01-01\nchecked_on = 2026-11-22\n'
    )
    for slug in ("article", "other", "when-the-danger-isnt-over"):
        write(root, slug, related=["other" if slug == "article" else "article"])
    return root


def write(root, slug, *, add="", body=BODY, **head):
    front = yaml.dump(HEAD | head, allow_unicode=True, sort_keys=False)
    text = f"{body}\n{add}\n" if add else body
    front = front.replace("'2026-11-22'", "2026-11-22")
    (root / "articles" / f"{slug}.md").write_text(f"---\n{front}---\n{text}")
    return text


def posted(text, head):
    """Return the fields of the desk's form that say the same as a file."""
    fields = {"body": text}
    for name, value in head.items():
        name = "standfirst" if name == "dek" else name
        if isinstance(value, bool):
            fields[name] = "on"
        else:
            fields[name] = "\n".join(value) if isinstance(value, list) else value
    return fields


def codes_of_lint(folder):
    report = lint(folder)
    return {item.code: item.severity for item in [*report.mistakes, *report.notes]}


def test_every_rule_of_the_catalogue_is_broken_here_or_has_its_test():
    assert set(BROKEN) | set(ELSEWHERE) == set(catalogue.SEVERITIES)
    assert not set(BROKEN) & set(ELSEWHERE)


def test_every_rule_says_why():
    assert set(catalogue.WHY) == set(catalogue.SEVERITIES)
    assert all(len(why.split()) >= 5 for why in catalogue.WHY.values())


def test_a_text_in_which_nothing_is_wrong_passes_everywhere(folder):
    assert Severity.ERROR not in codes_of_lint(folder).values()
    content_files.sync(folder)
    article = Article.objects.get(slug="article")
    assert checks.run(article) == []
    assert save(log_in("Editors"), article).status_code == 302


@pytest.mark.parametrize("code", BROKEN)
def test_desk_loader_and_lint_say_the_same(folder, code):
    content_files.sync(folder)
    article = Article.objects.get(slug="article")
    head = {name: value for name, value in BROKEN[code].items() if name not in {"add", "body"}}
    text = write(folder, "article", **BROKEN[code])
    severity = catalogue.SEVERITIES[code]

    # Lint: an error and a warning stop a release, a note doesn't.
    report = lint(folder)
    shown = report.notes if severity is Severity.NOTE else report.mistakes
    lines = [item.line for item in shown if item.code == code]
    assert lines, (code, [str(item) for item in [*report.mistakes, *report.notes]])
    assert all(line > 0 for line in lines)

    # Desk: an error keeps it from readers, all else is shown beside it.
    answer = save(log_in("Editors"), article, **posted(text, head))
    if severity is Severity.ERROR:
        assert errors(answer), code
    else:
        assert answer.status_code == 302, errors(answer)
        stored = Article.objects.get(slug="article")
        assert code in {item.code for item in checks.run(stored)}
        assert stored.problems > 0

    # Loader: the same, from a file.
    Article.objects.filter(slug="article").update(body="Emptied.")
    if severity is Severity.ERROR:
        with pytest.raises(content_files.ContentError, match=r"articles/article\.md"):
            content_files.sync(folder, force=True)
    else:
        content_files.sync(folder, force=True)
        loaded = Article.objects.get(slug="article")
        assert code in {item.code for item in checks.run(loaded)}
        assert loaded.problems > 0


@pytest.mark.parametrize(
    ("code", "block"),
    [
        ("offer.elsewhere", OFFER),
        ("picture.elsewhere", ":::picture path\n"),
        ("figure.elsewhere", ":::figure a-night\n"),
    ],
)
def test_what_stands_in_articles_alone(folder, admin_client, code, block):
    page = folder / "pages/about.md"
    page.write_text(f"---\ntitle: About\ndescription: {HEAD['description']}\n---\nWords.\n")
    content_files.sync(folder)
    page.write_text(page.read_text() + f"\n{block}")
    assert code in codes_of_lint(folder)
    with pytest.raises(content_files.ContentError, match="stand in articles alone"):
        content_files.sync(folder)


def test_a_picture_without_words_keeps_a_text_from_readers(folder):
    write(folder, "article", add=":::picture path")
    content_files.sync(folder)
    Picture.objects.update(alt="")
    found = checks.run(Article.objects.get(slug="article"))
    assert [item.code for item in found if item.blocks] == ["picture.words"]


@pytest.mark.parametrize("code", ["exercise.stop-rule", "safety.link"])
def test_without_the_rule_the_desk_would_publish_it(folder, monkeypatch, code):
    content_files.sync(folder)
    text = write(folder, "article", **BROKEN[code])
    monkeypatch.setattr("prose.rules.safety.check", lambda text: [])
    article = Article.objects.get(slug="article")
    assert save(log_in("Editors"), article, body=text).status_code == 302
