"""The one list of fonts: what it names is there, and everything that names fonts agrees with it."""

import re

import pytest
from django.conf import settings

from trustsite.web.fonts import FONTS, build, folders, font


@pytest.mark.parametrize("listed", FONTS, ids=lambda listed: listed.name)
def test_each_font_is_there_and_has_its_rule_in_the_stylesheet(listed):
    assert listed.file.is_file()
    assert font(listed.name) is listed
    css = (settings.BASE_DIR / "static/css/tokens.css").read_text()
    [rule] = [
        rule
        for rule in re.findall(r"@font-face \{(.*?)\}", css, re.DOTALL)
        if f"static:{listed.static_path}" in rule
    ]
    assert f"font-family: {listed.family};" in rule
    assert ("font-style: italic" in rule) == (listed.style == "italic")
    assert f"font-weight: {listed.weights};" in rule or listed.weights == "400"


def test_the_stylesheet_names_no_other_font_file():
    css = (settings.BASE_DIR / "static/css/tokens.css").read_text()
    assert set(re.findall(r"static:(fonts/[^)]+)", css)) == {listed.static_path for listed in FONTS}


def test_what_is_there_is_not_built_again(tmp_path):
    *others, quickest = FONTS
    for listed in others:
        (tmp_path / f"{listed.name}.woff2").touch()
    assert [file.name for file in build(tmp_path)] == [f"{quickest.name}.woff2"]
    assert build(tmp_path) == []
    assert len(folders()) == 2
