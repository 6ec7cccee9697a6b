"""The form an article is written in."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminSplitDateTime
from django.utils import timezone

from articles import states
from articles.editing import checks, withdrawing, workflow
from articles.models import Article
from articles.models.article import LAST
from prose.finding import Finding
from trustsite.web.django_internal import BeforeModelChecksMixin

State = Article.State


class LinesField(forms.CharField):
    """A list of short texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return [line.strip() for line in (value or "").splitlines() if line.strip()]


class LineInput(forms.Textarea):
    """One line that may be longer than its field is wide: it wraps, as it will on the page."""

    def __init__(self) -> None:
        super().__init__({"rows": 1, "class": "vLargeTextField", "data-line": ""})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        value = super().value_from_datadict(data, files, name)
        return " ".join(value.split()) if isinstance(value, str) and "\n" in value else value


TEXT_WIDGETS = {"title": LineInput, "standfirst": LineInput}


class ArticleForm(BeforeModelChecksMixin, forms.ModelForm):
    """An article's fields, and which states it may be saved in. `user` is set by the admin."""

    user: Any = None
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

    class Meta:
        model = Article
        fields = "__all__"
        # Day and time apart, as the admin shows them: what is kept of a posted form is read by this
        # form as well.
        field_classes = dict.fromkeys(("publish_at", "updated_at"), forms.SplitDateTimeField)
        widgets = {
            **TEXT_WIDGETS,
            "body": forms.Textarea(
                attrs={"rows": 32, "class": "vLargeTextField", "spellcheck": "true"}
            ),
            **dict.fromkeys(("publish_at", "updated_at"), AdminSplitDateTime),
        }
        help_texts = {
            "body": "Markdown. Directives: :::offer key, :::picture key, :::figure key, "
            ":::quiz, :::guide, :::note, :::exercise, :::quote.",
            "publish_at": f"In the site’s time, {settings.TIME_ZONE}. A time to come schedules it: "
            "readers find it from that second on.",
            "updated_at": f"In the site’s time, {settings.TIME_ZONE}.",
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

    @property
    def _present(self) -> Article | None:
        return self.instance if self.instance.pk else None

    def clean_position(self) -> int:
        """Return the place that was typed; the last for none, what it was in a form without the field."""
        position = self.cleaned_data["position"]
        if position is None and self.add_prefix("position") not in self.data:
            return int(self.instance.position)
        return LAST if position is None else int(position)

    def before_model_checks(self) -> None:
        self.instance.may_be_unfinished = self.cleaned_data.get("state") == State.DRAFT

    def clean(self) -> dict[str, Any]:
        """Ask once more before an article is withdrawn that others need."""
        data = super().clean() or self.cleaned_data
        self._check_withdrawal(data)
        self._check_first_day(data)
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

    def _check_first_day(self, data: dict[str, Any]) -> None:
        """Refuse another day for what readers have seen; one to come is the article's own to refuse."""
        moment = data.get("publish_at")
        if moment is None or "publish_at" not in self.changed_data or moment > timezone.now():
            return
        present = Article.objects.filter(pk=self.instance.pk).first()
        if present and present.was_public:
            self.add_error("publish_at", states.SEEN_SINCE)

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
