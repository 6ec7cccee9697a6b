"""The pictures of README.md: `make pictures` takes them anew from the site as it is.

No test: pytest alone doesn't collect it. It uses the site, the browser and the login of the tests.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image

from tests.browser.conftest import ROOT

FOLDER = ROOT / "docs" / "pictures"
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 780}
QUALITY = 82


def keep(page: Any, name: str) -> None:
    """Write what the window shows, once its letters are there."""
    page.wait_for_load_state()
    page.evaluate("document.fonts.ready")
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    picture.save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)


def opened(visit: Callable[..., Any], size: dict[str, int]) -> Any:
    """Return a page in a window of that size, to which the letters have come already."""
    page = visit(viewport=size, reduced_motion="reduce").new_page()
    page.goto("/")
    page.evaluate("document.fonts.ready")
    return page


def test_pages_for_readers(visit: Callable[..., Any]) -> None:
    for ending, size in (("", WIDE), ("-phone", PHONE)):
        page = opened(visit, size)
        page.goto("/")
        keep(page, f"home{ending}")
        page.goto("/articles/window-of-tolerance/")
        keep(page, f"article{ending}")
        take_the_quiz(page, ending)


def take_the_quiz(page: Any, ending: str) -> None:
    page.goto("/quiz/")
    page.locator("[data-start]").click()
    for number in range(12):
        question = page.locator("[data-question]").nth(number)
        if number == 4:
            keep(page, f"quiz{ending}")
        question.locator("input[type=radio]").nth(number % 2).check()
        page.locator("[data-next]").click()
    page.locator("main.main h1").wait_for()
    page.wait_for_load_state()
    if not ending:
        page.set_viewport_size({"width": 1280, "height": 1100})
    keep(page, f"result{ending}")


def test_pages_for_editors(visit: Callable[..., Any], enter: Callable[..., Any]) -> None:
    for ending, size in (("", WIDE), ("-phone", PHONE)):
        page = enter(visit(viewport=size).new_page())
        keep(page, f"admin{ending}")
        if not ending:
            page.goto("/admin/articles/article/?q=window")
            page.get_by_role("link", name="The window of tolerance").first.click()
            page.wait_for_url("**/change/**")
            page.frame_locator("iframe[name=preview]").locator(
                "h1"
            ).wait_for()  # the preview comes after the page
            keep(page, "writing")
