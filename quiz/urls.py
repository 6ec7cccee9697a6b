from typing import Any

app_name = "quiz"
urlpatterns: list[Any] = []
