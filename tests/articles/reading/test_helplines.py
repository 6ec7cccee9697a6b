"""The helplines: shown with the day a person looked them up, and shown when nothing else works."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone

from articles.checks import helplines_are_looked_up
from articles.models import Helpline
from prose import helpline_needs as needs
from prose.renderer import render
from tests.factories import make_helpline, make_page

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
LONG_AGO = TODAY - timedelta(days=181)


@pytest.fixture
def page():
    return make_page(
        slug="get-help",
        title="Get help now",
        standfirst="From the database.",
        body="## More\n\nWords.",
    )


@pytest.fixture
def broken():
    """A database that answers nothing; any question asked of it fails the test's page."""

    def fail(*args):
        raise OperationalError("no route to host")

    with connection.execute_wrapper(fail):
        yield


def lines(document):
    return [element for element in document.iter("li") if element.get("class") == "helpline"]


# -- what a reader sees ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("checked_on", "mark"),
    [
        (None, "Not yet checked."),
        (TODAY, f"Checked {TODAY:%-d %B %Y}."),
        (TODAY - timedelta(days=180), f"Checked {TODAY - timedelta(days=180):%-d %B %Y}."),
        (LONG_AGO, f"Last checked {LONG_AGO:%-d %B %Y}, over six months ago."),
    ],
)
def test_each_line_says_when_a_person_looked_it_up(page, client, parse, text_of, checked_on, mark):
    make_helpline(checked_on=TODAY)
    make_helpline(note="Someone to listen.", checked_on=checked_on)
    line = lines(parse(client.get("/get-help/")))[-1]
    assert text_of(line.find("./div/p")) == f"Someone to listen. {mark}"


def test_that_nobody_has_looked_any_up_is_said_once(content, client, parse, text_of):
    main = parse(client.get("/get-help/")).find(".//main")
    assert text_of(main).count("No person has checked these numbers yet") == 1
    assert "Not yet checked" not in text_of(main)


def test_one_that_was_looked_up_brings_the_marks_back(content, client, parse, text_of):
    Helpline.objects.filter(key="uk-samaritans").update(checked_on=TODAY)
    main = parse(client.get("/get-help/")).find(".//main")
    assert "No person has checked" not in text_of(main)
    assert text_of(main).count("Not yet checked") == Helpline.objects.count() - 1


def test_every_link_to_call_or_text_says_who_answers(content, client, parse, text_of):
    document = parse(client.get("/get-help/"))
    for line in lines(document):
        name = text_of(line.find(".//h4/a"))
        assert line.find(".//h4/a").get("href").startswith("https://")
        assert all(text_of(link).endswith(f", {name}") for link in line.findall("./p/a")), name


@pytest.mark.parametrize(
    ("chat", "links", "said"),
    [
        ("", [], False),
        ("https://line.example", [], True),
        ("https://chat.example", ["https://chat.example"], False),
    ],
)
def test_a_web_chat_is_shown_where_there_is_one(page, client, parse, text_of, chat, links, said):
    make_helpline(phone="", url="https://line.example", chat=chat)
    [line] = lines(parse(client.get("/get-help/")))
    assert [link.get("href") for link in line.findall("./p/a")] == links
    assert ("Web chat on its site." in text_of(line)) is said


def test_someone_to_talk_to_day_or_night_stands_first_in_every_country(
    content, client, parse, text_of
):
    sections = [
        e for e in parse(client.get("/get-help/")).iter("section") if e.get("class") == "helplines"
    ]
    assert len(sections) == 7
    for section in sections[:-1]:
        assert text_of(section.find("./h3")) == "Someone to talk to, day or night"
        assert "24 hours a day" in text_of(section.find("./ul/li")), text_of(section.find("./h2"))


def test_a_line_for_a_part_of_a_country_says_which(page, client, parse, text_of):
    make_helpline(region="Scotland")
    [line] = lines(parse(client.get("/get-help/")))
    assert text_of(line.find(".//h4")) == "Samaritans Scotland"


def test_every_line_stands_once(content, client, parse):
    assert len(lines(parse(client.get("/get-help/")))) == Helpline.objects.count() > 70


def test_a_country_says_what_it_has_no_line_for(page, client, parse, text_of):
    make_helpline(
        country="ca", country_name="Canada", needs=[need for need in needs.GRID if need != "men"]
    )
    assert "We know of no national line here just for men." in text_of(
        parse(client.get("/get-help/")).find(".//main")
    )


def test_a_stale_line_stays_on_the_page(page, client, parse):
    make_helpline(checked_on=LONG_AGO)
    make_helpline(checked_on=TODAY)
    assert len(lines(parse(client.get("/get-help/")))) == 2


def test_the_number_dialled_is_the_number_shown(content, client, parse, text_of):
    document = parse(client.get("/get-help/"))
    links = [
        link for link in document.iter("a") if link.get("href", "").startswith(("tel:", "sms:"))
    ]
    assert len(links) > Helpline.objects.exclude(phone="").count()
    for link in links:
        shown = re.sub(r"^(Call |Text ([A-Z]+ to )?)", "", text_of(link)).partition(",")[0]
        assert re.sub(r"\D", "", shown) == link.get("href")[4:], text_of(link)


def test_nothing_to_buy_sign_or_take_stands_before_the_numbers(content, client, parse):
    main = parse(client.get("/get-help/")).find(".//main")
    before = []
    for element in main.iter():
        if element.get("class") == "helpline":
            break
        before.append(element)
    assert not [element for element in before if element.tag == "form"]
    hrefs = [element.get("href", "") for element in before if element.tag == "a"]
    assert [href for href in hrefs if not href.startswith(("tel:", "#"))] == [
        "https://findahelpline.com"
    ]
    assert "#if-you-cant-talk-out-loud" in hrefs


@pytest.mark.parametrize(
    ("link", "passes"),
    [
        ("[116 123](tel:116123)", True),
        ("[0808 2000 247](tel:+448082000247)", True),
        ("[Text 85258](sms:85258)", True),
        ("[116 124](tel:116123)", False),
        ("[call them](tel:116123)", False),
        ("[85258](sms:85285)", False),
    ],
)
def test_a_text_whose_link_dials_another_number_is_refused(link, passes):
    problems = [str(problem) for problem in render(f"Lead.\n\nCall {link}.").problems]
    assert (problems == []) is passes
    assert passes or problems[0].startswith("Line 3: The link ")


# -- when the database is down -----------------------------------------------------------------------------------------


def test_the_page_answers_from_its_files_when_the_database_does_not(broken, client, parse, text_of):
    response = client.get("/get-help/")
    document = parse(response)
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
    assert "You don’t have to be suicidal to call a crisis line." in text_of(
        document.find(".//p[@class='dek']")
    )
    assert "kept copy of the list" in text_of(document.find(".//main"))
    hrefs = {link.get("href") for link in document.iter("a")}
    assert {"tel:999", "tel:116123", "tel:988", "sms:85258"} <= hrefs
    assert "What happens when you call" in [text_of(heading) for heading in document.iter("h2")]


def test_the_copy_holds_every_line_the_database_was_loaded_with(content, client, parse, text_of):
    def shown():
        return [text_of(line) for line in lines(parse(client.get("/get-help/")))]

    loaded = shown()
    Helpline.objects.all().delete()
    assert shown() == loaded


def test_other_pages_do_fail_with_that_database(broken, client):
    with pytest.raises(OperationalError):
        client.get("/articles/")


@pytest.mark.parametrize("missing", ["page", "helplines"])
def test_an_empty_database_hides_no_number(client, missing):
    if missing == "helplines":
        make_page(slug="get-help")
    else:
        make_helpline()
    response = client.get("/get-help/")
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
    assert b'href="tel:116123"' in response.content


def test_with_its_database_the_page_is_kept_as_any_other(page, client):
    make_helpline()
    response = client.get("/get-help/")
    assert response.headers["Cache-Control"].startswith("public")
    assert b"kept copy" not in response.content


# -- looking numbers up ------------------------------------------------------------------------------------------------


def test_a_changed_number_is_a_number_nobody_has_looked_up():
    line = make_helpline(checked_on=TODAY)
    line.note = "Another note."
    line.save()
    assert line.checked_on == TODAY
    line.phone = "116 124"
    line.save()
    line.refresh_from_db()
    assert line.checked_on is None


def test_the_list_at_the_desk_says_how_many_and_why(admin_client, parse, text_of):
    make_helpline(url="https://line.example", checked_on=TODAY)
    make_helpline(url="https://line.example", checked_on=LONG_AGO)
    document = parse(admin_client.get("/admin/articles/helpline/"))
    assert "1 to look up on their own pages" in text_of(document.find(".//main"))
    nothing, why = [text_of(cell) for cell in document.findall(".//td[@class='field-doubt']")]
    assert (nothing, "more than 180 days ago" in why) == ("-", True)


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"phone": "0800 RUN AWAY"}, "phone"),
        ({"sms": "text us"}, "sms"),
        ({"url": "http://line.example"}, "url"),
        ({"chat": "http://line.example"}, "chat"),
        ({"needs": []}, "needs"),
        ({"needs": ["crisis", "anything"]}, "needs"),
        ({"needs": "crisis"}, "needs"),
        ({"region": "Lancashire"}, "region"),
        ({"region": "Wales", "country": "ie"}, "region"),
        ({"checked_on": TODAY + timedelta(days=1)}, "checked_on"),
    ],
)
def test_a_line_that_cannot_be_dialled_or_believed_is_refused(over, field):
    with pytest.raises(ValidationError) as error:
        make_helpline(**over).full_clean()
    assert field in error.value.message_dict


@pytest.mark.parametrize("region", ["", "Scotland", "England and Wales"])
def test_a_line_may_serve_one_region_or_two(region):
    make_helpline(region=region).full_clean()


def test_a_plus_in_front_is_dialled_too():
    assert make_helpline(phone="+44 20 7946 0000").dial == "+442079460000"


# -- what is not looked up is reported ---------------------------------------------------------------------------------

DOUBTS = [
    ({"checked_on": None}, "nobody has looked it up yet"),
    ({"checked_on": LONG_AGO}, "more than 180 days ago"),
    ({"checked_on": TODAY, "url": ""}, "no address to look it up at"),
]


@pytest.mark.parametrize(("over", "why"), DOUBTS)
def test_the_command_lists_lines_in_doubt_and_fails(capsys, over, why):
    make_helpline(key="sure", url="https://line.example", checked_on=TODAY)
    make_helpline(
        **{"key": "unsure", "sms": "85258", "sms_keyword": "SHOUT", "url": "https://line.example"}
        | over
    )
    with pytest.raises(SystemExit) as stop:
        call_command("check_helplines")
    assert stop.value.code == 1
    listed, summary = capsys.readouterr().out.splitlines()
    assert listed.startswith("unsure: Samaritans (116 123; text SHOUT to 85258): ")
    assert why in listed
    assert summary.startswith("1 of 2 helplines")


def test_the_command_is_content_when_every_line_was_looked_up(capsys):
    make_helpline(url="https://line.example", checked_on=TODAY)
    call_command("check_helplines")
    assert "All 1 helplines were looked up" in capsys.readouterr().out


def test_no_helpline_at_all_is_not_content():
    with pytest.raises(SystemExit):
        call_command("check_helplines")


@pytest.mark.parametrize(("over", "why"), DOUBTS)
def test_a_check_before_a_release_names_the_lines_in_doubt(over, why):
    make_helpline(**{"key": "unsure", "url": "https://line.example"} | over)
    [warning] = helplines_are_looked_up()
    assert warning.id == "articles.W002"
    assert "unsure" in warning.msg


def test_the_check_is_silent_when_nothing_is_in_doubt_and_before_there_is_a_database(broken):
    assert helplines_are_looked_up() == []


def test_the_check_belongs_to_deployment():
    from django.core.checks.registry import registry

    assert helplines_are_looked_up in registry.deployment_checks
    assert helplines_are_looked_up not in registry.registered_checks
