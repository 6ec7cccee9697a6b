"""Which passwords are taken."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tests.accounts.login import PASSWORD, log_in

pytestmark = pytest.mark.django_db
LONG = ("the lake and a boat 🛶 " * 12)[:128]


@pytest.mark.parametrize(
    "password",
    [
        "fourteen chars",
        "1q2w3e4r5t6y7u8i9o0p",
        "1234567890123456789",
        "What’s My Trauma Response",
        "whatsmytraumaresponse",
        "Whats-My-Trauma-Response-2026",
        "WMTR Notes WMTR Notes",
        "christophertaylor",
        "christophertaylor1",
    ],
)
def test_a_short_common_or_telling_one_is_refused(editor, password):
    editor.username = "christophertaylor"
    with pytest.raises(ValidationError):
        validate_password(password, editor)


@pytest.mark.parametrize(
    "password",
    ["fifteen letters", "what my lake says at night", LONG, "my trauma of the boat in winter"],
)
def test_a_long_one_is_taken_whatever_it_is_made_of(editor, password):
    validate_password(password, editor)


@pytest.mark.parametrize(
    "other", [LONG[:-1], LONG[:-1] + "x", LONG.upper(), LONG + " ", " " + LONG]
)
def test_it_counts_exactly_as_typed_and_whole(client, editor, other):
    spaced = f" {LONG} "
    log_in(client)
    form = {"old_password": PASSWORD, "new_password1": spaced, "new_password2": spaced}
    assert client.post("/admin/password_change/", form).status_code == 302
    client.post("/admin/logout/")
    assert log_in(client, password=other).status_code == 200
    assert log_in(client, password=spaced).status_code == 302
