"""What the web server hands to the RSGI application, in a test."""


class Headers:
    """The headers of a request."""

    def __init__(self, items: list[tuple[str, str]]) -> None:
        self._items = items

    def get(self, name: str, default: str | None = None) -> str | None:
        return next((value for key, value in self._items if key == name), default)

    def items(self) -> list[tuple[str, str]]:
        return self._items
