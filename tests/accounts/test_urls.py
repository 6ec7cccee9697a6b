"""The addresses of staff accounts: each has its view, though none is imported before somebody asks."""

import pytest
from django.utils.module_loading import import_string

from accounts import urls

PATTERNS = [
    pattern for pattern in [*urls.urlpatterns, *urls.own[0], *urls.mfa_urls] if pattern.callback
]


@pytest.mark.parametrize(
    "view", [pattern.callback for pattern in PATTERNS], ids=lambda view: view.name
)
def test_each_address_has_its_view(view):
    assert callable(import_string(view.name))
