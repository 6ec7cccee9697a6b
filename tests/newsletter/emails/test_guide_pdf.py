"""The guide in PDF: twelve pages that anybody can read, print, hear and share."""

import io
import re
import shutil
import tomllib
from urllib.parse import urlsplit

import pytest
from pypdf import PdfReader
from pypdf.generic import Destination

from newsletter.emails.guide_pdf import (
    GUIDE_PAGES,
    GUIDE_VERSION,
    GuideError,
    _compile,
    compile_guide,
)


@pytest.fixture(autouse=True)
def live_site(settings):
    settings.SITE_URL = "https://site.example"
    settings.CONTACT_EMAIL = "hello@site.example"


@pytest.fixture
def guide(live_site):
    return PdfReader(io.BytesIO(compile_guide()))


@pytest.fixture
def own_content(settings, tmp_path):
    """A copy of what the guide reads, for a test to spoil."""
    shutil.copytree(settings.CONTENT_DIR / "guide", tmp_path / "guide")
    for name in ("helplines.toml", "sources.toml"):
        shutil.copy(settings.CONTENT_DIR / name, tmp_path)
    settings.CONTENT_DIR = tmp_path
    return tmp_path


def words(page):
    """The text of a page on one line, as a reader sees it."""
    return re.sub(r"\s+", " ", page.extract_text())


def bookmarks(reader):
    """Title and page number of each bookmark of the first level."""
    entries = [entry for entry in reader.outline if isinstance(entry, Destination)]
    return {entry.title: reader.get_destination_page_number(entry) + 1 for entry in entries}


def addresses(reader):
    annotations = [note.get_object() for page in reader.pages for note in page.get("/Annots", [])]
    return [note["/A"]["/URI"] for note in annotations if "/URI" in note.get("/A", {})]


def structure(node):
    """Every element of the tag tree under `node`."""
    node = node.get_object()
    if isinstance(node, list):
        for kid in node:
            yield from structure(kid)
    elif isinstance(node, dict):
        yield node
        if "/K" in node:
            yield from structure(node["/K"])


def fonts(reader):
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            yield font.get_object()["/DescendantFonts"][0].get_object()


def test_it_has_the_twelve_pages_the_site_promises(guide):
    assert len(guide.pages) == GUIDE_PAGES == 12


def test_every_page_is_a4(guide):
    assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in guide.pages} == {
        (595, 842)
    }


def test_it_is_small_enough_to_mail():
    assert len(compile_guide()) < 400_000


def test_everybody_gets_the_same_bytes():
    first = compile_guide()
    _compile.cache_clear()
    assert compile_guide() == first


def test_it_is_made_once_per_process():
    assert compile_guide() is compile_guide()


def test_it_tells_a_screen_reader_its_title_and_language(guide):
    assert guide.metadata.title == "Trauma Healing Guide"
    assert guide.trailer["/Root"]["/Lang"] == "en-GB"
    assert guide.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"]


def test_it_is_tagged_for_screen_readers(guide):
    root = guide.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    tags = [element.get("/S") for element in structure(root["/StructTreeRoot"])]
    assert tags.count("/H1") == 11
    assert {"/H2", "/L", "/Link"} <= set(tags)


def test_every_picture_has_words(guide):
    pictures = [
        e for e in structure(guide.trailer["/Root"]["/StructTreeRoot"]) if e.get("/S") == "/Figure"
    ]
    assert (
        len(pictures) == 12
    )  # four traces on the cover, four on page 4, one on each response's page
    assert all(picture.get("/Alt") for picture in pictures)


def test_bookmarks_lead_to_help_and_to_each_response(guide):
    found = bookmarks(guide)
    assert found["If you need help now"] == 3
    assert [found[name] for name in ("Fight", "Flight", "Freeze", "Fawn")] == [8, 9, 10, 11]
    assert found["My one-page plan"] == 12


def test_all_fonts_travel_with_it(guide):
    descriptors = [font["/FontDescriptor"] for font in fonts(guide)]
    assert descriptors
    assert all(
        "/FontFile2" in descriptor or "/FontFile3" in descriptor for descriptor in descriptors
    )


def test_it_is_set_in_the_two_faces_of_the_site(guide):
    names = {font["/BaseFont"].split("+")[-1] for font in fonts(guide)}
    assert {re.match(r"[A-Za-z]+", name.strip("/"))[0] for name in names} == {
        "Newsreader",
        "Figtree",
    }


def test_page_3_holds_every_helpline_meant_for_the_guide(guide, settings):
    page = words(guide.pages[2])
    lines = tomllib.loads((settings.CONTENT_DIR / "helplines.toml").read_text())
    chosen = [line for line in lines["helpline"] if line.get("in_guide")]
    assert len(chosen) > 5
    for line in chosen:
        assert line["name"].replace("'", "’") in page
        for field in ("phone", "sms", "sms_keyword"):
            assert line.get(field, "") in page
    for emergency in lines["emergency"]:
        assert emergency["number"] in page


def test_page_3_leaves_out_what_is_not_meant_for_the_guide(guide, settings):
    said = tomllib.loads((settings.CONTENT_DIR / "helplines.toml").read_text())
    printed = [line.get("phone", "") for line in said["helpline"] if line.get("in_guide")]
    printed += [number for line in said["emergency"] for number in line["number"].split(" or ")]
    called = {address for address in addresses(guide) if address.startswith("tel:")}
    assert called == {"tel:" + re.sub(r"\D", "", number) for number in printed if number}


def test_a_number_on_page_3_can_be_tapped(guide):
    assert "tel:116123" in addresses(guide)


def test_every_page_but_the_cover_shows_the_way_to_help(guide):
    assert all("Get help now: page 3" in words(page) for page in guide.pages[1:])


def test_it_holds_no_unsafe_link_and_none_that_pays(guide, settings):
    sources = tomllib.loads((settings.CONTENT_DIR / "sources.toml").read_text())
    ours = {urlsplit(source["url"]).hostname for source in sources.values() if source.get("url")}
    # a place to look for a line anywhere in the world is a helpline too
    lines = tomllib.loads((settings.CONTENT_DIR / "helplines.toml").read_text())["helpline"]
    ours |= {"site.example"} | {
        urlsplit(line["url"]).hostname for line in lines if line.get("in_guide")
    }
    links = [urlsplit(address) for address in addresses(guide)]
    assert {link.scheme for link in links} == {"https", "tel", "sms", "mailto"}
    assert {link.hostname for link in links if link.scheme == "https"} <= ours
    assert not [link for link in links if "/go/" in link.path or link.query]


def test_it_promises_no_cure_and_gives_its_version(guide):
    assert "A guide can’t heal trauma" in words(guide.pages[1])
    assert f"Version {GUIDE_VERSION}, 26 November 2026" in words(guide.pages[11])
    assert "hello@site.example" in words(guide.pages[11])


def test_without_an_address_there_is_no_contact_line(settings):
    settings.CONTACT_EMAIL = ""
    guide = PdfReader(io.BytesIO(compile_guide()))
    assert "Write to us" not in words(guide.pages[11])


def test_a_name_our_faces_cannot_show_is_refused(own_content):
    file = own_content / "helplines.toml"
    spoiled, count = re.subn(
        r'^name = "', 'name = "いのち ', file.read_text(), count=1, flags=re.MULTILINE
    )
    assert count
    file.write_text(spoiled)
    with pytest.raises(GuideError, match="could not be displayed"):
        compile_guide()


def test_a_line_too_many_is_refused_rather_than_pushed_onto_another_page(own_content):
    file = own_content / "helplines.toml"
    country = next(iter(tomllib.loads(file.read_text())["countries"]))
    line = f'country = "{country}"\nneeds = ["crisis"]\nname = "Another line"\nphone = "1"\nin_guide = true\n'
    file.write_text(file.read_text() + f'\n[[helpline]]\nid = "x"\n{line}' * 40)
    with pytest.raises(GuideError, match="too full"):
        compile_guide()


def test_a_line_for_one_nation_says_which_on_paper(guide):
    page = words(guide.pages[2])
    for said in (
        "Live Fear Free (Wales)",
        "Domestic and Sexual Abuse Helpline (Northern Ireland)",
        "Rape Crisis Scotland:",
    ):
        assert said in page


@pytest.mark.parametrize("number", [8, 9, 11])
def test_a_page_that_asks_for_something_new_says_first_what_to_do_in_danger(guide, number):
    page = words(guide.pages[number - 1])
    assert page.index("First: if") < page.index("To write about")


def test_the_breathing_exercises_say_when_to_stop_and_who_asks_a_doctor_first(guide):
    page = words(guide.pages[4])
    for said in (
        "ask your doctor before 2 or 3",
        "somewhere short of full",
        "Stop at the first sign of light",
    ):
        assert said in page
