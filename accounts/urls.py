"""The addresses of staff accounts, all under the admin's. allauth's own are named as allauth
reverses them.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import include, path
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class LaterView:
    """The view of a dotted name, imported when somebody first asks for it.

    Passkeys, codes and their cryptography take 12 MB and a tenth of a second; most processes meet nobody who logs in.
    """

    name: str

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = import_string(self.name)(request, *args, **kwargs)
        return response


own = (
    [
        path("", LaterView("accounts.views.index"), name="index"),
        path("sessions/", LaterView("accounts.views.sessions"), name="sessions"),
        path("sessions/revoke/", LaterView("accounts.views.revoke_others"), name="revoke_others"),
        path("digest/", LaterView("accounts.views.digest"), name="digest"),
        path("password-reset/", LaterView("accounts.views.password_reset"), name="password_reset"),
        path(
            "password/<slug:purpose>/<str:token>/",
            LaterView("accounts.views.set_password"),
            name="set_password",
        ),
    ],
    "accounts",
)
mfa_urls = [
    path("", LaterView("accounts.views.index"), name="mfa_index"),
    path("second-step/", LaterView("allauth.mfa.base.views.authenticate"), name="mfa_authenticate"),
    path(
        "reauthenticate/",
        LaterView("allauth.account.views.reauthenticate"),
        name="account_reauthenticate",
    ),
    path(
        "reauthenticate/code/",
        LaterView("allauth.mfa.base.views.reauthenticate"),
        name="mfa_reauthenticate",
    ),
    path(
        "reauthenticate/passkey/",
        LaterView("allauth.mfa.webauthn.views.reauthenticate_webauthn"),
        name="mfa_reauthenticate_webauthn",
    ),
    path("totp/", LaterView("accounts.views.add_totp"), name="mfa_activate_totp"),
    path(
        "totp/remove/",
        LaterView("allauth.mfa.totp.views.deactivate_totp"),
        name="mfa_deactivate_totp",
    ),
    path(
        "recovery-codes/",
        LaterView("allauth.mfa.recovery_codes.views.view_recovery_codes"),
        name="mfa_view_recovery_codes",
    ),
    path(
        "recovery-codes/new/",
        LaterView("allauth.mfa.recovery_codes.views.generate_recovery_codes"),
        name="mfa_generate_recovery_codes",
    ),
    path("passkeys/", LaterView("accounts.views.index"), name="mfa_list_webauthn"),
    path("passkeys/new/", LaterView("accounts.views.add_passkey"), name="mfa_add_webauthn"),
    path(
        "passkeys/login/", LaterView("accounts.views.login_by_passkey"), name="mfa_login_webauthn"
    ),
    path(
        "passkeys/<int:pk>/remove/",
        LaterView("allauth.mfa.webauthn.views.remove_webauthn"),
        name="mfa_remove_webauthn",
    ),
]
urlpatterns = [
    path("login/", LaterView("allauth.account.views.login"), name="account_login"),
    path("logout/", LaterView("accounts.views.log_out"), name="account_logout"),
    path("password_change/", LaterView("accounts.views.password_change")),
    path("account/", include(own)),
    path("account/", include(mfa_urls)),
    # The first addresses of the same: mails hold links to them.
    path(
        "door/password/<slug:first_name>/<str:token>/",
        LaterView("accounts.views.moved_password_link"),
    ),
    path("door/forgotten/", LaterView("accounts.views.moved_password_reset")),
]
