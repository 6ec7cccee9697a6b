"""“Leave this site”: by button and by Shift, with scripts and without."""

import pytest

NEUTRAL = "https://www.bbc.co.uk/weather"
REFUSED = (
    "window.{name} = class {{ constructor() {{ throw new DOMException('', 'SecurityError') }} }}"
)


def answer_for_the_neutral_page(context):
    context.route(
        "https://www.bbc.co.uk/**",
        lambda route: route.fulfill(body="<title>Weather</title>", content_type="text/html"),
    )


@pytest.mark.parametrize("channels", ["allowed", "refused"])
def test_the_button_puts_the_neutral_page_in_this_ones_place(visit, channels):
    context = visit()
    if channels == "refused":  # as Firefox does to a site that may set no cookies
        context.add_init_script(REFUSED.format(name="BroadcastChannel"))
    answer_for_the_neutral_page(context)
    page = context.new_page()
    page.goto("/")
    page.goto("/responses/fawn/")
    page.get_by_role("link", name="Leave this site", exact=True).click()
    page.wait_for_url(NEUTRAL)
    page.go_back()
    assert page.url.endswith("/"), "Back must not return to the page that was left"
    assert "fawn" not in page.url


def test_it_is_an_ordinary_link_without_scripts(visit):
    context = visit(java_script_enabled=False)
    answer_for_the_neutral_page(context)
    page = context.new_page()
    page.goto("/get-help/")
    page.get_by_role("link", name="Leave this site", exact=True).click()
    assert page.url == NEUTRAL


def hold_the_neutral_page_back(context):
    """Never answer, as a bad connection would."""
    context.route("https://www.bbc.co.uk/**", lambda route: None)


def says(page):
    return page.locator("body > [role=status]").text_content()


def press_shift(page, times):
    for _ in range(times):
        page.keyboard.press("Shift")


def test_the_page_is_blank_unnamed_and_emptied_at_once_however_slow_the_connection(visit):
    context = visit()
    hold_the_neutral_page_back(context)
    page = context.new_page()
    page.goto("/guide/")
    field = page.get_by_label("E-mail address").first
    field.fill("reader@example.org")
    took, hidden, title, value = page.evaluate(
        """() => {
          const began = performance.now();
          document.querySelector('[data-leave]').click();
          const hidden = !document.querySelector('main').checkVisibility();
          return [performance.now() - began, hidden, document.title, document.querySelector('[type=email]').value];
        }"""
    )
    assert (hidden, title, value) == (True, "www.bbc.co.uk", "")
    assert took < 100


def test_it_comes_second_on_the_keyboard_and_what_it_cannot_do_is_in_the_footer(visit):
    page = visit().new_page()
    page.goto("/articles/")
    reached = []
    for _ in range(3):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.textContent.replace(/\\s+/g, ' ').trim()")
        )
    assert reached == ["Skip to the text", "Leave this site", "What’s My Trauma Response"]
    about = "Leaving this site quickly, and what it can’t do"
    page.get_by_role("contentinfo").get_by_role("link", name=about).press("Enter")
    page.wait_for_url("**/leaving-this-site/")
    assert page.get_by_text("It doesn’t clear your history.").first.is_visible()


def test_each_press_of_shift_is_told_once_and_a_pause_takes_it_back(visit):
    page = visit().new_page()
    page.clock.install()
    page.goto("/articles/")
    assert says(page) == ""
    press_shift(page, 1)
    assert says(page) == "Press Shift twice more to leave this site."
    press_shift(page, 1)
    assert says(page) == "Press Shift once more to leave this site."
    page.clock.fast_forward(5001)
    assert says(page) == "Still on this page. Earlier presses of Shift no longer count."
    press_shift(page, 1)
    assert says(page) == "Press Shift twice more to leave this site."
    assert page.url.endswith("/articles/")


@pytest.mark.parametrize(
    "keys", ["Shift+Tab", "Shift+A", "Control+Shift", "Alt+Shift", "Meta+Shift"]
)
def test_shift_with_another_key_does_not_count(visit, keys):
    page = visit().new_page()
    page.goto("/articles/")
    for _ in range(4):
        page.keyboard.press(keys)
    press_shift(page, 2)
    assert says(page) == "Press Shift once more to leave this site."
    assert page.url.endswith("/articles/")


def test_shift_with_the_pointer_does_not_count(visit):
    page = visit().new_page()
    page.goto("/articles/")
    for _ in range(4):
        page.locator("h1").click(modifiers=["Shift"])
    assert says(page) == ""
    assert page.url.endswith("/articles/")


def test_typing_in_a_field_says_and_does_nothing(visit):
    page = visit().new_page()
    page.goto("/guide/")
    page.get_by_label("E-mail address").first.focus()
    press_shift(page, 4)
    assert says(page) == ""
    assert page.url.endswith("/guide/")


def test_a_page_that_comes_back_shows_itself_again(visit):
    context = visit()
    hold_the_neutral_page_back(context)
    page = context.new_page()
    page.goto("/articles/")
    page.evaluate("document.querySelector('[data-leave]').click(); window.stop()")
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert page.locator("h1").is_visible()
    assert page.title().startswith("Articles")


def test_three_presses_of_shift_leave(visit):
    context = visit()
    answer_for_the_neutral_page(context)
    page = context.new_page()
    page.goto("/articles/")
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url(NEUTRAL)


def test_two_presses_a_pause_and_typing_do_not_leave(visit):
    page = visit().new_page()
    page.clock.install()
    page.goto("/guide/")
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")
    page.clock.fast_forward(6000)
    page.keyboard.press("Shift")
    page.get_by_label("E-mail address").first.focus()
    for _ in range(4):
        page.keyboard.press("Shift")
    assert page.url.endswith("/guide/")


def test_the_way_out_is_on_the_screen_of_a_small_phone(visit):
    for size in (
        {"width": 320, "height": 568},
        {"width": 320, "height": 256},
    ):  # the second is 1280 px at 400 % zoom
        page = visit(viewport=size).new_page()
        page.goto("/articles/trauma-and-trust-issues/")
        page.mouse.wheel(0, 3000)
        page.wait_for_function("scrollY > 0")
        box = page.locator("[data-leave]").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= size["height"]
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        for offset in (-21, 0, 21):  # 44 px to a finger
            assert page.evaluate(
                "([x, y]) => !!document.elementFromPoint(x, y).closest('[data-leave]')",
                [middle[0], middle[1] + offset],
            )
