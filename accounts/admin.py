"""Admin of staff accounts: Django's, with links for choosing a password.

Second factors are their owners' alone.
"""

import logging
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts import last_owner
from accounts.passwords import links as password_links
from trustsite.web.django_internal import AroundModelChecksMixin

# Each of these would open somebody else's login, or more of one's own.
FACTS = ("last_login", "date_joined")  # what was, and no form changes
FOR_SUPERUSERS = ("email", "is_superuser", "groups", "user_permissions")

logger = logging.getLogger(__name__)


class SignsNamed(admin.ModelAdmin):
    """An admin with lists to choose from, whose signs a screen reader can name."""

    class Media:
        js = [forms.Script("admin/select_filter.js", type="module")]


class StaffAdmin(SignsNamed, UserAdmin):
    """Accounts of staff. Who isn't a superuser may add and deactivate others, and reach no
    superuser.
    """

    actions = ["make_links"]
    list_display = ("username", "is_staff", "is_superuser", "is_active", "last_login")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = (*super().get_readonly_fields(request, obj), *FACTS)
        return fields if request.user.is_superuser else (*fields, *FOR_SUPERUSERS)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        class OwnerForm(AroundModelChecksMixin, super().get_form(request, *args, **kwargs)):  # type: ignore[misc]
            def after_model_checks(self, before: object) -> None:
                last_owner.check_form(self)

        return OwnerForm

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Say that the last owner stays; several at once may be all there are."""
        deleted, counts, missing, protected = super().get_deleted_objects(objs, request)
        chosen = [user.pk for user in objs]
        found = last_owner.owners()
        if found.filter(pk__in=chosen).exists() and not found.exclude(pk__in=chosen).exists():
            protected = [*protected, last_owner.LAST]
        return deleted, counts, missing, protected

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and self.reaches(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self.reaches(request, obj)

    @staticmethod
    def reaches(request: HttpRequest, obj: User | None) -> bool:
        """Whether a person may touch another."""
        return request.user.is_superuser or obj is None or not obj.is_superuser

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Setting the password of somebody else is logging in as them: for superusers."""
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        if not request.user.is_superuser:
            actions.pop("make_links", None)
        return actions

    @admin.action(description="Make links to choose a password (good for 24 hours)")
    def make_links(self, request: HttpRequest, queryset: QuerySet[User]) -> TemplateResponse:
        """Show a link for each person chosen. They are shown this once and kept nowhere."""
        if not request.user.is_superuser:
            raise PermissionDenied
        links = []
        for user in queryset.filter(is_active=True, is_staff=True):
            links.append((user.get_username(), password_links.link(user, password_links.INVITE)))
            self.log_change(request, user, "Made a link to choose a password.")
            logger.warning(
                "User %d made a link to choose a password for user %d.", request.user.pk, user.pk
            )
        context = self.admin_site.each_context(request) | {
            "title": "Links to choose a password",
            "links": links,
        }
        return TemplateResponse(request, "accounts/password_links.html", context)


class RoleAdmin(SignsNamed, GroupAdmin):
    """Roles and their permissions."""


admin.site.unregister([User, Group, EmailAddress, Authenticator])
admin.site.register(User, StaffAdmin)
admin.site.register(Group, RoleAdmin)
