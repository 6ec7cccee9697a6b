"""The desk's list of people: as Django's, with links for choosing a password. Second factors are nobody's but their owner's."""

import logging

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

from trustsite.door import links

logger = logging.getLogger(__name__)


class PeopleAdmin(UserAdmin):
    """People who may log in."""

    actions = ["make_links"]
    list_display = ("username", "is_staff", "is_superuser", "is_active", "last_login")

    def get_actions(self, request: HttpRequest) -> dict[str, object]:  # type: ignore[override]
        actions = super().get_actions(request)
        if not request.user.is_superuser:
            actions.pop("make_links", None)
        return actions

    @admin.action(description="Make links to choose a password (good for 24 hours)")
    def make_links(self, request: HttpRequest, queryset: QuerySet[User]) -> TemplateResponse:
        """Show a link for each person chosen. They are shown this once and kept nowhere."""
        if not request.user.is_superuser:
            raise PermissionDenied
        made = []
        for user in queryset.filter(is_active=True, is_staff=True):
            made.append((user.get_username(), links.link(user, links.SET_UP)))
            self.log_change(request, user, "Made a link to choose a password.")
            logger.warning("User %d made a link to choose a password for user %d.", request.user.pk, user.pk)
        context = self.admin_site.each_context(request) | {"title": "Links to choose a password", "made": made}
        return TemplateResponse(request, "door/links_made.html", context)


admin.site.unregister([User, EmailAddress, Authenticator])
admin.site.register(User, PeopleAdmin)
