"""The addresses of staff accounts, all under the admin's. allauth's own are named as allauth
reverses them.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, include, path
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


def later(route: str, view: str, name: str | None = None) -> URLPattern:
    """Return the address of a view that is named."""
    return path(route, LaterView(view), name=name)


own = (
    [
        later("", "accounts.views.index", "index"),
        later("sessions/", "accounts.views.sessions", "sessions"),
        later("sessions/revoke/", "accounts.views.revoke_others", "revoke_others"),
        later("digest/", "accounts.views.digest", "digest"),
        later("password-reset/", "accounts.views.password_reset", "password_reset"),
        later(
            "password/<slug:purpose>/<str:token>/", "accounts.views.set_password", "set_password"
        ),
    ],
    "accounts",
)
mfa_urls = [
    later("", "accounts.views.index", "mfa_index"),
    later("second-step/", "allauth.mfa.base.views.authenticate", "mfa_authenticate"),
    later("reauthenticate/", "allauth.account.views.reauthenticate", "account_reauthenticate"),
    later("reauthenticate/code/", "allauth.mfa.base.views.reauthenticate", "mfa_reauthenticate"),
    later(
        "reauthenticate/passkey/",
        "allauth.mfa.webauthn.views.reauthenticate_webauthn",
        "mfa_reauthenticate_webauthn",
    ),
    later("totp/", "accounts.views.add_totp", "mfa_activate_totp"),
    later("totp/remove/", "allauth.mfa.totp.views.deactivate_totp", "mfa_deactivate_totp"),
    later(
        "recovery-codes/",
        "allauth.mfa.recovery_codes.views.view_recovery_codes",
        "mfa_view_recovery_codes",
    ),
    later(
        "recovery-codes/new/",
        "allauth.mfa.recovery_codes.views.generate_recovery_codes",
        "mfa_generate_recovery_codes",
    ),
    later("passkeys/", "accounts.views.index", "mfa_list_webauthn"),
    later("passkeys/new/", "accounts.views.add_passkey", "mfa_add_webauthn"),
    later("passkeys/login/", "accounts.views.login_by_passkey", "mfa_login_webauthn"),
    later(
        "passkeys/<int:pk>/remove/",
        "allauth.mfa.webauthn.views.remove_webauthn",
        "mfa_remove_webauthn",
    ),
]
urlpatterns = [
    later("login/", "allauth.account.views.login", "account_login"),
    later("logout/", "accounts.views.log_out", "account_logout"),
    later("password_change/", "accounts.views.password_change"),
    path("account/", include(own)),
    path("account/", include(mfa_urls)),
    # The first addresses of the same: mails hold links to them.
    later("door/password/<slug:first_name>/<str:token>/", "accounts.views.moved_password_link"),
    later("door/forgotten/", "accounts.views.moved_password_reset"),
]
