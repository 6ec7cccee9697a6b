"""A search of somebody in danger: people to talk to above everything, and never a guess at what was meant."""

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.db.models import ProtectedError

from articles.models import CrisisWord
from articles.models.search import shipped
from articles.reading import helplines
from articles.searching import vocabulary
from articles.searching.crisis_words import CrisisWords
from articles.searching.query import search
from articles.searching.vocabulary import VOCABULARY
from prose import spelling
from prose.spelling import NearWords, distance
from tests.articles.desk import log_in
from tests.factories import make_article, make_helpline, make_page
from tests.processor_time import processor_time

pytestmark = pytest.mark.django_db
TALK = [
    "kill myself",
    "Kill Myself!",
    "i want to die",
    "suicidal",
    "suicide",
    "samaritans",
    "i don’t want to live",
]
MISSPELT = [
    "sucide",
    "suiside",
    "suicde",
    "kil myself",
    "kill my self",
    "killmyself",
    "i wanna die",
    "samaritan",
    "sui cide",
]
VIOLENCE = [
    "narcissist",
    "narsisist",
    "narcissism",
    "domestic abuse",
    "domestic violance",
    "my husband strangled me",
]
OTHER = [
    *(
        "grounding",
        "i want to diet",
        "skill",
        "learn a new skill by myself",
        "overdue",
        "silence",
        "rapid breathing",
    ),
    *(
        "amuse myself",
        "i want to live well",
        "trust",
        "decide",
        "fight or flight",
        "help my friend",
        "still myself",
    ),
]


@pytest.fixture
def library(db):
    make_article(
        title="A quiet skill",
        standfirst="American ways to be kind.",
        body="Racist words. Skill myself. Want died.",
    )
    make_page(slug="get-help", title="Get help now", body="Words.")
    make_helpline(key="gb-listen", needs=["crisis"], name="Samaritans", phone="116 123")
    make_helpline(
        key="gb-violence", needs=["violence"], name="Domestic Abuse Helpline", phone="0808 2000 247"
    )


@pytest.fixture
def broken():
    def fail(*args):
        raise OperationalError("no route to host")

    with connection.execute_wrapper(fail):
        yield


def asked(client, parse, query):
    """Return the response, its main element, and the names of the panels in it."""
    response = client.get("/search/", {"q": query})
    main = parse(response).find(".//main")
    return (
        response,
        main,
        [
            one.get("aria-labelledby")
            for one in main.iter("section")
            if one.get("class") == "crisis"
        ],
    )


def stands_first(main, text_of):
    """Whether the panel is the first thing in the page that is seen."""
    column = main.find(".//div[@class='column']")
    return [child.get("class") for child in column][:2] == ["visually-hidden", "crisis"]


@pytest.mark.parametrize("query", [*TALK, *MISSPELT, *VIOLENCE])
def test_the_people_to_talk_to_stand_above_everything_and_nothing_is_suggested(
    library, client, parse, text_of, query
):
    response, main, panels = asked(client, parse, query)
    assert panels == [f"crisis-{'violence' if query in VIOLENCE else 'talk'}"]
    assert stands_first(main, text_of)
    hrefs = [link.get("href") for link in main.iter("a")]
    assert hrefs.index("tel:999") < hrefs.index(
        "tel:08082000247" if query in VIOLENCE else "tel:116123"
    )
    assert "/get-help/" in hrefs
    assert not [href for href in hrefs if href.startswith("?q=")]
    assert "Did you mean" not in text_of(main)
    assert response.headers["Cache-Control"] == "no-store"
    assert "Nothing found" not in text_of(main)


@pytest.mark.parametrize(("query", "is_held_back"), [("kill", True), ("lanterns", False)])
def test_no_sentence_is_quoted_for_its_word_of_danger(client, parse, query, is_held_back):
    make_article(
        standfirst="Where light helps.",
        body="They said that the cold can kill a plant, so the lanterns burned all night.",
    )
    make_helpline(key="gb-listen", needs=["crisis"], name="Samaritans", phone="116 123")
    _, main, _ = asked(client, parse, f"{query} myself" if is_held_back else query)
    [hit] = main.findall(".//ul[@class='shelf__articles']/li")
    said = "".join(hit.find("p[@class='card__text']").itertext())
    assert (said == "Where light helps.") == is_held_back
    assert (hit.find(".//mark") is None) == is_held_back


@pytest.mark.parametrize("query", OTHER)
def test_other_searches_are_left_alone(library, client, parse, query):
    assert asked(client, parse, query)[2] == []


def test_both_kinds_bring_both_panels_and_the_emergency_numbers_once(library, client, parse):
    _, main, panels = asked(client, parse, "my abusive partner, i want to die")
    assert panels == ["crisis-talk", "crisis-violence"]
    assert [link.get("href") for link in main.iter("a")].count("tel:911") == 1


@pytest.mark.parametrize("query", [TALK[0], MISSPELT[0], VIOLENCE[0]])
def test_without_a_database_they_stand_there_too(broken, client, parse, text_of, query):
    response, main, panels = asked(client, parse, query)
    assert (response.status_code, response.headers["Cache-Control"], len(panels)) == (
        200,
        "no-store",
        1,
    )
    assert stands_first(main, text_of)
    hrefs = {link.get("href") for link in main.iter("a")}
    assert {"tel:999", "tel:08082000247" if query in VIOLENCE else "tel:116123"} <= hrefs


def test_without_a_database_another_search_says_so_kindly(broken, client, parse, text_of):
    response, main, _ = asked(client, parse, "grounding")
    assert response.status_code == 503
    assert "The search can’t answer at the moment." in text_of(main)
    assert "/get-help/" in {link.get("href") for link in main.iter("a")}


def test_the_launch_content_leads_to_a_line_in_every_country(content, client, parse, text_of):
    for query in ("kill myself", "domestic abuse"):
        _, main, _ = asked(client, parse, query)
        section = next(one for one in main.iter("section") if one.get("class") == "crisis")
        named = {text_of(strong) for strong in section.iter("strong")}
        assert {
            "United Kingdom",
            "Ireland",
            "United States",
            "Canada",
            "Australia",
            "New Zealand",
        } <= named


def test_of_violence_a_country_is_chosen_first_and_every_line_stands_under_its_own(
    content, client, parse, text_of
):
    _, main, _ = asked(client, parse, "he hits me")
    [panel] = helplines.panels(["violence"])
    rows = main.findall(".//section[@class='crisis']/ul/li/details")
    assert [text_of(row.find("summary")) for row in rows] == [
        country["name"] for country in panel["countries"]
    ]
    assert not [row for row in rows if row.get("open") is not None]
    for row, country in zip(rows, panel["countries"], strict=True):
        hrefs = {link.get("href") for link in row.iter("a")}
        for line in country["helplines"]:
            wanted = {line.phone and f"tel:{line.dial}", line.sms and f"sms:{line.text_to}"} - {""}
            assert (wanted or {line.url}) <= hrefs, line.name


def test_without_the_words_the_old_guesses_show(library, client, parse, monkeypatch):
    monkeypatch.setattr("articles.searching.vocabulary.shipped", dict)
    assert asked(client, parse, "kill myself")[2] == []


def test_without_near_spellings_a_slip_brings_nobody(library, client, parse, monkeypatch):
    monkeypatch.setattr(NearWords, "near", lambda self, word: [])
    assert asked(client, parse, "sucide")[2] == []
    assert asked(client, parse, "suicide")[2] == ["crisis-talk"]


def test_a_search_of_somebody_in_danger_reaches_no_log(library, client, caplog):
    with caplog.at_level("DEBUG"):
        client.get("/search/", {"q": "kill myself canaryword"})
    assert "canaryword" not in caplog.text


def test_the_same_without_a_database(broken, client, caplog):
    client.get("/search/", {"q": "kill myself canaryword"})
    assert "canaryword" not in caplog.text
    assert "myself" not in caplog.text


# -- suggestions -------------------------------------------------------------------------------------------------------


def suggested(client, parse, query):
    _, main, _ = asked(client, parse, query)
    return [
        link.get("href").removeprefix("?q=")
        for link in main.iter("a")
        if link.get("href").startswith("?q=")
    ]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("gronding", ["grounding"]),
        ("amercan", ["american"]),
        ("racis", []),  # stands in a text alone
        ("qiet", []),  # four letters
        ("grunging", ["grounding"]),
        ("grog", []),
    ],
)
def test_a_suggestion_is_of_titles_and_lists_and_near(library, client, parse, query, wanted):
    assert suggested(client, parse, query) == wanted


def test_a_suggestion_obeys_the_rules_of_our_words(client, parse, monkeypatch):
    make_article(title="Toxic people and victims", standfirst="Warriors.")
    for query in ("toxik", "victmis", "wariors"):
        assert suggested(client, parse, query) == []
    monkeypatch.setattr(vocabulary, "_slipping_lines", lambda texts: iter(()))
    uncached = vocabulary._near_spellings.__wrapped__
    monkeypatch.setattr(vocabulary, "_near_spellings", uncached)
    VOCABULARY.forget()
    assert suggested(client, parse, "victmis") == ["victims"]


def test_a_suggestion_names_no_danger(db):
    memory = VOCABULARY.get()
    for phrase in shipped():
        assert search(phrase, memory).instead not in shipped()


def test_the_texts_are_not_read_for_each_search(library, client, django_assert_max_num_queries):
    client.get("/search/", {"q": "nothing"})
    # On PostgreSQL each look is up to three statements (articles/searching/postgresql.py).
    with django_assert_max_num_queries(8 if connection.vendor == "postgresql" else 4) as asked_for:
        client.get("/search/", {"q": "gronding amercan skil wordz nothng"})
    assert not [
        one["sql"] for one in asked_for.captured_queries if "articles_article" in one["sql"]
    ]


def test_a_new_title_is_known_at_once(library, client, parse):
    assert suggested(client, parse, "lighthose") == []
    make_article(title="The lighthouse")
    assert suggested(client, parse, "lighthose") == ["lighthouse"]


def test_spellings_that_are_kept_under_one_number_are_not_taken_for_each_other(monkeypatch):
    monkeypatch.setattr(spelling, "_spelt", lambda text: len(text) << 24)
    assert NearWords(["window", "winter", "shadow"]).near("windwo") == ["window"]


# -- what it costs -----------------------------------------------------------------------------------------------------


def test_what_a_search_costs_does_not_grow_with_the_words_known():
    letters = "abcdefghijklmnopqrst"
    words = [f"{one}{two}{three}quiet" for one in letters for two in letters for three in letters]
    few, many = NearWords(words[:800]), NearWords(words)
    asked_for = [f"zz{word[2:]}z" for word in words[:200]]
    assert processor_time(lambda: [many.near(word) for word in asked_for]) < 5 * processor_time(
        lambda: [few.near(word) for word in asked_for]
    )


def test_what_a_search_costs_grows_as_its_words_do():
    memory = VOCABULARY.get()
    short, long = "kill mysefl overdoze " * 4, "kill mysefl overdoze " * 16
    assert processor_time(lambda: memory.crisis.kinds(long)) < 8 * processor_time(
        lambda: memory.crisis.kinds(short)
    )


@pytest.mark.parametrize(
    ("one", "other", "most", "slips"),
    [
        ("kill", "kill", 1, 0),
        ("kil", "kill", 1, 1),
        ("kilm", "klim", 1, 1),
        ("abc", "xyz", 2, None),
        ("a", "abcd", 2, None),
    ],
)
def test_the_distance_of_two_words_is_bounded(one, other, most, slips):
    assert distance(one, other, most) == slips


# -- at the desk -------------------------------------------------------------------------------------------------------


def test_the_desk_adds_a_word_and_it_counts_at_once(library, client, parse):
    assert asked(client, parse, "the long sleep")[2] == []
    fields = {"phrase": "The long SLEEP!", "kind": "suicide"}
    assert log_in("Editors").post("/admin/articles/crisisword/add/", fields).status_code == 302
    assert CrisisWord.objects.get().phrase == "the long sleep"
    assert asked(client, parse, "the long slep")[2] == []
    assert asked(client, parse, "I want the long sleep")[2] == ["crisis-talk"]
    CrisisWord.objects.get().delete()
    assert asked(client, parse, "the long sleep")[2] == []


def test_what_ships_stays_and_counts_whatever_the_database_says(content, client, parse):
    word = CrisisWord.objects.get(phrase="kill myself")
    owner = log_in("Owners")
    assert (
        owner.post(f"/admin/articles/crisisword/{word.pk}/delete/", {"post": "yes"}).status_code
        == 403
    )
    owner.post(
        f"/admin/articles/crisisword/{word.pk}/change/", {"phrase": "other words", "kind": "other"}
    )
    with pytest.raises(ProtectedError):
        word.delete()
    assert CrisisWord.objects.filter(phrase="kill myself", kind="suicide").exists()
    CrisisWord.objects.all().delete()
    assert asked(client, parse, "kill myself")[2] == ["crisis-talk"]


@pytest.mark.parametrize("phrase", ["", "a", "!!", "one two three four five six seven"])
def test_a_word_that_would_stand_everywhere_or_nowhere_is_refused(phrase):
    with pytest.raises(ValidationError):
        CrisisWord(phrase=phrase).full_clean()


def test_every_word_that_ships_is_of_a_kind_and_found_as_it_stands():
    words = CrisisWords(shipped().items())
    for phrase, kind in shipped().items():
        assert kind in words.kinds(phrase), phrase
    assert set(shipped().values()) == set(CrisisWord.Kind.values)
