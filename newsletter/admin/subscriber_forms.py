"""Forms of the pages that bring in and take out the list."""

from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from newsletter.admin.subscriber_import import FileTooLong, SignedFormStorage


class UploadForm(forms.Form):
    """A file with people, and on what basis we may write to them."""

    import_file = forms.FileField(
        label="File",
        help_text="CSV, in UTF-8, one person a line; its first line names the columns.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    basis = forms.CharField(
        label="What they agreed to, where and when",
        max_length=200,
        help_text="It stands at the foot of every mail to them: “because you asked for it "
        "elsewhere: …”. For example: on paper, at our stall in Leeds, in May 2026.",
        error_messages={"required": "Without it there is no leave to write to anybody."},
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    address_column = forms.CharField(
        label="Column with the address",
        initial="address",
        max_length=80,
        help_text="As the first line names it.",
    )
    day_column = forms.CharField(
        label="Column with the day they agreed",
        required=False,
        max_length=80,
        help_text="Leave it empty for today.",
    )

    def clean_basis(self) -> str:
        """Return it as the end of a sentence, to which the foot adds the stop."""
        return str(self.cleaned_data["basis"]).rstrip(". ")

    def clean_import_file(self) -> str:
        """Return the file packed for the page that asks for confirmation."""
        file: UploadedFile = self.cleaned_data["import_file"]
        try:
            return SignedFormStorage.pack(file.read())
        except UnicodeDecodeError:
            raise ValidationError(
                "This file isn’t text in UTF-8. Save it as “CSV UTF-8” and try again."
            ) from None
        except FileTooLong:
            raise ValidationError(
                "This file is too long to take in at once. Split it: 5,000 lines each fit."
            ) from None

    def confirmation(self) -> dict[str, Any]:
        """Return what the page that asks for confirmation hands back."""
        values = dict(self.cleaned_data)
        values["signed_file"] = values.pop("import_file")
        return values


class ConfirmForm(forms.Form):
    """The file itself, packed into the page, and what was entered with it."""

    signed_file = forms.CharField(widget=forms.HiddenInput)
    basis = forms.CharField(max_length=200, widget=forms.HiddenInput)
    address_column = forms.CharField(max_length=80, widget=forms.HiddenInput)
    day_column = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)

    def clean_signed_file(self) -> str:
        """Return the text of a file that we gave out, and of nothing else."""
        try:
            return SignedFormStorage.unpack(self.cleaned_data["signed_file"])
        except signing.BadSignature:
            raise ValidationError(
                "This page had been open for too long. Choose the file once more."
            ) from None


class ExportForm(forms.Form):
    """In which format the list is taken out."""

    format = forms.ChoiceField(choices=[("csv", "CSV"), ("json", "JSON")], initial="csv")
