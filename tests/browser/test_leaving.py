"""“Leave this site”: by button and by Shift, with scripts and without."""

NEUTRAL = "https://www.bbc.co.uk/weather"


def answer_for_the_neutral_page(context):
    context.route(
        "https://www.bbc.co.uk/**", lambda route: route.fulfill(body="<title>Weather</title>", content_type="text/html")
    )


def test_the_button_puts_the_neutral_page_in_this_ones_place(visit):
    context = visit()
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
    page = visit(viewport={"width": 320, "height": 568}).new_page()
    page.goto("/articles/trauma-and-trust-issues/")
    box = page.locator("[data-leave]").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    assert box["height"] >= 44
