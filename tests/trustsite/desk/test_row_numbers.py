"""Lists of the admin that are sent with nonsense for the numbers of their rows."""

import pytest
from django.contrib import admin
from django.urls import reverse

from trustsite.desk.row_numbers import RowNumbersMiddleware

pytestmark = pytest.mark.django_db
LISTS = [
    reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for model in admin.site._registry
]
NONSENSE = {"action": "delete_selected", "_selected_action": "abc"}


@pytest.mark.parametrize("path", LISTS)
def test_no_list_fails_on_it(admin_client, path):
    assert admin_client.post(path, NONSENSE).status_code < 500
    form = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": "abc", "_save": "1"}
    assert admin_client.post(path, form).status_code < 500


def test_without_the_look_django_fails(admin_client, monkeypatch):
    admin_client.raise_request_exception = False
    monkeypatch.setattr(RowNumbersMiddleware, "process_view", lambda *args: None)
    assert admin_client.post("/admin/articles/topic/", NONSENSE).status_code == 500
