"""What the tests of the site may use."""

from typing import Any

import pytest

from tests.accounts.login import PASSWORD


@pytest.fixture
def editor(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user(
        "editor", "editor@desk.example", PASSWORD, is_staff=True
    )
