"""The right to publish: who may change what readers see, for every model that public pages are made of.

Which rows readers see, a model says itself (`CachedPageModel.is_seen`). Whoever lacks the right can
prepare what nobody sees yet, and is told kindly who may do the rest; a form keeps what was typed.
"""

from collections.abc import Collection
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from trustsite.desk import trash
from trustsite.desk.writing.admin import WritingMixin
from trustsite.models import CachedPageModel
from trustsite.web.django_internal import AroundModelChecksMixin

PUBLISH, REVIEW = "articles.publish_article", "articles.review_article"
# Models of ours that no public page shows, each with the reason. All others stand on
# `CachedPageModel`; a model that does neither fails a test.
NOT_PUBLIC = {
    "trustsite.cacheversion": "counts changes",
    "trustsite.deskdigest": "who wants the mail of the morning",
    "trustsite.trashedrow": "what was deleted, until it is erased",
    "analytics.dailysum": "counts",
    "analytics.logposition": "where a log was read to",
    "articles.articlestem": "made from articles, to find which are near to which",
    "articles.autosave": "what an editor had typed and not saved, from before trustsite.autosave",
    "articles.reviewnote": "what a second person says of a text, at the desk alone",
    "trustsite.autosave": "what an editor has typed and not saved",
    "trustsite.presence": "who has a form of the desk open",
    "articles.reviewer": "a name that signing off copies, under the right to review",
    "articles.importjob": "another site's export, until its texts are drafts",
    "articles.textuse": "made from texts: what each leads to",
    "articles.searchdocument": "made from pages; what readers see of it is theirs",
    "newsletter.formrequest": "a person's request, until the worker decides it",
    "newsletter.letter": "a mail, or a page of the archive, under the right to send letters",
    "newsletter.emailwords": "what mails say, a right of its own",
    "newsletter.listjob": "a list that somebody brings in",
    "newsletter.subscriber": "a person",
    "newsletter.suppression": "a person",
    "newsletter.bounce": "a person's mail",
    "newsletter.formmailcount": "counts mails",
    "newsletter.delivery": "a person's mail",
    "newsletter.heartbeat": "a process",
}


def may_publish(user: Any) -> bool:
    """Whether `user` may change what readers see."""
    return bool(user.has_perm(PUBLISH))


def may_change(user: Any, row: CachedPageModel, fields: Collection[str] | None = None) -> bool:
    """Whether the right to publish lets `user` change `row`: all of it, or these fields of it.

    Who reviews may enter in a row that readers see that it was looked up, and nothing else.
    """
    if may_publish(user) or not row.is_seen():
        return True
    is_check = fields is not None and set(fields) <= set(row.CHECK_FIELDS)
    return is_check and bool(row.CHECK_FIELDS) and bool(user.has_perm(REVIEW))


def refusal() -> str:
    """Return why a change was not saved, and who may make it."""
    names = Group.objects.filter(permissions__codename=PUBLISH.partition(".")[2])
    groups = " or ".join(names.order_by("name").values_list("name", flat=True).distinct())
    return (
        "Readers see this as soon as it is saved, so it is changed by somebody who may publish"
        f" ({groups or 'an owner'}). Nothing was saved; what you typed still stands below. Copy it,"
        " and ask one of them."
    )


class PublishGuardMixin(BaseModelAdmin):
    """An admin, or an inline, of what public pages are made of."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Name the site’s time zone at every field for a moment, and each half of it to who hears it."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if not (field and isinstance(db_field, models.DateTimeField)):
            return field
        field.help_text = field.help_text or f"In the site’s time, {settings.TIME_ZONE}."
        for part, half in zip(("Date", "Time"), getattr(field.widget, "widgets", ()), strict=False):
            half.attrs["aria-label"] = f"{part}: {field.label}"
        return field

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        may = super().has_add_permission(request, *args)
        model: type[CachedPageModel] = self.model
        return may and (not model.SEEN_AT_ONCE or may_publish(request.user))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        if not may or obj is None or _answers_in_form(request, self.model):
            return may
        return may_change(request.user, obj, obj.CHECK_FIELDS)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or may_change(request.user, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return as well, for who may only enter that it was looked up, all other fields."""
        fields = tuple(super().get_readonly_fields(request, obj))
        if obj is None or _answers_in_form(request, self.model) or may_change(request.user, obj):
            return fields
        entered = [field.name for field in self.opts.fields if field.editable]
        closed = [name for name in entered if name not in (*obj.CHECK_FIELDS, *fields)]
        return (*fields, *closed)


class PublishGuard(PublishGuardMixin, WritingMixin):
    """The admin of a model: its forms and actions as well."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Answer a form that may no longer be saved by the form itself, with all that was typed."""
        if request.method == "POST":
            request.guarded_by_form = self.model  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, *args, **kwargs)

    def may_save(self, request: HttpRequest, row: Any) -> bool:
        return may_change(request.user, row)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        class GuardedForm(AroundModelChecksMixin, super().get_form(request, *args, **kwargs)):  # type: ignore[misc]
            def row_before_checks(self) -> object:
                self.instance.row_before = _stored(self.instance)
                return self.instance.row_before

            def after_model_checks(self, before: object) -> None:
                _check(self, before, request.user)

        return GuardedForm

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Say of each row that readers can't do without why it stays."""
        deleted, counts, missing, protected = super().get_deleted_objects(objs, request)
        gone = [row.pk for row in objs]
        kept = [f"{row}: {why}" for row in objs if (why := row.loss(None, gone))]
        return deleted, counts, missing, [*protected, *kept]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not may_change(request.user, obj, form.changed_data if form else None):
            raise PermissionDenied
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        if why := obj.loss(None):
            raise ProtectedError(why, {obj})
        with transaction.atomic():
            trash.keep(obj, request.user)
            obj.delete()

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any) -> HttpResponse:
        """Delete one row, or say why it stays: what keeps it may have come since it was shown."""
        try:
            return super().delete_view(request, object_id, *args)
        except ProtectedError as error:
            messages.error(request, str(error.args[0]))
            name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
            return redirect(name, object_id)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete chosen rows one by one, so that each renews the pages it stood on."""
        for row in queryset:
            if not self.has_delete_permission(request, row):
                raise PermissionDenied
            self.delete_model(request, row)


def _answers_in_form(request: HttpRequest, model: Any) -> bool:
    return getattr(request, "guarded_by_form", None) is model


def _stored(row: Any) -> Any:
    return type(row)._base_manager.filter(pk=row.pk).first() if row.pk else None


def _check(form: forms.ModelForm, stored: Any, user: Any) -> None:
    """Refuse, in the form, what readers see from somebody who may not publish, and what they can't
    do without from anybody.
    """
    row: Any = form.instance
    if any(one and not may_change(user, one, form.changed_data) for one in (stored, row)):
        form.add_error(None, refusal())
    elif stored and not form.errors and (why := stored.loss(row)):
        form.add_error(None, why)
