"""The door's own pages, and the two of allauth's that show something of ours."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.internal.auth import begin_registration
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView
from django.conf import settings
from django.contrib import admin, auth, messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe
from qrcode.main import QRCode

from accounts import (
    login_throttle,
    password_links,
    password_reset_email,
    sessions,
    totp,
    trusted_devices,
)
from accounts.forms import ForgottenForm


def me(request: HttpRequest) -> User:
    """Return who is logged in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def login_by_passkey(request: HttpRequest) -> HttpResponseBase:
    """Log in by a passkey alone."""
    login_throttle.passkey(request)
    return _by_passkey(request)


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What opens this person's door, and what to add."""
    held = [
        authenticator.wrap()
        for authenticator in Authenticator.objects.filter(user_id=me(request).pk)
    ]
    of_sort = {
        sort: [one for one in held if one.instance.type == sort] for sort in Authenticator.Type
    }
    context = {
        "title": "Your login",
        "passkeys": of_sort[Authenticator.Type.WEBAUTHN],
        "app": of_sort[Authenticator.Type.TOTP],
        "recovery_codes": of_sort[Authenticator.Type.RECOVERY_CODES],
        "must_add": settings.REQUIRE_SECOND_FACTOR
        and not of_sort[Authenticator.Type.WEBAUTHN] + of_sort[Authenticator.Type.TOTP],
    }
    return TemplateResponse(request, "door/index.html", context)


class AddApp(ActivateTOTPView):
    """A code app: its picture is drawn in the page, for the policy lets no picture be written into an address."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"title": "Add a code app", "picture": drawn(context["totp_url"])}

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        totp.use(
            me(self.request).pk, form.cleaned_data["code"]
        )  # seen once, it doesn't log in as well
        return response


class AddPasskey(AddWebAuthnView):
    """A passkey that logs in alone."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        options = begin_registration(me(self.request), True)
        return context | {
            "title": "Add a passkey",
            "form": kwargs.get("form") or context["form"],
            "js_data": {"creation_options": options},
        }

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form))


add_app, add_passkey = AddApp.as_view(), AddPasskey.as_view()
_by_passkey = LoginWebAuthnView.as_view()


def drawn(text: str) -> dict[str, Any]:
    """Return `text` as a QR code: the side of its square, quiet edge included, and the path of its dark fields."""
    code: QRCode = QRCode(border=4)
    code.add_data(text)
    rows = code.get_matrix()
    fields = (
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    return {"side": len(rows), "path": "".join(fields)}


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Log out, and have the browser drop what it kept of the desk."""
    auth.logout(request)
    response = redirect("admin:login")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@sensitive_post_parameters()
@login_required
def password_change(request: HttpRequest) -> HttpResponse:
    """The admin's own page; wrong passwords are counted, and a change logs out everywhere else."""
    attempt = (
        login_throttle.password(request, me(request).get_username())
        if request.method == "POST"
        else None
    )
    response = admin.site.password_change(request)
    if attempt and response.status_code == 302:
        attempt.succeeded()
        sessions.end(me(request).pk, but=request.session.session_key)
    return response


@login_required
@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """Where this person is logged in."""
    context = {
        "title": "Where I’m logged in",
        "visits": sessions.visits(me(request).pk),
        "here": request.session.session_key,
    }
    return TemplateResponse(request, "door/places.html", context)


@login_required
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Log out everywhere else."""
    ended = sessions.end(me(request).pk, but=request.session.session_key)
    messages.success(
        request, "You are logged in here alone." if ended else "You were logged in here alone."
    )
    return redirect("door:places")


def forgotten(request: HttpRequest) -> HttpResponse:
    """Mail a link to who forgot the password. The page is the same for every address."""
    form = ForgottenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["email"]
        if login_throttle.may_mail(request, address):
            password_reset_email.send(address)
        return TemplateResponse(request, "door/asked.html", {"title": "Look in your mail"})
    return TemplateResponse(
        request, "door/forgotten.html", {"title": "A new password", "form": form}
    )


@sensitive_post_parameters()
def choose(request: HttpRequest, sort: str, token: str) -> HttpResponse:
    """Let who holds a link choose a password. A link printed on the server takes the second factor away as well."""
    user = password_links.owner(sort, token)
    if user is None:
        return TemplateResponse(
            request, "door/link_gone.html", {"title": "This link is no longer good"}, status=410
        )
    form = SetPasswordForm(user, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {
            "title": "Choose a password",
            "form": form,
            "lets_in": sort == password_links.LET_IN,
            "name": user.get_username(),
        }
        return TemplateResponse(request, "door/choose.html", context)
    form.save()
    if sort == password_links.LET_IN:
        Authenticator.objects.filter(user_id=user.pk).delete()
    sessions.end(user.pk)
    auth.logout(request)
    messages.success(request, "Your password is set. Please log in with it.")
    response = redirect("admin:login")
    trusted_devices.remember(response, login_throttle.same_name(user.get_username()))
    return response
