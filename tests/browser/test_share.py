"""Passing an article on: by the device, by a copied link, and a word when neither works."""

import pytest

ADDRESS = "/articles/window-of-tolerance/"
COPIES = "navigator.clipboard.writeText = async (words) => { window.copied = words }"
COPIES_NOT = "navigator.clipboard.writeText = async () => { throw new Error('no') }"
SHARES = "navigator.share = async (what) => { window.shared = what }"
SHARES_NOT = "navigator.share = async () => { throw new DOMException('', '%s') }"


@pytest.fixture
def opened(visit):
    """Return a function that opens an article on a device that can do what a script says."""

    def opened(*scripts):
        page = visit().new_page()
        for script in scripts:
            page.add_init_script(script)
        page.goto(ADDRESS)
        page.locator(".facts summary").click()
        return page

    return opened


def status(page):
    return page.locator("[data-share-status]")


def test_a_device_that_shares_copies_too(opened):
    page = opened(SHARES, COPIES)
    page.get_by_role("button", name="Share", exact=True).click()
    assert page.evaluate("window.shared").get("url").endswith(ADDRESS)
    page.get_by_role("button", name="Copy link").click()
    status(page).get_by_text("Link copied.").wait_for()
    assert page.evaluate("window.copied").endswith(ADDRESS)


@pytest.mark.parametrize(
    ("script", "button", "says"),
    [
        (SHARES_NOT % "AbortError", "Share", "Not shared."),
        (SHARES_NOT % "NotAllowedError", "Share", "This device didn’t share it."),
        (COPIES_NOT, "Copy link", "This browser didn’t copy it."),
    ],
)
def test_what_fails_or_is_refused_is_said_with_the_link(opened, script, button, says):
    page = opened(script)
    page.get_by_role("button", name=button, exact=True).click()
    status(page).get_by_text(says).wait_for()
    links = status(page).locator("a")
    assert links.count() == (0 if "Abort" in script else 1)
    assert not page.context.cookies()


def test_a_device_that_shares_nothing_offers_no_sharing(opened):
    page = opened("delete Navigator.prototype.share; navigator.share = undefined", COPIES)
    assert page.get_by_role("button", name="Share", exact=True).count() == 0
    assert page.get_by_role("button", name="Copy link").is_visible()
