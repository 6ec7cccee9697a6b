"""Sharing from a result: a page about a response that anybody may open, never what somebody's answers came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse


@dataclass(frozen=True)
class SharedPage:
    """A page to pass on: what it is about, its title and its address."""

    about: str
    title: str
    address: str

    @property
    def mail(self) -> str:
        """A mail that holds nothing but the page's title and its address."""
        return f"mailto:?subject={quote(self.title)}&body={quote(self.address)}"


def shared_page(responses: Sequence[str]) -> SharedPage:
    """Return the page about the one response that a result names; where it names none or several, about all four."""
    if len(responses) == 1:
        [response] = responses
        path = reverse("articles:response", args=[response])
        return SharedPage(response, response.capitalize(), settings.SITE_URL + path)
    address = settings.SITE_URL + reverse("articles:responses")
    return SharedPage("the four responses", "The four responses", address)
