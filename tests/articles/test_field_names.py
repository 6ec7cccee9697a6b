"""Templates ask models for fields that are there: a wrong name would show nothing, and say nothing."""

import re

import pytest
from django.conf import settings

from articles import models

NAMED = {
    "article": models.Article,
    "response": models.Response,
    "picture": models.Picture,
    "offer": models.Offer,
    "helpline": models.Helpline,
    "topic": models.Topic,
}
ASKED = re.compile(rf"\b({'|'.join(NAMED)})\.([a-z_]+)\b(?!\.(?:html|txt|css|js))")
FOLDERS = ("articles", "components", "quiz", "newsletter")
TEMPLATES = [
    file
    for folder in FOLDERS
    for file in (settings.BASE_DIR / "templates" / folder).rglob("*.html")
]


def unknown(text):
    code = " ".join(re.findall(r"\{[{%].*?[%}]\}", re.sub(r"\"[^\"]*\"", "", text)))
    return [
        f"{name}.{field}" for name, field in ASKED.findall(code) if not hasattr(NAMED[name], field)
    ]


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_a_template_asks_for_fields_that_are_there(file):
    assert unknown(file.read_text()) == []


def test_a_field_of_another_name_would_be_found():
    assert unknown("<p>{{ article.dek }}</p>{% if offer.heading %}x{% endif %}") == ["article.dek"]
