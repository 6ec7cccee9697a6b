"""Full-text search over published articles: SQLite's FTS5, or PostgreSQL's when that is the
database. The same in both.

A word finds its other forms (heal, healing) and its accented spellings, titles count before texts,
and the last word may be unfinished. Nothing a reader types is an operator. No query is kept or
logged.
"""

from dataclasses import dataclass
from html import escape, unescape

from django.db import connection
from django.utils.safestring import SafeString

from articles.models import Article
from articles.reading.search_vocabulary import Memory, passes_copy_rules
from prose.document import CITED, TAG, trusted
from prose.spelling import SHORTEST, fold, tokens

LONGEST, MOST_WORDS = 100, 8  # characters and words of a query that count
HITS = 20
OPEN, CLOSE = "\x02", "\x03"  # stand around what was found until the extract has been escaped
# Words in nearly every text, which would drown the others.
STOP = frozenset(
    "a an and are as at be but by do does for from has have how i if in is it its me my of on or so that the their them "
    "they this to was we what when which who why will with you your".split()
)
SQLITE = {
    "forget": "DELETE FROM articles_search WHERE rowid = %s",
    "index": "INSERT INTO articles_search (rowid, title, dek, text) VALUES (%s, %s, %s, %s)",
    "find": """
        SELECT rowid, snippet(articles_search, 2, %s, %s, '…', 24) FROM articles_search
        WHERE articles_search MATCH %s ORDER BY bm25(articles_search, 10.0, 4.0, 1.0) LIMIT %s""",
}
POSTGRES = {
    "forget": "DELETE FROM articles_search WHERE id = %s",
    "index": """
        INSERT INTO articles_search (id, text, document) VALUES (%s, %s,
          setweight(to_tsvector('english', %s), 'A') || setweight(to_tsvector('english', %s), 'B') ||
          setweight(to_tsvector('english', %s), 'D'))""",
    "find": """
        SELECT id, ts_headline('english', text, query, 'StartSel=' || %s || ', StopSel=' || %s || ', MaxWords=24, MinWords=12')
        FROM articles_search, to_tsquery('english', %s) AS query
        WHERE document @@ query ORDER BY ts_rank('{0.1, 0.2, 0.4, 1.0}', document, query) DESC LIMIT %s""",
}


@dataclass(frozen=True)
class Hit:
    """An article that was found, and a piece of its text with the words marked."""

    article: Article
    extract: SafeString


def words(query: str) -> list[str]:
    """Return the words of a query that are worth looking for."""
    results = tokens(query[:LONGEST])
    return ([word for word in results if word not in STOP] or results)[:MOST_WORDS]


def index(article: Article) -> None:
    """Put an article's words into the index, or take them out when it isn't published.

    Part of saving it.
    """
    forget(article)
    if article.state != Article.State.PUBLISHED:
        return
    text = " ".join(_plain(part.html) for part in article.parts)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                _sql("index"),
                [article.pk, text, fold(article.title), fold(article.standfirst), fold(text)],
            )
        else:
            cursor.execute(_sql("index"), [article.pk, article.title, article.standfirst, text])


def forget(article: Article) -> None:
    """Take an article's words out of the index. Part of deleting it."""
    with connection.cursor() as cursor:
        cursor.execute(_sql("forget"), [article.pk])


def search(query: str) -> list[Hit]:
    """Return the published articles that hold every word of `query`, the best first."""
    wanted = words(query)
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_sql("find"), [OPEN, CLOSE, _expression(wanted), HITS])
        rows = cursor.fetchall()
    articles = Article.objects.published().for_cards().in_bulk([pk for pk, _ in rows])
    return [Hit(articles[pk], _marked(extract)) for pk, extract in rows if pk in articles]


def suggestion(query: str, memory: Memory) -> str:
    """Return `query` with each unknown word replaced by the nearest one of titles and lists; empty
    when there is none.

    A suggestion speaks for us: it obeys the rules of our texts, and never names a danger that the
    reader didn't.
    """
    wanted = words(query)
    nearest = [_nearest(word, memory) for word in wanted]
    suggested = " ".join(nearest)
    if (
        nearest == wanted
        or memory.crisis.kinds(suggested, memory.known)
        or not passes_copy_rules(suggested)
    ):
        return ""
    return suggested


def _nearest(word: str, memory: Memory) -> str:
    if len(word) < SHORTEST or word in memory.known:
        return word
    return next(iter(memory.suggested.near(word)), word)


def _sql(name: str) -> str:
    return (POSTGRES if connection.vendor == "postgresql" else SQLITE)[name]


def _expression(wanted: list[str]) -> str:
    """Return the engine's query for every word, the last of them as a beginning.

    The words are letters and digits alone.
    """
    if connection.vendor == "postgresql":
        return " & ".join([*wanted[:-1], f"{wanted[-1]}:*"])
    return " ".join([*(f'"{word}"' for word in wanted[:-1]), f'"{wanted[-1]}"*'])


def _plain(html: str) -> str:
    """Return the text of rendered HTML as a reader reads it, without the numbers of sources."""
    return unescape(" ".join(TAG.sub(" ", CITED.sub("", html)).split()))


def _marked(extract: str) -> SafeString:
    return trusted(escape(extract).replace(OPEN, "<mark>").replace(CLOSE, "</mark>"))
