"""Views of staff accounts: our own, and the two of allauth's that show something of ours."""

from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
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

from accounts import login_throttle, totp, trusted_devices
from accounts import sessions as session_list
from accounts.allauth_internal import passkey_creation_options
from accounts.digest import sending as digests
from accounts.forms import PasswordResetForm
from accounts.passwords import links as password_links
from accounts.passwords import reset_email as password_reset_email

QUIET_ZONE = 4  # fields of white around a QR code


def current_user(request: HttpRequest) -> User:
    """Return who is logged in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def login_by_passkey(request: HttpRequest) -> HttpResponseBase:
    """Log in by a passkey alone."""
    login_throttle.count_passkey_attempt(request)
    return _login_by_passkey(request)


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show this person's second factors, and what to add."""
    by_type: dict[str, list[Any]] = {kind: [] for kind in Authenticator.Type}
    for authenticator in Authenticator.objects.filter(user_id=current_user(request).pk):
        by_type[authenticator.type].append(authenticator.wrap())
    passkeys = by_type[Authenticator.Type.WEBAUTHN]
    app = by_type[Authenticator.Type.TOTP]
    context = {
        "title": "Your login",
        "passkeys": passkeys,
        "app": app,
        "recovery_codes": by_type[Authenticator.Type.RECOVERY_CODES],
        "must_add": settings.REQUIRE_SECOND_FACTOR and not passkeys and not app,
        "address": current_user(request).email,
        "gets_digest": digests.is_wanted(request.user),
    }
    return TemplateResponse(request, "accounts/index.html", context)


@login_required
@require_POST
def digest(request: HttpRequest) -> HttpResponse:
    """Let this person have the mail of the morning, or none."""
    wanted = "stop" not in request.POST
    digests.want(current_user(request), wanted)
    text = "You get the morning mail." if wanted else "You get no morning mail any more."
    messages.success(request, text)
    return redirect("accounts:index")


class AddTOTPView(ActivateTOTPView):
    """Adding a code app. Its QR code is drawn in the page: the policy allows no image in a data:
    address.
    """

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"title": "Add a code app", "qr_code": qr_code(context["totp_url"])}

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        # Seen once, the code doesn't log in as well.
        totp.consume_code(current_user(self.request).pk, form.cleaned_data["code"])
        return response


class AddPasskeyView(AddWebAuthnView):
    """Adding a passkey that logs in alone."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        options = passkey_creation_options(current_user(self.request))
        return context | {
            "title": "Add a passkey",
            "form": kwargs.get("form") or context["form"],
            "js_data": {"creation_options": options},
        }

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form))


add_totp, add_passkey = AddTOTPView.as_view(), AddPasskeyView.as_view()
_login_by_passkey = LoginWebAuthnView.as_view()


@dataclass(frozen=True)
class QRPath:
    """A QR code as SVG: the side of its square, quiet zone included, and the path of its dark
    fields.
    """

    side: int
    path: str


def qr_code(text: str) -> QRPath:
    """Return `text` as a QR code."""
    code: QRCode = QRCode(border=QUIET_ZONE)
    code.add_data(text)
    rows = code.get_matrix()
    path = []
    for y, row in enumerate(rows):
        path += [f"M{x} {y}h1v1h-1z" for x, is_dark in enumerate(row) if is_dark]
    return QRPath(len(rows), "".join(path))


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """Log out, and have the browser drop what it stored of the admin."""
    auth.logout(request)
    response = redirect("admin:login")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@sensitive_post_parameters()
@login_required
def password_change(request: HttpRequest) -> HttpResponse:
    """The admin's own page; wrong passwords are counted, and a change logs out everywhere else."""
    user = current_user(request)
    if request.method != "POST":
        return admin.site.password_change(request)
    attempt = login_throttle.count_password_attempt(request, user.get_username())
    response = admin.site.password_change(request)
    if response.status_code == 302:
        attempt.succeeded()
        session_list.revoke(user.pk, but=request.session.session_key)
    return response


@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """Show where this person is logged in."""
    context = {
        "title": "Where I’m logged in",
        "sessions": session_list.active_sessions(current_user(request).pk),
        "present_key": request.session.session_key,
        "zone": settings.TIME_ZONE,
    }
    return TemplateResponse(request, "accounts/sessions.html", context)


@login_required
@require_POST
def revoke_others(request: HttpRequest) -> HttpResponse:
    """Log out everywhere else."""
    number = session_list.revoke(current_user(request).pk, but=request.session.session_key)
    text = "You are logged in here alone." if number else "You were logged in here alone."
    messages.success(request, text)
    return redirect("accounts:sessions")


def password_reset(request: HttpRequest) -> HttpResponse:
    """Mail a link to who forgot the password. The page is the same for every address."""
    form = PasswordResetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["email"]
        if login_throttle.allow_password_reset_email(request, address):
            password_reset_email.send(address)
        sent = {"title": "Look in your mail"}
        return TemplateResponse(request, "accounts/password_reset_sent.html", sent)
    context: dict[str, Any] = {"title": "A new password", "form": form}
    return TemplateResponse(request, "accounts/password_reset.html", context)


@sensitive_post_parameters()
def set_password(request: HttpRequest, purpose: str, token: str) -> HttpResponse:
    """Let who holds a link choose a password.

    A recovery link takes the second factors away as well.
    """
    user = password_links.verify(purpose, token)
    if user is None:
        expired = {"title": "This link is no longer good"}
        return TemplateResponse(request, "accounts/link_expired.html", expired, status=410)
    form = SetPasswordForm(user, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {
            "title": "Choose a password",
            "form": form,
            "is_recovery": purpose == password_links.RECOVERY,
            "username": user.get_username(),
        }
        return TemplateResponse(request, "accounts/set_password.html", context)
    form.save()
    if purpose == password_links.RECOVERY:
        Authenticator.objects.filter(user_id=user.pk).delete()
    session_list.revoke(user.pk)
    auth.logout(request)
    messages.success(request, "Your password is set. Please log in with it.")
    response = redirect("admin:login")
    trusted_devices.set(response, login_throttle.normalize_username(user.get_username()))
    return response


@require_safe
def moved_password_link(request: HttpRequest, first_name: str, token: str) -> HttpResponse:
    """Lead from a password link's first address to its present one."""
    purpose = password_links.present_name(first_name)
    return redirect("accounts:set_password", purpose=purpose, token=token)


@require_safe
def moved_password_reset(request: HttpRequest) -> HttpResponse:
    """Lead from the first address of the password reset to its present one."""
    return redirect("accounts:password_reset")
