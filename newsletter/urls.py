from typing import Any

app_name = "newsletter"
urlpatterns: list[Any] = []
