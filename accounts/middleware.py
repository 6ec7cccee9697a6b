"""Middleware of the desk: sessions, logins and messages, for its addresses alone.

Readers have none of these, and their pages do without: a cookie that a reader's browser sends means nothing, whoever set it.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import admin, auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from accounts import sessions

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class ForDesk(MiddlewareMixin):
    """Makes the middleware behind it pass by every request that isn't for the desk."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.desk = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> Any:
        if request.path.startswith(self.desk):
            return super().__call__(request)
        return self.get_response(request)


class DeskSessionMiddleware(ForDesk, SessionMiddleware):
    """Django's sessions."""


class DeskAuthenticationMiddleware(ForDesk, AuthenticationMiddleware):
    """Django's `request.user`."""


class DeskMessageMiddleware(ForDesk, MessageMiddleware):
    """Django's messages."""


class StaffSessionMiddleware:
    """Stands after allauth's: ends sessions that must end, tracks those in use, demands a second
    factor first.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.admin_url, self.account_url = reverse("admin:index"), reverse("accounts:index")
        self.exempt = (
            self.account_url,
            reverse("admin:logout"),
            reverse("admin:password_change"),
            reverse("admin:jsi18n"),
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(self.admin_url) and request.user.is_authenticated:
            if not request.user.is_staff:
                auth.logout(request)
            else:
                sessions.touch(request)
                if settings.REQUIRE_SECOND_FACTOR and self.lacks_second_factor(request):
                    return redirect(self.account_url)
        return self.get_response(request)

    def lacks_second_factor(self, request: HttpRequest) -> bool:
        """Whether a second factor is missing, on a page that isn't there to add one."""
        if request.path.startswith(self.exempt):
            return False
        factors = Authenticator.objects.filter(user_id=request.user.pk, type__in=SECOND_FACTORS)
        return not factors.exists()

    def process_template_response(
        self, request: HttpRequest, response: TemplateResponse
    ) -> TemplateResponse:
        """Give allauth's pages what the admin's frame is made of."""
        if request.path.startswith((self.account_url, reverse("admin:login"))):
            frame = admin.site.each_context(request) | {"is_nav_sidebar_enabled": False}
            context = response.context_data or {}
            context.pop("site", None)  # allauth's; ours is the one every template knows
            response.context_data = {**frame, **context}
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Ask for the password anew and come back by a link.

        allauth would keep the form that was sent, and all about its sender, in the session.
        """
        if not isinstance(error, ReauthenticationRequired):
            return None
        if not request.user.is_authenticated:
            return redirect("admin:login")
        url = get_adapter().get_reauthentication_methods(request.user)[0]["url"]
        return HttpResponseRedirect(f"{url}?{urlencode({'next': request.path})}")
