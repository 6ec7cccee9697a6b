"""The form an article is written in."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core import signing
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from articles.editing import checks, withdrawing, workflow
from articles.models import Article
from prose.finding import Finding
from trustsite.web.django_internal import BeforeModelChecksMixin

SALT = "articles.desk"
State = Article.State


class LinesField(forms.CharField):
    """A list of short texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return [line.strip() for line in (value or "").splitlines() if line.strip()]


class ArticleForm(BeforeModelChecksMixin, forms.ModelForm):
    """An article's fields; which states it may be saved in; and `form_token`, a signed note of who
    opened which state of it.

    The note tells a save that would undo somebody else's, and lets words be kept that arrive after
    their editor's login has run out. `user` is set by the admin.
    """

    user: Any = None
    conflicting_version: Article | None = (
        None  # the article as somebody else saved it, when that keeps this form from being saved
    )
    takeaways = LinesField(required=False, help_text="Three to five short sentences, one a line.")
    related = LinesField(
        required=False, label="Related articles", help_text="Slugs, one a line, the closest first."
    )
    corrected = forms.CharField(
        required=False,
        max_length=300,
        label="Correction",
        help_text="If you put something right that readers may have relied on, say in a sentence what it was. It is shown, "
        "with today’s date, under the article.",
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
    )
    is_sure = forms.BooleanField(
        required=False,
        label="Do it although other pages need it",
        help_text="Asked for when others lead to what is withdrawn or put off, or a topic’s page goes with it.",
    )
    form_token = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Article
        fields = "__all__"
        # Day and time apart, as the admin shows them: what is kept of a posted form is read by this
        # form as well.
        field_classes = dict.fromkeys(("publish_at", "updated_at"), forms.SplitDateTimeField)
        widgets = {
            "body": forms.Textarea(
                attrs={"rows": 32, "class": "vLargeTextField", "spellcheck": "true"}
            ),
            **dict.fromkeys(("publish_at", "updated_at"), AdminSplitDateTime),
        }
        help_texts = {
            "body": "Markdown. Directives: :::offer key, :::picture key, :::quiz, :::guide, :::note, :::exercise, :::quote.",
            "publish_at": f"In the site’s time, {settings.TIME_ZONE}. A time to come schedules it: "
            "readers find it from that second on.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "state" in self.fields and self.user:
            allowed = workflow.choices(self._present, self.user)
            state = cast(forms.ChoiceField, self.fields["state"])
            state.choices = [(value, label) for value, label in State.choices if value in allowed]
        if not (self.user and workflow.is_asked_once_more(self._present, self.user)):
            self.fields.pop("is_sure", None)
        for field in self.fields.values():
            if isinstance(
                field.widget, forms.MultiWidget
            ):  # Django gives its inputs no label of their own
                for widget, part in zip(field.widget.widgets, ("date", "time"), strict=True):
                    widget.attrs["aria-label"] = f"{field.label}: {part}"
        if "form_token" in self.fields:
            self.initial["form_token"] = form_token(self.user, self._present)

    @property
    def _present(self) -> Article | None:
        return self.instance if self.instance.pk else None

    def before_model_checks(self) -> None:
        self.instance.may_be_unfinished = self.cleaned_data.get("state") == State.DRAFT

    def clean(self) -> dict[str, Any]:
        """Refuse to save over what somebody else saved meanwhile."""
        data = super().clean() or self.cleaned_data
        self._check_withdrawal(data)
        if (
            self._present
            and "form_token" in self.data
            and not self.errors
            and (conflicting_version := self._saved_meanwhile())
        ):
            self.conflicting_version = conflicting_version
            # The note is renewed: whoever saves again has seen the other text.
            renewed = QueryDict(mutable=True)
            renewed.update(self.data)
            self.data = renewed
            renewed[self.add_prefix("form_token")] = form_token(
                self.user, Article.objects.get(pk=self.instance.pk)
            )
            self.add_error(
                None,
                "Somebody saved this article while you were writing. Nothing is lost: see below.",
            )
        return data

    def _check_withdrawal(self, data: dict[str, Any]) -> None:
        """Ask once more before others' links lead to a page that is gone, or isn't there yet."""
        if self._present is None or data.get("is_sure") or "is_sure" not in self.fields:
            return
        stored, is_withdrawn = (
            Article.objects.get(pk=self._present.pk),
            data.get("state") == State.WITHDRAWN,
        )
        if is_withdrawn and (lost := withdrawing.consequences(stored)):
            self.add_error("is_sure", f"{' '.join(lost)} Tick this to withdraw it all the same.")
        elif "publish_at" in data and "state" in data:
            wanted = Article(state=data["state"], publish_at=data["publish_at"])
            if lost := withdrawing.postponed(stored, wanted):
                self.add_error("is_sure", f"{' '.join(lost)} Tick this to do it all the same.")

    def _saved_meanwhile(self) -> Article | None:
        """Return the article as somebody else saved it since this form was opened."""
        stored = Article.objects.get(pk=self.instance.pk)
        _, _, base = read_form_token(self.data.get(self.add_prefix("form_token"), ""))
        return stored if base != stored.changed_at else None

    def blocking(self) -> list[Finding]:
        """Return what keeps the article, as it stands in the form, from being published."""
        return (
            checks.new_errors(self.instance)
            if self.cleaned_data.get("state") == State.PUBLISHED
            else []
        )

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and not self.errors:
            for finding in self.blocking():
                self.add_error("body", str(finding))

    def save(self, commit: bool = True) -> Any:
        if words := self.cleaned_data.get("corrected", "").strip():
            self.instance.corrections = [
                *self.instance.corrections,
                {"on": f"{timezone.localdate()}", "what": words},
            ]
        return super().save(commit)


def form_token(user: Any, article: Article | None, *, base: datetime | None = None) -> str:
    """Return the signed note of a form.

    Whose it is, of which article, and when that had last changed (or `base`).
    """
    changed = base or (article.changed_at if article else None)
    moment = changed.isoformat() if changed else ""
    return signing.dumps(
        [user.pk if user else None, article.pk if article else None, moment], salt=SALT
    )


def read_form_token(text: str) -> tuple[int | None, int | None, Any]:
    """Return user, article and time of change from a note; nothing from one that isn't ours."""
    try:
        user, article, base = signing.loads(text, salt=SALT, max_age=30 * 86_400)
    except (signing.BadSignature, ValueError):
        return None, None, None
    return user, article, parse_datetime(base) if base else None
