"""The tools: a step a screen, a way out on each, nothing asked or kept."""

import pytest
from django.urls import reverse

from articles.reading.tools import TOOLS

pytestmark = pytest.mark.django_db
PATHS = [reverse("articles:tools"), *(tool.path for tool in TOOLS.values())]


@pytest.mark.parametrize("path", PATHS)
def test_each_asks_nothing_sends_nothing_and_sets_nothing(client, parse, path):
    response = client.get(path)
    main = parse(response).find(".//main")
    assert not list(main.iter("form"))
    assert not list(main.iter("script"))
    assert not response.cookies


@pytest.mark.parametrize("path", PATHS)
def test_each_says_when_to_stop_and_leads_to_help(client, parse, text_of, path):
    main = parse(client.get(path)).find(".//main")
    stops = [text_of(div) for div in main.iter("div") if div.get("class") == "stop"]
    assert stops
    assert stops[0].startswith("Stop if you feel")
    assert "/get-help/" in {link.get("href") for link in main.iter("a")}


@pytest.mark.parametrize("tool", [tool for tool in TOOLS.values() if tool.steps])
def test_each_step_leads_on_to_one_that_is_there(client, parse, tool):
    main = parse(client.get(tool.path)).find(".//main")
    ids = {element.get("id") for element in main.iter() if element.get("id")}
    for step in tool.steps:
        for way in step.links:
            assert way.href.removeprefix("#") in ids or way.href.startswith("/")
    assert tool.steps[-1].links[0].href == "#end"


def test_each_leads_to_the_others(client, parse):
    for tool in TOOLS.values():
        main = parse(client.get(tool.path)).find(".//main")
        links = {link.get("href") for link in main.iter("a")}
        assert {other.path for other in TOOLS.values() if other is not tool} <= links


def test_an_unknown_tool_is_not_there(client):
    assert client.get("/tools/shout/").status_code == 404


@pytest.mark.parametrize(
    "path", ["/get-help/", "/nowhere/", "/quiz/", "/articles/grounding-techniques/"]
)
def test_they_are_reached_from_where_a_hard_moment_is(content, client, path):
    assert '"/tools/' in client.get(path).content.decode()
