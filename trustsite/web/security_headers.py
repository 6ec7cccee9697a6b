"""The headers every answer carries: what a page may load, and what a browser may do with it.

Readers' pages are the same bytes for everyone, so there is no nonce: the stylesheet inside a page is allowed by its hash, and
no other is; scripts come from files of our own. https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from trustsite.web.inline_css import stylesheet_in

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


def page_policy(page: bytes = b"", *, frame: str = "'none'") -> str:
    """Return the Content-Security-Policy of a reader's page, which allows the style in it; `frame` says who may frame it."""
    return _policy(_own_style(page) or "'none'", frame)


def admin_policy(page: bytes = b"", *, frame: str = "'none'") -> str:
    """Return the Content-Security-Policy of the admin: as strict, with its own stylesheets and the preview frame."""
    styles = f"'self' {_own_style(page)}".strip()
    return _policy(styles, frame) + "; connect-src 'self'; frame-src 'self'"


def _own_style(page: bytes) -> str:
    stylesheet = stylesheet_in(page)
    return stylesheet.source if stylesheet else ""


def _policy(styles: str, frame: str) -> str:
    parts = [
        "default-src 'none'",
        "script-src 'self'",
        f"style-src {styles}",
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


class SecurityHeadersMiddleware:
    """Middleware, outermost: adds the policy to every answer, the ones of other middleware and of errors included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.admin = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in EVERYWHERE.items():
            response.headers.setdefault(name, value)
        if "Content-Security-Policy" not in response.headers:
            policy = admin_policy if request.path.startswith(self.admin) else page_policy
            is_page = response.get("Content-Type", "").startswith("text/html")
            page = response.content if is_page and not response.streaming else b""
            response.headers["Content-Security-Policy"] = policy(page)
        if not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = "no-store"
        return response
