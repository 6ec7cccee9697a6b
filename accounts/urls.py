"""The addresses of staff accounts, all under the admin's. allauth's own are named as allauth
reverses them.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import include, path

from accounts import views

own = (
    [
        path("", views.index, name="index"),
        path("sessions/", views.sessions, name="sessions"),
        path("sessions/revoke/", views.revoke_others, name="revoke_others"),
        path("digest/", views.digest, name="digest"),
        path("password-reset/", views.password_reset, name="password_reset"),
        path("password/<slug:purpose>/<str:token>/", views.set_password, name="set_password"),
    ],
    "accounts",
)
mfa_urls = [
    path("", views.index, name="mfa_index"),
    path("second-step/", mfa.authenticate, name="mfa_authenticate"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("reauthenticate/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path(
        "reauthenticate/passkey/",
        webauthn.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path("totp/", views.add_totp, name="mfa_activate_totp"),
    path("totp/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("recovery-codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "recovery-codes/new/",
        recovery.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path("passkeys/", views.index, name="mfa_list_webauthn"),
    path("passkeys/new/", views.add_passkey, name="mfa_add_webauthn"),
    path("passkeys/login/", views.login_by_passkey, name="mfa_login_webauthn"),
    path("passkeys/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
]
urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", views.log_out, name="account_logout"),
    path("password_change/", views.password_change),
    path("account/", include(own)),
    path("account/", include(mfa_urls)),
    # The first addresses of the same: mails hold links to them.
    path("door/password/<slug:first_name>/<str:token>/", views.moved_password_link),
    path("door/forgotten/", views.moved_password_reset),
]
