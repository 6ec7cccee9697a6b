"""The last owner: somebody must be able to log in and to let others in."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group, Permission, User
from django.db.models import ProtectedError, Q, QuerySet
from django.db.models.signals import pre_delete
from django.dispatch import receiver

LAST = (
    "Nobody else here could log in and let people in. Make somebody else an owner first, so that"
    " the site isn’t left without one."
)


def owners() -> QuerySet[User]:
    """Return who can log in and let others in: superusers or, where there is none, Owners."""
    staff = User.objects.filter(is_active=True, is_staff=True)
    superusers = staff.filter(is_superuser=True)
    if superusers.exists():
        return superusers
    right = _right()
    may = Q(groups__permissions__in=right) | Q(user_permissions__in=right)
    return staff.filter(may).distinct()


def is_last(user: User) -> bool:
    """Whether nobody but `user` is an owner, as the database has it."""
    return list(owners().values_list("pk", flat=True)[:2]) == [user.pk]


def check_form(form: forms.ModelForm) -> None:
    """Refuse a form of an account that would leave the site without an owner."""
    user, data = form.instance, form.cleaned_data
    if not user.pk or form.errors or not is_last(user):
        return
    was_superuser = User.objects.get(pk=user.pk).is_superuser
    right = _right()
    groups = Group.objects.filter(pk__in=data.get("groups", user.groups.all()))
    own = Permission.objects.filter(
        pk__in=data.get("user_permissions", user.user_permissions.all())
    )
    may = groups.filter(permissions__in=right).exists() or (own & right).exists()
    remains = user.is_superuser if was_superuser else may
    if not (user.is_active and user.is_staff and remains):
        form.add_error(None, LAST)


def _right() -> QuerySet[Permission]:
    return Permission.objects.filter(content_type__app_label="auth", codename="change_user")


@receiver(pre_delete, sender=User, dispatch_uid="last_owner")
def refuse_to_delete(instance: User, **kwargs: Any) -> None:
    """Raise ProtectedError for the last owner, however they are deleted."""
    if is_last(instance):
        raise ProtectedError(LAST, {instance})
