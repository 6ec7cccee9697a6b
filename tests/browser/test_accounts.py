"""A passkey, and the second step, as a browser does them under the desk's strict policy."""

import re

import pytest

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def desk(site, visit):
    """The desk in a browser that has passkeys; they need a name in the address."""
    context = visit()
    page = context.new_page()
    browser = context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.goto(by_name(site, "/admin/"))
    return page


def by_name(site, path):
    return site.url.replace("127.0.0.1", "localhost") + path


def log_in(page, site):
    page.get_by_label("Username").fill("editor")
    page.get_by_label("Password").fill(re.search(r"editor / (\S+)", site.output.read_text())[1])
    page.get_by_role("button", name="Log in").click()


def test_a_passkey_is_added_opens_the_desk_as_second_step_and_alone_and_is_removed(site, desk):
    log_in(desk, site)
    desk.get_by_role("link", name="editor, your login", exact=True).click()
    desk.get_by_role("link", name="Add a passkey").click()
    desk.get_by_label("Name").fill("This laptop")
    desk.get_by_role("button", name="Add the passkey").click()
    desk.get_by_role("heading", name="Recovery codes").wait_for()
    assert len(desk.locator(".account-codes code").all()) == 10

    desk.get_by_role("button", name="Log out").click()
    log_in(desk, site)
    desk.get_by_role("heading", name="The second step").wait_for()
    desk.get_by_role("button", name="Use a passkey").click()
    desk.wait_for_url("**/admin/")

    desk.get_by_role("button", name="Log out").click()
    desk.get_by_role("button", name="Use a passkey").click()
    desk.wait_for_url("**/admin/")

    desk.get_by_role("link", name="editor, your login", exact=True).click()
    desk.get_by_role("link", name="Remove This laptop").click()
    desk.get_by_role("button", name="Remove it").click()
    desk.get_by_role("heading", name="Your login").wait_for()
    assert not desk.get_by_text("This laptop").count()
    assert desk.context.complaints == []


def test_after_logging_out_back_does_not_show_the_desk(site, desk):
    log_in(desk, site)
    desk.goto(by_name(site, "/admin/articles/article/"))
    desk.get_by_role("button", name="Log out").click()
    desk.go_back()
    desk.get_by_label("Username").wait_for()


def test_without_scripts_nothing_speaks_of_passkeys_and_the_password_works(site, visit):
    page = visit(java_script_enabled=False).new_page()
    page.goto("/admin/")
    assert not page.get_by_role("button", name="Use a passkey").is_visible()
    log_in(page, site)
    page.goto("/admin/account/sessions/")
    page.get_by_role("button", name="Log out everywhere else").click()
    page.get_by_text(re.compile("You (are|were) logged in here alone.")).wait_for()


def test_where_passkeys_cannot_work_the_page_says_so(site, visit):
    page = visit().new_page()  # by number: 127.0.0.1
    page.goto("/admin/")
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_text("Passkeys need a name in the address").wait_for()


def test_what_is_typed_in_a_password_field_can_be_shown_and_is_hidden_before_it_is_sent(
    site, visit
):
    page = visit().new_page()
    page.goto("/admin/")
    field = page.get_by_label("Password", exact=False).first
    page.get_by_label("Username").fill("editor")
    field.fill("a long way round the lake")
    button = page.get_by_role("button", name="Show what is typed")
    assert button.get_attribute("aria-pressed") == "false"
    button.focus()
    page.keyboard.press("Enter")
    assert (field.get_attribute("type"), button.get_attribute("aria-pressed")) == ("text", "true")
    button.click()
    assert field.get_attribute("type") == "password"
    button.click()
    sent = "window.typeWhenSent = ''; document.getElementById('login-form').addEventListener('submit', (event) => {"
    sent += " event.preventDefault(); window.typeWhenSent = document.getElementById('login-form').password.type })"
    page.evaluate(sent)
    page.get_by_role("button", name="Log in").click()
    assert page.evaluate("window.typeWhenSent") == "password"


def test_without_scripts_there_is_no_button_to_show_it(site, visit):
    page = visit(java_script_enabled=False).new_page()
    page.goto("/admin/")
    assert not page.get_by_role("button", name="Show what is typed").count()
