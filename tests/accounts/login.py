"""How the tests of the door log in."""

from typing import Any

from django.test import Client

PASSWORD = "a long way round the lake"


def log_in(client: Client, name: str = "editor", password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/admin/login/", {"username": name, "password": password} | more)
