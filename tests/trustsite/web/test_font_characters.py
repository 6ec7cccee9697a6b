"""The web fonts hold the characters that readers meet, and little more."""

import os
import re
from html import unescape

from django.contrib.staticfiles import finders

from articles.models import Article
from trustsite.web import fonts

MOST = 55 * 1024  # bytes of the three together


def characters_of(page):
    words = re.sub(r"<(style|script).*?</\1>|<[^>]*>", "", page.content.decode(), flags=re.DOTALL)
    return set(unescape(words)) - {"\n"}


def test_every_character_of_the_launch_content_is_drawn_in_our_faces(client, content):
    paths = ["/", "/articles/", "/quiz/", "/quiz/method/", "/get-help/", "/guide/", "/privacy/"]
    paths += [article.get_absolute_url() for article in Article.objects.published()]
    used = set().union(*(characters_of(client.get(path)) for path in paths))
    assert used - set(map(chr, fonts.CHARACTERS)) == set()
    assert {"é", "’", "↑"} <= used


def test_the_three_faces_weigh_little():
    files = [finders.find(listed.static_path) for listed in fonts.FONTS]
    assert len(files) == 3
    assert sum(map(os.path.getsize, files)) <= MOST


def test_no_face_is_asked_for_before_the_page_is_drawn(client, db):
    """A face that comes by `preload` holds up the first page on a slow phone, and even so comes too late to be used."""
    assert b'rel="preload"' not in client.get("/get-help/").content
