"""What the tests of the site may use."""

import pytest

from tests.accounts.login import PASSWORD


@pytest.fixture
def editor(django_user_model):
    return django_user_model.objects.create_user(
        "editor", "editor@desk.example", PASSWORD, is_staff=True
    )
