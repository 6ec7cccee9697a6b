"""The door's addresses, all under the desk's. allauth's own are named as allauth reverses them."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import include, path

from accounts import views

ours = (
    [
        path("", views.index, name="index"),
        path("places/", views.places, name="places"),
        path("places/end/", views.end_others, name="end_others"),
        path("forgotten/", views.forgotten, name="forgotten"),
        path("password/<slug:sort>/<str:token>/", views.choose, name="choose"),
    ],
    "door",
)
urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", views.leave, name="account_logout"),
    path("password_change/", views.password_change),
    path("door/", include(ours)),
    path("door/", views.index, name="mfa_index"),
    path("door/second-step/", mfa.authenticate, name="mfa_authenticate"),
    path("door/again/", account.reauthenticate, name="account_reauthenticate"),
    path("door/again/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path(
        "door/again/passkey/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"
    ),
    path("door/app/", views.add_app, name="mfa_activate_totp"),
    path("door/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("door/recovery-codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "door/recovery-codes/new/",
        recovery.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path("door/passkeys/", views.index, name="mfa_list_webauthn"),
    path("door/passkeys/new/", views.add_passkey, name="mfa_add_webauthn"),
    path("door/passkeys/login/", views.login_by_passkey, name="mfa_login_webauthn"),
    path("door/passkeys/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
]
