"""Who may go on from the door. Only the desk's addresses are looked at; readers have no session to ask."""

from collections.abc import Callable
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import admin, auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts import sessions

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class Door:
    """Middleware after allauth's: ends what must end, notes what is in use, and leads to the second factor first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.desk, self.door = reverse("admin:index"), reverse("door:index")
        self.open = (
            self.door,
            reverse("admin:logout"),
            reverse("admin:password_change"),
            reverse("admin:jsi18n"),
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(self.desk) and request.user.is_authenticated:
            if not request.user.is_staff:
                auth.logout(request)
            else:
                sessions.note(request)
                if settings.REQUIRE_SECOND_FACTOR and self.lacks_second_factor(request):
                    return redirect(self.door)
        return self.get_response(request)

    def lacks_second_factor(self, request: HttpRequest) -> bool:
        """Whether the way leads elsewhere than to the second factor's own pages, and there is none yet."""
        if request.path.startswith(self.open):
            return False
        return not Authenticator.objects.filter(
            user_id=request.user.pk, type__in=SECOND_FACTORS
        ).exists()

    def process_template_response(
        self, request: HttpRequest, response: TemplateResponse
    ) -> TemplateResponse:
        """Give allauth's pages what the admin's frame is made of."""
        if request.path.startswith((self.door, reverse("admin:login"))):
            frame = admin.site.each_context(request) | {"is_nav_sidebar_enabled": False}
            context = response.context_data or {}
            context.pop("site", None)  # allauth's; ours is the one every template knows
            response.context_data = {**frame, **context}
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Ask for the password anew and come back by a link. allauth would keep the form sent, and all about its sender, in
        the session."""
        if not isinstance(error, ReauthenticationRequired):
            return None
        if not request.user.is_authenticated:
            return redirect("admin:login")
        where = get_adapter().get_reauthentication_methods(request.user)[0]["url"]
        return HttpResponseRedirect(f"{where}?{urlencode({'next': request.path})}")
