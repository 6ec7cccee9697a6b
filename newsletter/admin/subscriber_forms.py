"""Forms of the pages that bring in and take out the list."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from newsletter.models import Suppression

ORDERS = [
    ("", "The file tells"),
    ("day", "Day first: 31/12/2026"),
    ("month", "Month first: 12/31/2026"),
]
PEOPLE = [
    ("", "People who want the letters, or once did: each by its own state"),
    (Suppression.Reason.UNSUBSCRIBED.value, "People who left: never write to them"),
    (Suppression.Reason.BOUNCED.value, "Addresses whose mail came back: never write to them"),
    (Suppression.Reason.COMPLAINED.value, "People who complained: never write to them"),
]


class UploadForm(forms.Form):
    """A file with people, and on what basis we may write to them."""

    import_file = forms.FileField(
        label="File",
        help_text="An export of Ghost, Kit, Mailchimp, listmonk, Substack, Buttondown, beehiiv, "
        "MailerLite or of this site, or any table with an address in each row, as CSV. Up to 12 MB "
        "here; of any size by manage.py import_list.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.json,text/csv"}),
    )
    reason = forms.ChoiceField(label="Who is in it", choices=PEOPLE, required=False)
    basis = forms.CharField(
        label="What they agreed to, where and when",
        max_length=200,
        required=False,
        help_text="It stands at the foot of every mail to them: “because you asked for it "
        "elsewhere: …”. For example: on paper, at our stall in Leeds, in May 2026.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    address_column = forms.CharField(
        label="Column with the address",
        required=False,
        max_length=80,
        help_text="As the first line names it. Leave it empty and it is found.",
    )
    day_column = forms.CharField(
        label="Column with the day they agreed",
        required=False,
        max_length=80,
        help_text="Leave it empty and it is found. Where there is none, today stands.",
    )
    order = forms.ChoiceField(label="Days like 03/04/2026", choices=ORDERS, required=False)

    def clean_basis(self) -> str:
        """Return it as the end of a sentence, to which the foot adds the stop."""
        return str(self.cleaned_data["basis"]).strip().rstrip(". ")

    def clean(self) -> dict[str, Any]:
        """Ask for the basis where people may come in by it."""
        values = self.cleaned_data
        if not values.get("reason") and not values.get("basis"):
            self.add_error(
                "basis", ValidationError("Without it there is no leave to write to anybody.")
            )
        return values

    def options(self) -> dict[str, Any]:
        """Return what a job keeps of it."""
        values = self.cleaned_data
        names = ("reason", "basis", "address_column", "day_column")
        options = {name: values[name].strip() for name in names if values[name].strip()}
        if values["order"]:
            options["day_first"] = values["order"] == "day"
        return options


class ExportForm(forms.Form):
    """In which format the list is taken out."""

    format = forms.ChoiceField(choices=[("csv", "CSV"), ("json", "JSON")], initial="csv")
