"""The report: what the numbers say of some days, as tables. Page, files and command show this and nothing else."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from analytics import kinds, models
from analytics.disclosure import SMALLEST, Shown, disclose, leave_out, shown

WINDOWS = (7, 28, 365)  # days, the present one among them
BY_WEEK = 100  # days from which on a chart has a bar a week
QUIZZES = ("/quiz/", "/quiz/longer/")
ARTICLES = "/articles/"
Figures = list[int | None]
Read = dict[models.Key, int]


@dataclass(frozen=True)
class Row:
    """A line of a table; a figure that isn't shown is None."""

    label: str
    figures: Figures


@dataclass(frozen=True)
class Table:
    """A table, a sentence that says what is in it, and how it is drawn: `days`, `lines`, `bars` or not at all."""

    key: str
    title: str
    sentence: str
    columns: list[str]  # the first is of the labels
    rows: list[Row]
    chart: str = ""


@dataclass
class Span:
    """Some days and their sums."""

    days: list[date]
    sums: Read
    titles: dict[str, str] = field(default_factory=dict)

    def by(self, kind: str, part: Callable[[models.Key], Any]) -> Counter[Any]:
        """Return the sums of a kind, added up by what `part` returns."""
        found: Counter[Any] = Counter()
        for key, count in self.sums.items():
            if key.kind == kind:
                found[part(key)] += count
        return found

    def names(self, kind: str) -> Counter[str]:
        """Return the sums of a kind by name."""
        return self.by(kind, lambda key: key.name)

    def buckets(self) -> dict[date, str]:
        """Return for each day the label of what it is drawn in: itself, or its week."""
        is_by_week = len(self.days) >= BY_WEEK
        first = {day: day - timedelta(day.weekday() if is_by_week else 0) for day in self.days}
        return {day: f"{start:%-d %B %Y}" for day, start in first.items()}

    def over_time(self, sums: Counter[date]) -> dict[str, int]:
        """Return sums by day as sums by bucket, each of them there."""
        buckets = self.buckets()
        found = dict.fromkeys(buckets.values(), 0)
        for day, count in sums.items():
            found[buckets[day]] += count
        return found

    @cached_property
    def pages(self) -> Shown[str]:
        """What is shown of the reads by page. Sums of some pages are made of these, or they would tell of the others."""
        return leave_out(self.names(kinds.READ))

    def reads_by_day(self) -> Counter[date]:
        """Return the reads of a day, without those of pages that are left out of every sum."""
        shown = self.pages
        is_in = {path for path, number in shown.figures.items() if number or shown.rest}
        days = self.by(kinds.READ, lambda key: key.day if key.name in is_in else None)
        days.pop(None, None)
        return days

    def reads_of(self, path: str) -> int:
        """Return the reads of a page, as they are shown."""
        return self.pages.figures.get(path) or 0

    @property
    def unit(self) -> str:
        """What a bucket is."""
        return "Week of" if len(self.days) >= BY_WEEK else "Day"


def make(length: int, today: date | None = None) -> list[Table]:
    """Return the tables of the last `length` days."""
    today = today or timezone.now().date()
    days = [today - timedelta(back) for back in range(length - 1, -1, -1)]
    titles = import_string(settings.PAGE_TITLES_PROVIDER)()
    span = Span(days, models.read(days), titles)
    return [build(span) for build in TABLES]


def first_and_last(length: int, today: date | None = None) -> tuple[date, date]:
    """Return the first and the last day of a window."""
    last = today or timezone.now().date()
    return last - timedelta(length - 1), last


def _in_words(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _sentence(total: int | None, one: str, many: str, rest: str = "") -> str:
    if total is None:
        return f"Fewer than {SMALLEST} {many} so far: not shown."
    return f"{_in_words(total, one, many)}{rest}."


def _reads_over_time(span: Span) -> Table:
    result = disclose(span.over_time(span.reads_by_day()))
    rows = [Row(label, [number]) for label, number in result.figures.items()]
    sentence = _sentence(result.total, "read", "reads", f" in {len(span.days)} days")
    return Table("reads", "Reads", sentence, [span.unit, "Reads"], rows, "days")


def _named(
    span: Span, kind: str, title: Callable[[str], str] = str
) -> tuple[list[Row], int, int | None]:
    """Return the rows of a kind by name, the largest first, with what the small ones are together, and the total."""
    sums = span.names(kind)
    result = leave_out(sums)
    order = sorted(sums, key=lambda name: (-(result.figures[name] or 0), title(name)))
    return [Row(title(name), [result.figures[name]]) for name in order], result.rest, result.total


def _reads_by_page(span: Span) -> Table:
    rows, rest, total = _named(span, kinds.READ, lambda path: span.titles.get(path, path))
    pages = len(rows) if rest else sum(row.figures != [None] for row in rows)
    sentence = _sentence(total, "read", "reads", f" of {_in_words(pages, 'page', 'pages')}")
    if rest:
        sentence += f" Those not shown make up {rest:,} together."
    return Table("pages", "Reads by page", sentence, ["Page", "Reads"], rows, "bars")


def _steps(span: Span) -> Table:
    quiz, guide, letters = map(span.names, (kinds.QUIZ, kinds.GUIDE, kinds.LETTERS))
    articles = filter(_is_article, span.pages.figures)
    steps = {
        "An article read": sum(map(span.reads_of, articles)),
        "The quiz opened": sum(map(span.reads_of, QUIZZES)),
        "The quiz finished": sum(quiz.values()),
        "The guide asked for": guide[kinds.ASKED],
        "Confirmed": guide[kinds.CONFIRMED],
        "Confirmed, with the letters": guide[kinds.WITH_LETTERS],
        "The guide sent": guide[kinds.SENT],
        "A letter sent": letters[kinds.SENT],
    }
    rows = [Row(label, [shown(number)]) for label, number in steps.items()]
    sentence = (
        "Each step by itself: nothing connects one with the next, so these are no people. "
        "Mails are counted for everybody."
    )
    return Table("steps", "From article to letter", sentence, ["Step", "Number"], rows, "bars")


def _is_article(path: str) -> bool:
    return path.startswith(ARTICLES) and path != ARTICLES


def _quiz(span: Span) -> Table:
    known = {path for path in QUIZZES if span.reads_of(path)}
    opened = span.by(kinds.READ, lambda key: key.day if key.name in known else None)
    opened.pop(None, None)
    finished = span.by(kinds.QUIZ, lambda key: key.day)
    both = [disclose(span.over_time(each)) for each in (opened, finished)]
    rows = [
        Row(label, [both[0].figures[label], both[1].figures[label]]) for label in both[0].figures
    ]
    sentence = _sentence(both[0].total, "opening", "openings")
    if both[1].total:
        sentence = f"{sentence[:-1]}, {both[1].total:,} finished. No answer is counted."
    return Table("quiz", "The quiz", sentence, [span.unit, "Opened", "Finished"], rows, "lines")


def _outcomes(span: Span) -> Table:
    by_version: dict[str, dict[str, int]] = {}
    for name, count in span.names(kinds.OUTCOME).items():
        version, _, outcome = name.partition(" ")
        by_version.setdefault(version, {})[outcome] = count
    rows = []
    for version, outcomes in sorted(by_version.items()):
        figures = disclose(outcomes).figures
        order = sorted(figures, key=lambda outcome: (-(figures[outcome] or 0), outcome))
        rows += [Row(f"{outcome} ({version})", [figures[outcome]]) for outcome in order]
    sentence = f"Results wait until {kinds.POOL} of a version are together, of whatever days; the day is that of the twentieth."
    return Table("outcomes", "Kinds of result", sentence, ["Result", "Number"], rows, "bars")


def _articles(span: Span) -> Table:
    reads, asked = span.pages.figures, disclose(span.names(kinds.SOURCE)).figures
    paths = sorted(asked, key=lambda path: (-(asked[path] or 0), path))
    rows = []
    for path in paths:
        read, number = reads.get(path), asked[path]
        rate = shown(round(10_000 * number / read)) if read and number else None
        rows.append(Row(span.titles.get(path, path), [read, number, rate]))
    sentence = f"Which page led to asking for the guide. These wait until {kinds.POOL} are together, so the last few aren’t in."
    columns = ["Page", "Reads", "Asked for the guide", "Of 10,000 reads"]
    return Table("sources", "Where the guide is asked for", sentence, columns, rows)


def _mails(span: Span) -> Table:
    sums = {kind: span.names(kind) for kind in (kinds.GUIDE, kinds.LETTERS)}
    labels = {"Sent": kinds.SENT, "Came back": kinds.RETURNED, "Left": kinds.LEFT}
    rows = []
    for label, name in labels.items():
        rows.append(Row(label, [shown(sums[kind][name]) for kind in sums]))
    sentence = "Written once a day, after it is over. Opens and clicks aren’t measured."
    return Table("mails", "Guide and letters", sentence, ["What", "Guide", "Letters"], rows)


def _searches(span: Span) -> Table:
    sums = span.names(kinds.SEARCH)
    found_nothing = shown(sums[kinds.NOTHING])
    rows = [Row("Searches", [shown(sums[kinds.ALL])]), Row("That found nothing", [found_nothing])]
    return Table("searches", "Searches", "Their words aren’t kept.", ["What", "Number"], rows)


def _simple(key: str, title: str, sentence: str, kind: str, column: str) -> Callable[[Span], Table]:
    def build(span: Span) -> Table:
        rows, _, _ = _named(span, kind)
        return Table(key, title, sentence, [column, "Number"], rows, "bars")

    return build


TABLES: Iterable[Callable[[Span], Table]] = (
    _reads_over_time,
    _reads_by_page,
    _steps,
    _quiz,
    _outcomes,
    _articles,
    _mails,
    _searches,
    _simple(
        "referrers",
        "Sites that led here",
        "By the name of a short list, never the page there. Most reads tell us none.",
        kinds.REFERRER,
        "Site",
    ),
    _simple(
        "offers",
        "Adverts shown",
        "Reads of articles with the advert in them. Whether anybody followed it isn’t counted.",
        kinds.OFFER,
        "Advert",
    ),
    _simple(
        "redirects",
        "Old addresses used",
        "That led on, or said that their page is gone. Those set at the desk, and those of articles that moved.",
        kinds.REDIRECT,
        "Address",
    ),
    _simple(
        "missing",
        "Addresses where nothing is",
        f"Each is kept once {kinds.MISSING_AFTER} have asked for it in a day.",
        kinds.MISSING,
        "Address",
    ),
)
