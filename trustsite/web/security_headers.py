"""The headers every answer carries: what a page may load, and what a browser may do with it.

Readers' pages are the same bytes for everyone, so there is no nonce: the one inline stylesheet is
allowed by its hash, scripts come from files of our own.
https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from trustsite.web.inline_css import stylesheet

POWERFUL = (
    *(
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "display-capture",
        "encrypted-media",
        "fullscreen",
    ),
    *("geolocation", "gyroscope", "microphone", "midi", "payment", "usb"),
)
EVERYWHERE = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in POWERFUL),
}


def page_policy(*, frame: str = "'none'") -> str:
    """Return the Content-Security-Policy of readers' pages; `frame` says who may frame them."""
    parts = [
        "default-src 'none'",
        "script-src 'self'",
        f"style-src {stylesheet().source}",
        "img-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        f"frame-ancestors {frame}",
    ]
    return "; ".join(
        [*parts, "upgrade-insecure-requests"] if settings.SECURE_SSL_REDIRECT else parts
    )


def admin_policy(*, frame: str = "'none'") -> str:
    """Return the Content-Security-Policy of the admin: as strict, with its own stylesheets and the
    preview frame.
    """
    return (
        page_policy(frame=frame).replace("style-src ", "style-src 'self' ")
        + "; connect-src 'self'; frame-src 'self'"
    )


class SecurityHeadersMiddleware:
    """Middleware, outermost: adds the policy to every answer, the ones of other middleware and of
    errors included.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.admin = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in EVERYWHERE.items():
            response.headers.setdefault(name, value)
        if "Content-Security-Policy" not in response.headers:
            policy = admin_policy() if request.path.startswith(self.admin) else page_policy()
            response.headers["Content-Security-Policy"] = policy
        if not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = "no-store"
        return response
