"""Robots: the list finds all it names, costs what an agent's length allows, and stands in the proxies' files."""

import re

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from analytics import robots
from analytics.management.commands import robots_maps
from tests.analytics.test_visits import BROWSERS, ROBOTS
from tests.servers import ROOT
from tests.trustsite.web.patterns import grows, text_of, worst_fragments

EXAMPLES = [example for entry in CRAWLER_USER_AGENTS_DATA for example in entry["instances"]]


def test_every_example_of_the_list_is_found():
    assert len(EXAMPLES) > 1_500
    assert [agent for agent in EXAMPLES if not robots.is_robot(agent)] == []


def test_an_agent_of_any_length_costs_as_much_as_a_short_one():
    for fragment in worst_fragments(robots._others())[::60]:
        sizes = (512, 8_192, 65_536)
        assert grows(robots.is_robot, lambda size, it=fragment: text_of(it, size), sizes) == ""


def test_only_the_beginning_of_an_agent_is_looked_at():
    assert not robots.is_robot("Mozilla/5.0 " + "x" * 600 + "Googlebot/2.1")


@pytest.mark.parametrize(
    ("name", "text"),
    [(robots_maps.NGINX, robots_maps.for_nginx), (robots_maps.CADDY, robots_maps.for_caddy)],
)
def test_the_proxies_files_hold_the_list_of_this_release(name, text):
    assert (ROOT / name).read_text() == text(), "run `manage.py robots_maps`"


def test_a_proxys_expressions_say_the_same_as_we():
    chunks = [re.compile(chunk) for chunk in robots_maps.chunks()]
    assert all(len(chunk.pattern) < 4_000 for chunk in chunks)
    for agent in [*EXAMPLES[::20], *BROWSERS, *filter(None, ROBOTS)]:
        by_proxy = any(chunk.search(agent) for chunk in chunks)
        assert by_proxy == robots.is_robot(agent), agent
